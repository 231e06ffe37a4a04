"""Words as the full-text index knows them: the same for both databases, whatever each thinks of accents and endings."""

from __future__ import annotations

import re
import unicodedata

MOST_WORDS = 400
"""So many words of a post are looked through."""
MOST_ASKED = 12
"""So many words of a question count."""
_WORD = re.compile(r"[^\W_]+")
_LONGEST_WORD = 60
_SHORTEST_START = 3
"""A word of so many letters also finds longer ones that begin with it."""


def words_of(text: str) -> list[str]:
    """The words of a text: small letters without accents, letters and digits alone."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(character for character in plain if not unicodedata.combining(character))
    return [word[:_LONGEST_WORD] for word in _WORD.findall(bare)]


def indexed(*texts: str) -> str:
    """What the index holds of a post's texts: its words, with blanks between."""
    return " ".join(words_of("\n".join(texts))[:MOST_WORDS])


def for_sqlite(question: str, *, whole: bool = False) -> str | None:
    """A question as FTS5 takes it: every word must be there; None where there is no word in it.

    Args:
        question: as somebody typed it.
        whole: whether only whole words count: fewer posts have them, and they are found sooner.
    """
    return (
        " AND ".join(f'"{word}"{"*" if is_start and not whole else ""}' for word, is_start in _asked(question)) or None
    )


def for_postgresql(question: str) -> str | None:
    """A question as `to_tsquery` takes it; see `for_sqlite`."""
    return " & ".join(f"'{word}'{':*' if is_start else ''}" for word, is_start in _asked(question)) or None


def spaced(question: str) -> list[str]:
    """What must stand in a post's words, with a blank before and behind them, each as it is."""
    return [f" {word}" if is_start else f" {word} " for word, is_start in _asked(question)]


def _asked(question: str) -> list[tuple[str, bool]]:
    """The words of a question, and whether each also finds longer ones."""
    return [(word, len(word) >= _SHORTEST_START) for word in words_of(question)[:MOST_ASKED]]
