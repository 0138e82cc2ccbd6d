"""Looking a word up in the tables of this room."""

from __future__ import annotations

from collections.abc import Container, Mapping

from analyzer.source import shown


def plain(word: str) -> str:
    """A word as the tables have it.

    >>> plain("Kernel_Size"), plain("torch.nn.Conv2d")
    ('kernelsize', 'conv2d')
    """
    return word.rpartition(".")[2].lower().replace("_", "").replace("-", "").replace(" ", "")


def called(word: str, table: Mapping[str, str], known: Container[str]) -> str | None:
    """What `word` is called here: the first of its names in the table that is known at this place; None without one.

    >>> called("out_channels", {"outchannels": "filters units"}, {"units", "bias"})
    'units'
    """
    if len(word) == 1 and word.isupper():
        return None  # a letter of the textbook, or meant as one
    names = table.get(plain(word), "").split(" ")
    return next((name for name in names if name in known and name != word), None)


def absent(word: str, table: Mapping[str, str]) -> str | None:
    """The sentence about a word that has no counterpart here; None where the table has none.

    >>> absent("Epochs", {"epochs": "leave `{word}` out"})
    'leave `Epochs` out'
    """
    sentence = table.get(plain(word))
    return sentence.replace("{word}", shown(word)) if sentence else None
