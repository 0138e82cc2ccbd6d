"""Parameters by the names that other libraries give them."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable

from analyzer.diagnostics import nearest
from analyzer.words.lookup import absent, called, plain
from analyzer.words.parameters import ABSENT, CALLED, OF_TYPE


def parameter_called(name: str, type: str, declared: Container[str]) -> str | None:
    """The parameter of a type that another library calls `name`; None where it has none.

    >>> parameter_called("out_channels", "conv", ["filters", "kernel"])
    'filters'
    """
    own = OF_TYPE.get(type, {}).get(plain(name))
    return own if own in declared else called(name, CALLED, declared)


def has_no_counterpart(name: str) -> bool:
    """Whether another library has a parameter `name` that nothing here needs."""
    return plain(name) in ABSENT


def parameter_help(name: str, type: str, declared: Collection[str], letters: Iterable[str]) -> str | None:
    """What helps where a type has no parameter `name`: its name here, why to leave it out, or the nearest one.

    `letters` are the letters of the textbook that it takes too.
    """
    meant = parameter_called(name, type, declared)
    if meant is not None:
        return f"did you mean `{meant}`?"
    sentence = absent(name, ABSENT)
    if sentence is not None:
        return sentence
    near = nearest(name, [*declared, *letters])
    return f"did you mean `{near}`?" if near else None
