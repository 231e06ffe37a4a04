from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dankmeme.images.fingerprint import pdq
from dankmeme.images.neighbours import HashIndex
from tests.drawing import texture


def random_words(count: int, seed: int) -> np.ndarray:
    return np.random.Generator(np.random.PCG64(seed)).integers(0, 2**64, (count, 4), dtype=np.uint64)


def flipped(words: np.ndarray, bits: list[int]) -> np.ndarray:
    """One hash with these of its 256 bits turned over."""
    turned = words.copy()
    for bit in set(bits):
        turned[bit // 64] ^= np.uint64(1 << (bit % 64))
    return turned


def as_int(words: np.ndarray) -> int:
    return sum(int(word) << (64 * place) for place, word in enumerate(words))


def by_a_loop(hashes: np.ndarray, asked: np.ndarray, distance: int) -> list[tuple[int, int]]:
    apart = [(as_int(each) ^ as_int(asked)).bit_count() for each in hashes]
    return [(key, bits) for key, bits in enumerate(apart) if bits <= distance]


def found(index: HashIndex, asked: np.ndarray, distance: int) -> list[tuple[int, int]]:
    keys, distances = index.within(asked, distance)
    return list(zip(keys.tolist(), distances.tolist(), strict=True))


def filled(hashes: np.ndarray, keys: list[int] | None = None) -> HashIndex:
    index = HashIndex()
    index.add(range(len(hashes)) if keys is None else keys, hashes)
    return index


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32),
    st.lists(st.lists(st.integers(0, 255), max_size=60), max_size=30),
    st.integers(0, 256),
)
def test_a_search_finds_what_a_loop_over_all_finds(seed: int, turned: list[list[int]], distance: int) -> None:
    asked, *others = random_words(40, seed)
    hashes = np.stack([*others, *(flipped(asked, bits) for bits in turned)])
    assert found(filled(hashes), asked, distance) == by_a_loop(hashes, asked, distance)


def test_a_search_crosses_the_steps_it_is_done_in() -> None:
    hashes = random_words(70_000, 1)
    asked = random_words(1, 2)[0]
    for row in (0, 32_767, 32_768, 65_535, 65_536, 69_999):
        hashes[row] = flipped(asked, [row % 256, 7, 200])
    assert [key for key, _ in found(filled(hashes), asked, 31)] == [0, 32_767, 32_768, 65_535, 65_536, 69_999]


def test_what_is_added_in_small_steps_is_found_as_if_it_had_been_added_at_once() -> None:
    hashes = random_words(5_000, 3)
    grown = HashIndex()
    for start in range(0, 5_000, 77):
        rows = hashes[start : start + 77]
        grown.add(range(start, start + len(rows)), rows)
    assert len(grown) == 5_000
    for asked in hashes[::499]:
        assert found(grown, asked, 100) == found(filled(hashes), asked, 100)


def test_an_empty_index_knows_nothing() -> None:
    keys, distances = HashIndex().within(random_words(1, 4)[0], 256)
    assert (keys.shape, distances.shape, len(HashIndex())) == ((0,), (0,), 0)


def test_one_key_may_have_several_hashes() -> None:
    hashes = random_words(3, 5)
    assert [key for key, _ in found(filled(hashes, [9, 9, -1]), hashes[0], 256)] == [9, 9, -1]


def test_many_are_searched_as_each_alone() -> None:
    hashes = random_words(500, 6)
    index = filled(hashes)
    for asked, (keys, distances) in zip(hashes[:9], index.within_many(hashes[:9], 110), strict=True):
        assert list(zip(keys.tolist(), distances.tolist(), strict=True)) == found(index, asked, 110)


def test_the_distance_is_that_of_the_hashes_themselves() -> None:
    one, other = (pdq(texture(200, 300, seed)) for seed in (1, 2))
    words = np.frombuffer(bytes.fromhex(one.hex + other.hex), dtype=np.uint64).reshape(2, 4)
    assert found(filled(words), words[0], 256) == [(0, 0), (1, one.distance(other))]


def test_keys_and_hashes_must_be_as_many() -> None:
    with pytest.raises(ValueError, match="2 keys"):
        HashIndex().add([1, 2], random_words(3, 7))
