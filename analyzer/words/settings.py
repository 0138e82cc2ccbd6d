"""What helps where a setting has none of its choices: optimizer, loss, number format, layout."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from analyzer.diagnostics import nearest
from analyzer.words.lookup import absent, called, plain
from analyzer.words.values import CHOICES, DTYPES, LAYOUTS, LOSSES, OPTIMIZERS, OPTIMIZERS_ABSENT, STEPS

#: The words of each setting; any other setting has those of choices in general.
_WORDS: Mapping[str, Mapping[str, str]] = {
    "dtype": DTYPES, "autocast": DTYPES, "optimizer": OPTIMIZERS, "loss": LOSSES, "step": STEPS,
    "layout": LAYOUTS,
}  # fmt: skip


def choice_called(setting: str, word: str, choices: Collection[str]) -> str | None:
    """The choice that a word of the command line names, in any spelling or by its name elsewhere; None for no choice.

    A number of bits names several formats, so it is no name.

    >>> choice_called("optimizer", "torch.optim.AdamW", ["adam", "adamw"]), choice_called("dtype", "16", ["float16"])
    ('adamw', None)
    """
    spelled = {plain(choice): choice for choice in choices}
    if plain(word) in spelled:
        return spelled[plain(word)]
    return None if word.isdigit() else called(word, _WORDS.get(setting, CHOICES), choices)


def choice_meant(word: str, choices: Collection[str], setting: str = "") -> str | None:
    """The choice that `word` means, by its name elsewhere or as a misspelling."""
    return called(word, _WORDS.get(setting, CHOICES), choices) or nearest(word, choices)


def setting_help(setting: str, word: str, choices: Collection[str]) -> str | None:
    """The choice that `word` means, or what to do without one; None where nothing is like it.

    >>> setting_help("dtype", "torch.half", ["float32", "float16"])
    'did you mean `float16`?'
    """
    if setting == "optimizer":
        sentence = absent(word, OPTIMIZERS_ABSENT)
        if sentence is not None:
            return sentence
    name = choice_meant(word, choices, setting)
    return f"did you mean `{name}`?" if name else None
