"""What else is like this goes by what the model sees that people are shown, and not by what a shadow sees."""

from __future__ import annotations

import numpy as np

from dankmeme.storage import sights
from dankmeme.storage.alike import Alike
from dankmeme.storage.database import Database
from dankmeme.storage.sights import KeptSight
from tests.storage.making import a_post, facts, show, store

NEAR, FAR = np.array([1.0, 0.0], dtype="<f4"), np.array([0.0, 1.0], dtype="<f4")


def seen(database: Database, number: int, graph: str, vector: np.ndarray) -> None:
    sights.keep(database, [KeptSight(facts(number).sha256, graph, 0.5, 0.5, 0.1, vector.tobytes(), b"", b"")], [])


def test_a_shadow_changes_nothing_about_what_is_alike(database: Database) -> None:
    for number in range(4):
        store(database, facts(number))
        show(database, a_post(f"p{number}"), facts(number).sha256)
        seen(database, number, "active", NEAR if number < 2 else FAR)
    alike = Alike(database)
    before = alike.like(facts(0).sha256, most=1)
    assert before == ["reddit:p1"]
    for number in range(4):
        seen(database, number, "shadow", NEAR if number % 2 == 0 else FAR)
    assert alike.like(facts(0).sha256, most=1) == before
    assert Alike(database).like(facts(0).sha256, most=1) == before
