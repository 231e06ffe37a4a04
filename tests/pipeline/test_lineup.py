"""A process uses what the registry wants once it is whole and proven; until then it keeps what it has and says why."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dankmeme.errors import BundleError, StorageError
from dankmeme.models.active import chosen_bundle, fault_of_copy
from dankmeme.models.bundle import Bundle
from dankmeme.models.eyes import Eyes
from dankmeme.models.registry import Registry
from dankmeme.pipeline import lineup
from dankmeme.pipeline.lineup import Keeper
from dankmeme.settings import Settings
from dankmeme.storage import Storage, answering, open_storage, registry
from dankmeme.storage.shelf import Shelf
from tests.bundles import spoil, variant

SHIPPED = Bundle.default().version


@pytest.fixture(scope="module")
def eyes() -> Iterator[Eyes]:
    with closing(Eyes(captions=False, workers=1)) as eyes:
        yield eyes


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def storage(settings: Settings) -> Iterator[Storage]:
    with open_storage(settings) as storage:
        yield storage


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What went wrong is tried again, and copies are compared with their checksums, at the next look."""
    monkeypatch.setattr(lineup, "AGAIN_SECONDS", 0.0)
    monkeypatch.setattr(lineup, "CHECK_SECONDS", 0.0)


@pytest.fixture
def add(settings: Settings, storage: Storage, eyes: Eyes, tmp_path: Path) -> Callable[[str], str]:
    """Registers a bundle."""
    bundles = Registry(storage.database, Shelf(settings.models, settings.copies))
    bundles.lineup()

    def added(version: str) -> str:
        return bundles.register(variant(tmp_path / version, version).folder, eyes, "a test").version

    return added


def keeper(settings: Settings, storage: Storage, eyes: Eyes, **more: object) -> Keeper:
    return Keeper(settings, eyes, lambda: storage, "worker", **more)  # type: ignore[arg-type]


def used(keeper: Keeper) -> list[str]:
    """Versions, the active one first."""
    return [Bundle(place.folder).version for place in keeper.places()]


def promote(storage: Storage, version: str) -> None:
    registry.promote(storage.database, version, "a test", forced=True, why="")


def test_without_any_decision_it_is_what_ships(settings: Settings, storage: Storage, eyes: Eyes) -> None:
    mine = keeper(settings, storage, eyes)
    mine.look()
    assert used(mine) == [SHIPPED]
    assert mine.agreed == registry.lineup(storage.database)
    (row,) = answering.now(storage.database)
    assert (row.version, row.settled) == (SHIPPED, True)


def test_what_is_promoted_is_used_and_what_is_rolled_back_to_again(
    settings: Settings, storage: Storage, eyes: Eyes, add: Callable[[str], str]
) -> None:
    taken: list[str] = []
    mine = keeper(settings, storage, eyes, take=lambda bundle: taken.append(bundle.version))
    mine.look()
    promote(storage, add("2"))
    turn = mine.turn
    mine.look()
    assert (used(mine), taken) == (["imgflip-2"], ["imgflip-2"])
    assert mine.turn > turn
    assert chosen_bundle(settings) == mine.places()[0].folder
    registry.roll_back(storage.database, SHIPPED, "a test")
    mine.look()
    assert (used(mine), taken) == ([SHIPPED], ["imgflip-2", SHIPPED])
    assert chosen_bundle(settings) == Bundle.default_folder()


def test_shadows_come_last_and_are_shown_to_nobody(
    settings: Settings, storage: Storage, eyes: Eyes, add: Callable[[str], str]
) -> None:
    registry.shadow(storage.database, add("2"), 0.25, "a test")
    mine = keeper(settings, storage, eyes)
    mine.look()
    assert used(mine) == [SHIPPED, "imgflip-2"]
    assert [(place.shown, place.share) for place in mine.places()] == [(True, 1.0), (False, 0.25)]
    turn = mine.turn
    registry.shadow(storage.database, "imgflip-2", 1.0, "a test")
    mine.look()
    assert mine.places()[1].share == 1.0
    assert mine.turn > turn


def damaged(settings: Settings) -> None:
    spoil(Path(settings.models) / "imgflip-2" / "cnn.onnx")


def half_there(settings: Settings) -> None:
    (Path(settings.models) / "imgflip-2" / "calibration.json").unlink()


def gone(settings: Settings) -> None:
    shutil.rmtree(Path(settings.models) / "imgflip-2")


@pytest.mark.parametrize("harm", [damaged, half_there, gone])
def test_a_bundle_that_is_not_whole_is_not_used_until_it_is(
    settings: Settings, storage: Storage, eyes: Eyes, add: Callable[[str], str], harm: Callable[[Settings], None]
) -> None:
    mine = keeper(settings, storage, eyes)
    mine.look()
    promote(storage, add("2"))
    kept = shutil.copytree(Path(settings.models) / "imgflip-2", settings.home / "kept")
    harm(settings)
    for _ in range(2):
        mine.look()
        assert used(mine) == [SHIPPED]
        assert mine.agreed is None
        (row,) = answering.now(storage.database)
        assert (row.version, row.wanted, row.settled) == (SHIPPED, "imgflip-2", False)
        assert row.fault is not None
        assert "imgflip-2" in row.fault
    shutil.copytree(kept, Path(settings.models) / "imgflip-2", dirs_exist_ok=True)
    mine.look()
    assert used(mine) == ["imgflip-2"]
    assert [row.settled for row in answering.now(storage.database)] == [True]


def test_a_bundle_that_fails_its_self_test_is_not_used(
    settings: Settings, storage: Storage, eyes: Eyes, add: Callable[[str], str]
) -> None:
    def take(bundle: Bundle) -> None:
        raise BundleError("bundle-damaged", f"{bundle.version} says something else here")

    mine = keeper(settings, storage, eyes, take=take)
    mine.look()
    promote(storage, add("2"))
    mine.look()
    assert used(mine) == [SHIPPED]
    assert mine.faults == {"imgflip-2": "imgflip-2 says something else here"}


def test_any_error_is_told_and_tried_again(
    settings: Settings, storage: Storage, eyes: Eyes, add: Callable[[str], str]
) -> None:
    tries: list[str] = []

    def take(bundle: Bundle) -> None:
        tries.append(bundle.version)
        if len(tries) < 3:
            raise MemoryError("not enough")

    mine = keeper(settings, storage, eyes, take=take)
    mine.look()
    promote(storage, add("2"))
    for _ in range(2):
        mine.look()
        assert mine.faults == {"imgflip-2": "not enough"}
        assert used(mine) == [SHIPPED]
    mine.look()
    assert (used(mine), mine.faults) == (["imgflip-2"], {})


def test_a_shadow_that_cannot_be_had_keeps_no_promotion_from_being_agreed(
    settings: Settings, storage: Storage, eyes: Eyes, add: Callable[[str], str]
) -> None:
    registry.shadow(storage.database, add("2"), 1.0, "a test")
    damaged(settings)
    mine = keeper(settings, storage, eyes)
    mine.look()
    assert mine.agreed == registry.lineup(storage.database)
    assert set(mine.missing) == {"registry imgflip-2"}
    (row,) = answering.now(storage.database)
    assert row.settled
    assert row.fault is not None


def test_a_shadow_that_is_damaged_harms_nobody_but_itself(
    settings: Settings, storage: Storage, eyes: Eyes, add: Callable[[str], str]
) -> None:
    for version in ("2", "3"):
        registry.shadow(storage.database, add(version), 1.0, "a test")
    damaged(settings)
    mine = keeper(settings, storage, eyes)
    mine.look()
    assert used(mine) == [SHIPPED, "imgflip-3"]
    assert set(mine.faults) == {"imgflip-2"}


def test_a_process_starts_with_what_it_used_last_while_the_database_is_away(
    settings: Settings, storage: Storage, eyes: Eyes, add: Callable[[str], str]
) -> None:
    promote(storage, add("2"))
    keeper(settings, storage, eyes).look()

    def away() -> Storage:
        raise StorageError("bad-database", "it is away")

    mine = Keeper(settings, eyes, away, "serve")
    with pytest.raises(StorageError):
        mine.look()
    assert used(mine) == ["imgflip-2"]
    spoil(mine.places()[0].folder / "cnn.onnx")
    assert chosen_bundle(settings) == Bundle.default_folder()


def test_a_bundle_of_the_settings_is_used_whatever_the_registry_says(
    settings: Settings, storage: Storage, eyes: Eyes, add: Callable[[str], str], tmp_path: Path
) -> None:
    promote(storage, add("2"))
    own = variant(tmp_path / "own", "own").folder
    mine = keeper(settings.model_copy(update={"bundle": own}), storage, eyes)
    mine.look()
    assert used(mine) == ["imgflip-own"]
    assert mine.agreed is None
    assert mine.find("imgflip-2") is None


def test_a_version_that_is_not_in_use_is_found_while_work_of_its_time_waits(
    settings: Settings, storage: Storage, eyes: Eyes, add: Callable[[str], str]
) -> None:
    add("2")
    found = keeper(settings, storage, eyes).find("imgflip-2")
    assert found is not None
    assert found.version == "imgflip-2"
    assert keeper(settings, storage, eyes).find("nobody-1") is None


def test_a_process_with_a_bundle_of_its_own_leaves_the_versions_to_those_that_follow_the_registry(
    settings: Settings, storage: Storage, eyes: Eyes, add: Callable[[str], str], tmp_path: Path
) -> None:
    own = variant(tmp_path / "own", "own").folder
    mine = keeper(settings.model_copy(update={"bundle": own}), storage, eyes)
    assert not mine.others_follow(storage.database)
    other = keeper(settings, storage, eyes)
    other.look()
    assert mine.others_follow(storage.database)
    other.stop()
    assert not mine.others_follow(storage.database)


def test_a_copy_that_is_damaged_while_it_is_in_use_is_fetched_again(
    settings: Settings, storage: Storage, eyes: Eyes, add: Callable[[str], str]
) -> None:
    mine = keeper(settings, storage, eyes)
    promote(storage, add("2"))
    mine.look()
    copy = mine.places()[0].folder
    spoil(copy / "cnn.onnx")
    assert fault_of_copy(settings) is not None
    mine.look()
    assert (fault_of_copy(settings), mine.faults, used(mine)) == (None, {}, ["imgflip-2"])

    damaged(settings)
    spoil(copy / "cnn.onnx")
    mine.look()
    assert mine.places()[0].folder == copy  # what is loaded goes on
    (row,) = answering.now(storage.database)
    assert row.settled
    assert "does not have its checksum" in str(row.fault)


def test_a_damaged_copy_of_the_active_model_is_not_passed_over_in_silence(
    settings: Settings,
    storage: Storage,
    eyes: Eyes,
    add: Callable[[str], str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    mine = keeper(settings, storage, eyes)
    promote(storage, add("2"))
    mine.look()
    spoil(mine.places()[0].folder / "cnn.onnx")
    assert chosen_bundle(settings) == Bundle.default_folder()
    assert "the active model cannot be used here" in caplog.text
