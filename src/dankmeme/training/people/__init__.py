"""Labels from people: votes, pairs and feedback become a worth for each meme, with what is not known of it."""

from __future__ import annotations

from dankmeme.training.people.crowd import Crowd, crowd_of
from dankmeme.training.people.labels import PeopleLabel, labels_of
from dankmeme.training.people.worth import Worths, fit

__all__ = ["Crowd", "PeopleLabel", "Worths", "crowd_of", "fit", "labels_of"]
