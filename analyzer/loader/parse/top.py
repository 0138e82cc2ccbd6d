"""What helps with an unknown key of a file."""

from __future__ import annotations

from analyzer.diagnostics import nearest
from analyzer.layers import CATALOGUE
from analyzer.layers.elsewhere import found_elsewhere
from analyzer.loader.parse.grammar import TOP_KEYS
from analyzer.loader.parse.suggestions import meant
from analyzer.words.keys import TOP, TOP_ABSENT
from analyzer.words.lookup import absent, called


def top_key(word: str) -> tuple[str | None, str | None, bool]:
    """The help with an unknown key, the key that it means, and whether its value is written as for that key."""
    name = called(word, TOP, TOP_KEYS)
    if name is not None:
        return f"did you mean `{name}`?", name, nearest(word, TOP_KEYS) == name
    if word in CATALOGUE or found_elsewhere(word):
        return "write layers in the list under `layers:`", None, False
    near = nearest(word, TOP_KEYS)
    return absent(word, TOP_ABSENT) or meant(word, TOP_KEYS), near, True


def inputs_key(word: str) -> tuple[str | None, str | None, bool]:
    """As `top_key`, for a value that is one volume: `Inputs: 8x8x3` means `input`."""
    help, name, same = top_key(word)
    return ("did you mean `input`?", "input", True) if name == "inputs" else (help, name, same)


def means_network(word: str) -> bool:
    """Whether an unknown key means something that a file has: a key, or a layer."""
    layer = word in CATALOGUE or found_elsewhere(word) is not None
    return layer or called(word, TOP, TOP_KEYS) is not None or nearest(word, TOP_KEYS) is not None
