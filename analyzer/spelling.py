"""How far two words are from each other, for suggestions: "did you mean …?"."""

from __future__ import annotations

from collections.abc import Iterable

#: A shorter word is an abbreviation of nothing.
_SHORTEST = 3

#: How many slips a word may have, by the letters of the shorter of two words: a wrong suggestion is worse than none.
_SLIPS = ((9, 3), (6, 2), (3, 1))


def most_similar(word: str, names: Iterable[str]) -> str | None:
    """The name that `word` is a misspelling of: a few slips away, or `word` with its end left out; None without one.

    >>> most_similar("stirde", ["stride", "size"]), most_similar("warn", ["note", "warning"])
    ('stride', 'warning')
    >>> most_similar("filters", ["first", "frozen"]), most_similar("layer", ["layer_norm"])
    (None, None)
    """
    names = list(names)
    plain = _letters(word)
    near = [(slips, *_unlike(plain, _letters(name)), name) for name in names for slips in _slips(plain, name)]
    if near:
        return min(near, key=lambda one: one[:-1])[-1]  # the first one of equally near ones
    longer = [name for name in names if len(word) >= _SHORTEST and _is_continued(word.lower(), name.lower())]
    return longer[0] if len(longer) == 1 else None


def _letters(word: str) -> str:
    """A word without signs and capitals: `Batch-Norm` is `batchnorm`."""
    return "".join(filter(str.isalnum, word)).lower()


def _is_continued(start: str, name: str) -> bool:
    """Whether `name` is `start` with more letters of the same word: `layer_norm` is not."""
    return name.startswith(start) and name[len(start) :].isalpha()


def _unlike(word: str, other: str) -> tuple[bool, bool, int]:
    """How much a name differs in ways that decide between names of equally many slips; `zero4` is nearer to `zero3`."""
    letters = zip(word, other, strict=False)
    return word[:1] != other[:1], not other.startswith(word), sum(abs(ord(a) - ord(b)) for a, b in letters)


def _slips(word: str, name: str) -> Iterable[int]:
    """The slips between a word and a name, where they are few enough for one to mean the other."""
    other = _letters(name)
    shorter = min(len(word), len(other))
    most = next((slips for letters, slips in _SLIPS if shorter >= letters), 0)
    if shorter and _squeezed(word) == _squeezed(other):
        return (min(1, abs(len(word) - len(other))),)
    if not shorter or abs(len(word) - len(other)) > most:
        return ()
    if len({*word} ^ {*other}) > 2 * most:  # a slip changes at most two letters
        return ()
    slips = distance(word, other, most)
    if slips > most or (slips > 1 and word[0] != other[0]):  # the first letter is rarely one of several wrong ones
        return ()
    return (slips,)


def _squeezed(word: str) -> str:
    """A word with each letter once where it is repeated."""
    return "".join(letter for letter, before in zip(word, " " + word, strict=False) if letter != before)


def distance(word: str, other: str, most: int) -> int:
    """Letters to insert, to leave out, to replace, and neighbours to swap, until one word is the other.

    The optimal string alignment distance (Damerau 1964). Any number above `most` stands for all of them: only the cells
    that fewer slips can reach are calculated.

    >>> distance("bacth", "batch", 3), distance("padding", "embedding", 4), distance("padding", "embedding", 2) > 2
    (1, 4, True)
    """
    far = most + 1
    before: list[int] = []
    row = [min(j, far) for j in range(len(other) + 1)]
    for i, letter in enumerate(word, 1):
        before, last, row = row, before, [far] * (len(other) + 1)
        row[0] = min(i, far)
        for j in range(max(1, i - most), min(len(other), i + most) + 1):
            there = other[j - 1]
            cost = min(row[j - 1] + 1, before[j] + 1, before[j - 1] + (letter != there))
            if i > 1 and j > 1 and letter == other[j - 2] and word[i - 2] == there:
                cost = min(cost, last[j - 2] + 1)
            row[j] = cost
        if min(row) > most:
            return far
    return row[-1]
