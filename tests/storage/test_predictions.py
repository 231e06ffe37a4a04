"""Predictions are wanted, made or failed, each under its own key, and shown as nobody else's."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from dankmeme.storage import erase, predictions, versions
from dankmeme.storage.cards import Card, cards
from dankmeme.storage.database import Database
from dankmeme.storage.predictions import FAILED, PENDING, SUCCESS, Prediction, Wanted
from dankmeme.storage.tables import feed, images
from dankmeme.storage.tables import predictions as table
from dankmeme.storage.versions import Version, VersionKey
from tests.storage.forecasts import MODELS, adopt, forecast, of_bundle, said
from tests.storage.making import a_post, at_once, facts, rows, show, store

ONE, TWO, THREE = (facts(number).sha256 for number in range(1, 4))


def put(database: Database, count: int = 3) -> None:
    """Posts of different pictures, the first of which was stored first."""
    for number in range(1, count + 1):
        store(database, facts(number))
        show(database, a_post(f"p{number}"), facts(number).sha256)
        with database.write() as connection:
            mine = images.c.sha256 == facts(number).sha256
            connection.execute(sa.update(images).where(mine).values(stored_utc=float(number)))


def made(database: Database, *hashes: str) -> list[Prediction]:
    with database.read() as connection:
        return predictions.of_images(connection, hashes or (ONE, TWO, THREE))


def states(database: Database, *hashes: str) -> set[str]:
    return {each.state for each in made(database, *hashes)}


def card(database: Database, number: int) -> Card:
    (found,) = cards(database, [f"reddit:p{number}"])
    return found


def refuse(database: Database, *hashes: str, code: str = "image-missing", version: str = "b-1") -> None:
    lost = [Wanted(image, VersionKey(model, version)) for image in hashes for model in MODELS]
    predictions.settle(database, [predictions.failed(each, code, "why") for each in lost])


def test_what_is_stored_is_wanted_of_every_active_version_once(database: Database) -> None:
    adopt(database, "b-1", "b-2")
    put(database, 1)
    show(database, a_post("copy"), ONE)
    (chunk,) = predictions.pending_chunks(database)
    wanted = predictions.wanted(database, chunk)
    assert {(each.image, each.key.model, each.key.version) for each in wanted} == {
        (ONE, model, version) for model in MODELS for version in ("b-1", "b-2")
    }
    assert len(wanted) == 6
    assert predictions.pending_pictures(database) == {chunk: 1}
    assert card(database, 1).pending


def test_nothing_is_wanted_where_no_version_is_active(database: Database) -> None:
    put(database)
    assert predictions.pending_chunks(database) == []
    assert not card(database, 1).pending


def test_what_is_settled_is_not_wanted_any_more(database: Database) -> None:
    adopt(database, "b-1")
    put(database, 1)
    (chunk,) = predictions.pending_chunks(database)
    predictions.settle(database, [said(ONE, "cnn", 0.7)])
    assert [each.key.model for each in predictions.wanted(database, chunk)] == ["automl", "verdict"]
    predictions.settle(database, [said(ONE, model, 0.6) for model in ("automl", "verdict")])
    assert predictions.wanted(database, chunk) == []
    assert predictions.pending_chunks(database) == []
    assert predictions.outcome(database, chunk) == {SUCCESS: 3}


def test_a_prediction_that_failed_says_why_and_is_no_forecast(database: Database) -> None:
    adopt(database, "b-1")
    put(database, 1)
    refuse(database, ONE, code="caption-failed")
    assert {(each.state, each.code, each.message, each.probability) for each in made(database)} == {
        (FAILED, "caption-failed", "why", None)
    }
    shown = card(database, 1)
    assert (shown.verdict, shown.models.cnn, shown.models.automl, shown.pending) == (None, None, None, False)


def test_what_was_made_stays_where_another_process_does_the_work_again(database: Database) -> None:
    adopt(database, "b-1")
    put(database, 1)
    forecast(database, ONE, 0.7, made_utc=1.0)
    forecast(database, ONE, 0.7, made_utc=9.0)
    refuse(database, ONE)
    assert {(each.state, each.made_utc) for each in made(database)} == {(SUCCESS, 1.0)}
    put(database, 2)
    refuse(database, TWO)
    forecast(database, TWO, 0.6)
    assert states(database, TWO) == {SUCCESS}


def test_predictions_of_an_image_that_is_gone_are_forgotten(database: Database) -> None:
    adopt(database, "b-1")
    put(database, 1)
    (chunk,) = predictions.pending_chunks(database)
    erase.delete_post(database, "reddit:p1")
    forecast(database, ONE, 0.7)
    predictions.settle(database, [])
    assert predictions.wanted(database, chunk) == []
    assert made(database) == []


def test_a_new_version_predicts_the_newest_images_first(database: Database) -> None:
    put(database)
    chunks = predictions.backfill(database, adopt(database, "b-1"), 2)
    assert {each.image for chunk in chunks for each in predictions.wanted(database, chunk)} == {TWO, THREE}
    assert predictions.backfill(database, [each.key for each in of_bundle("b-1")], 2) == []
    rest = predictions.backfill(database, [each.key for each in of_bundle("b-1")], None)
    assert {each.image for chunk in rest for each in predictions.wanted(database, chunk)} == {ONE}


def test_the_newest_images_are_the_first_piece_of_work(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predictions, "CHUNK", 1)
    put(database)
    chunks = predictions.backfill(database, adopt(database, "b-1"), None)
    assert [predictions.wanted(database, chunk)[0].image for chunk in chunks] == [THREE, TWO, ONE]


def test_images_whose_pictures_are_not_kept_are_not_wanted_again(database: Database) -> None:
    put(database, 2)
    with database.write() as connection:
        connection.execute(sa.update(images).where(images.c.sha256 == ONE).values(dropped_utc=1.0))
    (chunk,) = predictions.backfill(database, adopt(database, "b-1"), None)
    assert {each.image for each in predictions.wanted(database, chunk)} == {TWO}


def test_what_failed_is_wanted_again_and_what_was_made_is_not(database: Database) -> None:
    adopt(database, "b-1")
    put(database, 2)
    forecast(database, ONE, 0.7)
    refuse(database, TWO)
    (chunk,) = predictions.backfill(database, [each.key for each in of_bundle("b-1")], None)
    assert {each.image for each in predictions.wanted(database, chunk)} == {TWO}
    assert {(each.state, each.code) for each in made(database, TWO)} == {(PENDING, None)}
    assert states(database, ONE) == {SUCCESS}


def test_only_what_failed_for_a_reason_and_can_be_made_is_tried_again(database: Database) -> None:
    adopt(database, "b-1", "b-2")
    put(database, 2)
    refuse(database, ONE, code="image-missing")
    refuse(database, TWO, code="model-failed")
    refuse(database, TWO, code="image-missing", version="b-2")
    adopt(database, "b-1")
    again = predictions.retry(database, "image-missing")
    assert list(again.values()) == [3]
    assert {each.image for chunk in again for each in predictions.wanted(database, chunk)} == {ONE}
    assert list(predictions.retry(database).values()) == [3]
    assert predictions.retry(database) == {}


def test_work_that_breaks_again_and_again_is_given_up(database: Database) -> None:
    adopt(database, "b-1")
    put(database, 1)
    predictions.settle(database, [said(ONE, "cnn", 0.7)])
    (chunk,) = predictions.pending_chunks(database)
    names = [chunk]
    while (later := predictions.rechunk(database, names[-1], 4)) is not None:
        names.append(later)
        assert predictions.pending_chunks(database) == [later]
    assert len(set(names)) == 4
    assert {(each.model, each.state, each.code) for each in made(database)} == {
        ("cnn", SUCCESS, None),
        ("automl", FAILED, "internal-error"),
        ("verdict", FAILED, "internal-error"),
    }


def test_work_of_which_nothing_is_left_is_not_given_to_anybody(database: Database) -> None:
    adopt(database, "b-1")
    put(database, 1)
    (chunk,) = predictions.pending_chunks(database)
    forecast(database, ONE, 0.7)
    assert [predictions.rechunk(database, name, 4) for name in (chunk, f"{chunk}.3")] == [None, None]
    assert states(database) == {SUCCESS}


def test_a_version_is_new_once_and_again_when_it_can_predict_again(database: Database) -> None:
    keys = [each.key for each in of_bundle("b-1")]
    assert adopt(database, "b-1") == keys
    assert adopt(database, "b-1") == []
    broken = [*of_bundle("b-1", models=("cnn",)), *of_bundle("b-1", fault="damaged", models=("automl", "verdict"))]
    assert versions.adopt(database, broken, {}) == []
    assert {each.model: each.fault for each in versions.everyone(database)} == {
        "automl": "damaged",
        "cnn": None,
        "verdict": "damaged",
    }
    assert {each.model for each in adopt(database, "b-1")} == {"automl", "verdict"}


def test_versions_of_a_bundle_that_is_lost_stay_active_and_come_back(database: Database) -> None:
    adopt(database, "b-1", "b-2")
    assert versions.adopt(database, of_bundle("b-2", 1), {"/bundles/b-1": "it is gone"}) == []
    found = {(each.model, each.version): each for each in versions.everyone(database)}
    assert {found[model, "b-1"].fault for model in MODELS} == {"it is gone"}
    assert all(found[model, "b-1"].active and found[model, "b-1"].rank == 0 for model in MODELS)
    put(database, 1)
    assert {each.version for each in made(database)} == {"b-1", "b-2"}
    assert {each.version for each in adopt(database, "b-1", "b-2")} == {"b-1"}


def test_a_lost_bundle_that_nobody_knew_is_no_version(database: Database) -> None:
    assert versions.adopt(database, [], {"/bundles/never": "it is gone"}) == []
    assert versions.everyone(database) == []


def test_a_version_that_is_not_there_any_more_predicts_nothing_new(database: Database) -> None:
    adopt(database, "b-1", "b-2")
    adopt(database, "b-2")
    put(database, 1)
    assert {each.version for each in made(database)} == {"b-2"}


def test_processes_that_adopt_the_same_at_once_find_each_version_new_once(database: Database) -> None:
    found = at_once(lambda _: adopt(database, "b-1"), 6)
    assert sorted(key for keys in found for key in keys) == [VersionKey(model, "b-1") for model in MODELS]


def test_a_card_shows_each_picture_its_own_forecasts_and_null_where_there_is_none(database: Database) -> None:
    adopt(database, "b-1", "b-2")
    put(database)
    forecast(database, ONE, 0.1, "b-1")
    forecast(database, ONE, 0.2, "b-2")
    predictions.settle(database, [said(TWO, "automl", 0.3, "b-2")])
    first, second, third = (card(database, number) for number in (1, 2, 3))
    assert {
        (each.version, each.probability) for each in (first.verdict, first.models.cnn, first.models.automl) if each
    } == {("b-1", 0.1)}
    assert (second.verdict, second.models.cnn) == (second.models.automl, None)
    assert second.models.automl is not None
    assert (second.models.automl.version, second.models.automl.probability) == ("b-2", 0.3)
    assert (third.verdict, third.models.cnn, third.models.automl, third.pending) == (None, None, None, True)


def column(database: Database, number: int) -> float | None:
    ((found,),) = rows(database, sa.select(feed.c.verdict).where(feed.c.post_id == f"reddit:p{number}"))
    return found if found is None else float(found)


def test_the_active_version_of_lowest_rank_is_shown_on_the_card_and_in_the_feed(database: Database) -> None:
    adopt(database, "b-1", "b-2", "b-3")
    put(database, 1)
    for probability, version in ((0.3, "b-3"), (0.2, "b-2"), (0.1, "b-1")):
        forecast(database, ONE, probability, version)
        shown = card(database, 1).verdict
        assert shown is not None
        assert (shown.version, shown.probability, column(database, 1)) == (version, probability, probability)


def test_an_old_version_is_shown_where_no_active_one_has_spoken_and_the_latest_of_those(database: Database) -> None:
    put(database, 1)
    for number, name in enumerate(("b-9", "b-1", "b-5")):
        predictions.backfill(database, adopt(database, name), None)
        forecast(database, ONE, number / 10, name)
    adopt(database, "b-6")
    show(database, a_post("p2"), ONE)
    for post in (1, 2):
        shown = card(database, post).verdict
        assert shown is not None
        assert (shown.version, column(database, post)) == ("b-5", 0.2)


def test_how_many_there_are_is_counted_by_version_and_state(database: Database) -> None:
    adopt(database, "b-1")
    put(database, 2)
    forecast(database, ONE, 0.7)
    assert predictions.counts(database) == {VersionKey(model, "b-1"): {PENDING: 1, SUCCESS: 1} for model in MODELS}
    assert rows(database, sa.select(sa.func.count()).select_from(table)) == [(6,)]


def test_the_versions_that_are_first_are_told_first(database: Database) -> None:
    versions.adopt(database, [Version("cnn", "old", "/o", True, 0)], {})
    versions.adopt(database, [Version("cnn", "b", "/b", True, 1), Version("cnn", "a", "/a", True, 0)], {})
    assert [(each.version, each.active) for each in versions.everyone(database)] == [
        ("a", True),
        ("b", True),
        ("old", False),
    ]
