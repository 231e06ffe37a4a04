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


def for_sqlite(question: str) -> str | None:
    """A question as FTS5 takes it: every word must be there; None where there is no word in it."""
    return _joined(question, "{word}", "{word}*", " AND ", '"')


def for_postgresql(question: str) -> str | None:
    """A question as `to_tsquery` takes it; see `for_sqlite`."""
    return _joined(question, "{word}", "{word}:*", " & ", "'")


def _joined(question: str, exact: str, start: str, between: str, quote: str) -> str | None:
    parts = [
        (exact if len(word) < _SHORTEST_START else start).format(word=f"{quote}{word}{quote}")
        for word in words_of(question)[:MOST_ASKED]
    ]
    return between.join(parts) or None
