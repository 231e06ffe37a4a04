"""One bundle is active, whatever is decided at once; decisions stay written down; shadows are shown to nobody."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from dankmeme.errors import BundleError
from dankmeme.storage import answering, ledger, predictions, registry, verdicts, versions
from dankmeme.storage.answering import Roll
from dankmeme.storage.cards import cards
from dankmeme.storage.database import Database
from dankmeme.storage.post_page import post_page
from dankmeme.storage.registry import MOST_SHADOWS, Lineup, Placed, Registered
from dankmeme.storage.tables import answering as table
from dankmeme.storage.versions import Version
from tests.storage.forecasts import MODELS, of_bundle, said
from tests.storage.making import a_post, facts, show, store

SHIPPED = "imgflip-1"


def bundle(version: str, *, shipped: bool = False, manifest: str | None = None) -> Registered:
    return Registered(
        version=version,
        state="candidate",
        manifest=manifest or f"{version:0<64}",
        shipped=shipped,
        share=1.0,
        models=list(MODELS),
        dataset="",
        compared_with="memes",
        bytes=1,
        figures={"shown": [], "caveats": []},
        added_utc=1.0,
        state_utc=1.0,
    )


def begun(database: Database, *others: str) -> None:
    """The bundle that ships is active, others are candidates."""
    registry.adopt_shipped(database, bundle(SHIPPED, shipped=True))
    for version in others:
        registry.add(database, bundle(version), "a test")


def states(database: Database) -> dict[str, str]:
    return {each.version: each.state for each in registry.everyone(database)}


def refusal(what: Any, *arguments: Any, **named: Any) -> str:
    with pytest.raises(BundleError) as caught:
        what(*arguments, **named)
    return caught.value.code


def test_a_model_goes_from_candidate_to_shadow_to_active_and_back(database: Database) -> None:
    begun(database, "a-1")
    assert registry.lineup(database) == Lineup(Placed(SHIPPED, f"{SHIPPED:0<64}", True))
    registry.shadow(database, "a-1", 0.1, "me")
    found = registry.lineup(database)
    assert found is not None
    assert found.shadows == (Placed("a-1", f"{'a-1':0<64}", False, 0.1),)
    registry.promote(database, "a-1", "me", forced=False, why="better")
    assert states(database) == {"a-1": "active", SHIPPED: "former"}
    assert registry.get(database, "a-1").share == 1.0
    assert registry.previous(database).version == SHIPPED
    registry.roll_back(database, SHIPPED, "me")
    assert states(database) == {SHIPPED: "active", "a-1": "candidate"}
    registry.retire(database, "a-1", "me")
    assert states(database)["a-1"] == "retired"
    told = [(each.action, each.version, each.before, each.after) for each in registry.history(database)][::-1]
    assert told == [
        ("add", SHIPPED, None, "active"),
        ("add", "a-1", None, "candidate"),
        ("shadow", "a-1", "candidate", "shadow"),
        ("promote", "a-1", "shadow", "active"),
        ("rollback", SHIPPED, "former", "active"),
        ("retire", "a-1", "candidate", "retired"),
    ]
    assert registry.history(database, "a-1")[1].why == "better"


def test_a_rollback_goes_to_the_one_that_was_active_last(database: Database) -> None:
    begun(database, "a-1", "b-1")
    assert refusal(registry.previous, database) == "nothing-before"
    for version in ("a-1", "b-1"):
        registry.promote(database, version, "me", forced=True, why="")
    for before in ("a-1", SHIPPED):
        assert registry.previous(database).version == before
        registry.roll_back(database, before, "me")
    assert refusal(registry.previous, database) == "nothing-before"


def test_what_makes_no_sense_is_refused_and_changes_nothing(database: Database) -> None:
    begun(database, "a-1")
    registry.retire(database, "a-1", "me")
    before = registry.everyone(database)
    for what in (
        lambda: registry.promote(database, SHIPPED, "me", forced=True, why=""),
        lambda: registry.promote(database, "a-1", "me", forced=True, why=""),
        lambda: registry.retire(database, SHIPPED, "me"),
        lambda: registry.shadow(database, SHIPPED, 1.0, "me"),
        lambda: registry.roll_back(database, "a-1", "me"),
    ):
        assert refusal(what) == "wrong-state"
    assert refusal(registry.get, database, "nobody") == "no-such-version"
    assert refusal(registry.add, database, bundle("a-1", manifest="f" * 64), "me") == "version-taken"
    assert not registry.add(database, bundle("a-1"), "me")
    assert registry.everyone(database) == before


def test_there_are_only_so_many_shadows(database: Database) -> None:
    names = [f"m-{number}" for number in range(MOST_SHADOWS + 1)]
    begun(database, *names)
    for name in names[:-1]:
        registry.shadow(database, name, 0.5, "me")
    assert refusal(registry.shadow, database, names[-1], 1.0, "me") == "too-many-shadows"
    assert registry.shadow(database, names[0], 1.0, "me").share == 1.0


def test_however_many_decide_at_once_one_is_active(database: Database) -> None:
    names = [f"m-{number}" for number in range(8)]
    begun(database, *names)

    def promote(version: str) -> None:
        registry.promote(database, version, "me", forced=True, why="")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(promote, names))
    assert sorted(states(database).values()) == ["active", *["former"] * 8]


def test_however_many_processes_start_at_once_what_ships_is_active(database: Database) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: begun(database), range(8)))
    assert states(database) == {SHIPPED: "active"}
    assert len(registry.history(database)) == 1


def test_a_later_package_brings_its_model_unless_another_was_promoted(database: Database) -> None:
    begun(database, "a-1")
    registry.adopt_shipped(database, bundle("imgflip-2", shipped=True))
    assert states(database) == {"imgflip-2": "active", "a-1": "candidate", SHIPPED: "former"}
    registry.promote(database, "a-1", "me", forced=True, why="")
    registry.adopt_shipped(database, bundle("imgflip-3", shipped=True))
    assert states(database)["imgflip-3"] == "candidate"
    assert states(database)["a-1"] == "active"


def shadowing(share: float = 1.0) -> list[Version]:
    """Versions of an active bundle and of a shadow."""
    hidden = [Version(model, "b-2", "b-2", True, 1, None, "memes", shown=False, share=share) for model in MODELS]
    return [*of_bundle("b-1"), *hidden]


def test_a_shadow_predicts_and_nobody_is_shown_what(database: Database) -> None:
    versions.adopt(database, shadowing(), {})
    image = facts(1).sha256
    store(database, facts(1))
    show(database, a_post("p1"), image)
    (chunk,) = predictions.pending_chunks(database)
    assert len(predictions.wanted(database, chunk)) == 6
    predictions.settle(database, [said(image, model, 0.9, "b-2") for model in MODELS])
    (card,) = cards(database, ["reddit:p1"])
    assert card.verdict is None
    predictions.settle(database, [said(image, model, 0.2, "b-1") for model in MODELS])
    (card,) = cards(database, ["reddit:p1"])
    assert card.verdict is not None
    assert (card.verdict.version, card.pending) == ("b-1", False)
    assert {each.version for each in post_page(database, "reddit:p1", image).predictions} == {"b-1"}
    promoted = [Version(model, "b-2", "b-2", True, 0) for model in MODELS]
    versions.adopt(database, promoted, {})
    (card,) = cards(database, ["reddit:p1"])
    assert card.verdict is not None
    assert card.verdict.version == "b-2"


def test_a_shadow_takes_its_share_always_the_same_and_all_when_it_grows(database: Database) -> None:
    names = [facts(number).sha256 for number in range(400)]
    shadow = shadowing(0.25)[-1]
    taken = {name for name in names if shadow.takes(name)}
    assert 60 < len(taken) < 140
    assert taken <= {name for name in names if shadowing(0.5)[-1].takes(name)}
    versions.adopt(database, shadowing(0.25), {})
    for number in range(60):
        store(database, facts(number))
        show(database, a_post(f"p{number}"), facts(number).sha256)
    wanted = [each for chunk in predictions.pending_chunks(database) for each in predictions.wanted(database, chunk)]
    mine = {each.image for each in wanted if each.key.version == "b-2"}
    assert mine == {name for name in names[:60] if shadow.takes(name)}
    fresh = versions.adopt(database, shadowing(), {})
    assert {key.version for key in fresh} == {"b-2"}
    predictions.backfill(database, fresh, None)
    wanted = [each for chunk in predictions.pending_chunks(database) for each in predictions.wanted(database, chunk)]
    assert {each.image for each in wanted if each.key.version == "b-2"} == set(names[:60])


def test_a_process_that_is_behind_takes_nothing_back(database: Database) -> None:
    begun(database, "a-1")
    before = registry.lineup(database)
    versions.adopt(database, of_bundle(SHIPPED), {}, before)
    registry.promote(database, "a-1", "me", forced=True, why="")
    now = registry.lineup(database)
    versions.adopt(database, of_bundle("a-1"), {}, now)
    assert versions.adopt(database, of_bundle(SHIPPED), {}, before) == []
    with database.read() as connection:
        assert {each.version for each in versions.active(connection)} == {"a-1"}


def test_what_a_version_learnt_from_proves_nothing_on_the_ledger(database: Database) -> None:
    begun(database)
    seen, fresh = facts(1).sha256, facts(2).sha256
    for number in (1, 2):
        store(database, facts(number))
        show(database, replace(a_post(f"p{number}"), score=number, created_utc=1_000.0), facts(number).sha256)
    registry.add(database, bundle("a-1"), "me", [seen, "f" * 64])
    versions.adopt(database, [*of_bundle("a-1"), *of_bundle(SHIPPED, 1)], {})
    for image in (seen, fresh):
        predictions.backfill(database, [each.key for each in versions.everyone(database)], None)
        made = [said(image, "verdict", 0.5, version) for version in ("a-1", SHIPPED)]
        predictions.settle(database, made)
    found = {(row.version, row.post) for row in ledger.rows(database)}
    assert found == {("a-1", "reddit:p2"), (SHIPPED, "reddit:p1"), (SHIPPED, "reddit:p2")}
    assert len(verdicts.newest(database, "a-1")) == 1
    assert len(verdicts.newest(database, SHIPPED)) == 2


def test_a_promotion_that_was_judged_against_another_is_refused(database: Database) -> None:
    begun(database, "a-1", "b-1")
    registry.promote(database, "a-1", "me", forced=False, why="", against=SHIPPED)
    assert refusal(registry.promote, database, "b-1", "me", forced=False, why="", against=SHIPPED) == "wrong-state"
    assert states(database)["a-1"] == "active"


def test_processes_say_what_they_use_until_they_end_or_fall_silent(database: Database) -> None:
    one, other = Roll(database, "worker"), Roll(database, "serve")
    one.say("a-1", "a-1", ["b-1"], None)
    other.say("a-1", "b-1", [], "b-1 is damaged")
    assert [(each.role, each.settled, each.fault) for each in answering.now(database)] == [
        ("serve", False, "b-1 is damaged"),
        ("worker", True, None),
    ]
    other.say("b-1", "b-1", [], None)
    one.end()
    assert [each.settled for each in answering.now(database)] == [True]
    with database.write() as connection:
        connection.execute(sa.update(table).values(seen_utc=table.c.seen_utc - 60))
    assert answering.now(database) == []
