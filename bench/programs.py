"""What can be measured: the name that `bench/run.py` takes, what it is about, and whether it must be named to run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Program:
    """One program of the bench.

    Attributes:
        about: what it measures, for a person.
        long: whether it takes many minutes, so that it runs only when it is named.
    """

    about: str
    long: bool = False


PROGRAMS: dict[str, Program] = {
    "import": Program("importing the package"),
    "command": Program("one picture on the command line"),
    "start": Program("from the start of the server to its answers"),
    "page": Program("the web app in a browser, for the first time"),
    "image": Program("verdicts over HTTP, image model alone"),
    "captions": Program("verdicts over HTTP, captions read"),
    "reading": Program("reading captions, against the first version"),
    "stack2018": Program("the service of 2018, re-created"),
    "ingest": Program("taking in pictures"),
    "feed": Program("pages of the feed, votes, open streams"),
    "pdq": Program("perceptual hashes"),
    "lookalikes": Program("look-alikes among a million hashes"),
    "odd": Program("odd and hostile files"),
    "feat": Program("the feat of 2018: 30,000 pictures", long=True),
    "million": Program("the feed at a million posts", long=True),
    "growth": Program("taking in more and more pictures", long=True),
    "thousand": Program("the busy hour of a thousand communities", long=True),
    "soak": Program("an hour at 70 % load", long=True),
    "training": Program("training from kept embeddings and captions", long=True),
}
"""In the order of the tables."""
