"""Alignment: held against the quadratic longest common subsequence, and against time."""

from __future__ import annotations

import random
import time
from itertools import pairwise

import pytest

from analyzer import align
from analyzer.align import aligned, rising


def longest_common(a: str, b: str) -> int:
    """The length of a longest common subsequence, by the textbook's table."""
    row = [0] * (len(b) + 1)
    for x in a:
        before = row[:]
        for j, y in enumerate(b, 1):
            row[j] = before[j - 1] + 1 if x == y else max(before[j], row[j - 1])
    return row[-1]


def fits(a: str, b: str, pairs: list[tuple[int, int]]) -> bool:
    """Whether pairs rise on both sides and pair equal items."""
    return all(a[i] == b[j] for i, j in pairs) and all(i < k and j < m for (i, j), (k, m) in pairwise(pairs))


def test_it_is_valid_whatever_the_sequences() -> None:
    rng = random.Random(1)
    for _ in range(2000):
        a, b = ("".join(rng.choices("abcdef", k=rng.randrange(12))) for _ in range(2))
        pairs = aligned(a, b)
        assert fits(a, b, pairs)
        assert len(pairs) <= longest_common(a, b)


def test_without_anchors_it_is_the_shortest() -> None:
    rng = random.Random(2)
    for _ in range(1000):
        a, b = ("".join(rng.choices("ab", k=rng.randrange(3, 14))) for _ in range(2))
        if min(a.count("a"), a.count("b"), b.count("a"), b.count("b")) < 2:
            continue  # what occurs once is an anchor
        numbers = {"a": 0, "b": 1}
        pairs = sorted(align._shortest([numbers[x] for x in a], [numbers[x] for x in b]))
        assert fits(a, b, pairs)
        assert len(pairs) == longest_common(a, b)


def test_beyond_the_limit_it_still_aligns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(align, "_EDITS", 3)
    a, b = "ababababcdcd", "bbaaccddabab"
    pairs = aligned(a, b)
    assert fits(a, b, pairs)
    assert len(pairs) >= 4


def test_rising_is_the_longest() -> None:
    numbers = [3, 1, 4, 1, 5, 9, 2, 6]
    assert [numbers[place] for place in rising(numbers)] in ([1, 4, 5, 6], [3, 4, 5, 6])
    assert rising([]) == []


@pytest.mark.parametrize("letters", [1, 2, 3, 50, 10_000])
def test_long_sequences_take_no_square_of_their_length(letters: int) -> None:
    """Two sequences of 20,000 with nothing in common but their letters: the product would be 4·10⁸ steps."""
    rng = random.Random(3)
    a, b = ([rng.randrange(letters) for _ in range(20_000)] for _ in range(2))
    start = time.process_time()
    aligned(a, b)
    assert time.process_time() - start < 5
