"""All texts, with what each needs of the others and of Python."""

from __future__ import annotations

from collections.abc import Iterable

from analyzer.loader.writing.keras.helpers import attending, calculating, convolving, recurring

#: The texts by name, in the order in which a file has them.
HELPERS: dict[str, str] = {**calculating.TEXTS, **convolving.TEXTS, **attending.TEXTS, **recurring.TEXTS}

#: Modules of Python that texts use.
_MODULES = ("itertools", "math")


def needed(names: Iterable[str]) -> list[str]:
    """The names of helpers with those that they use themselves, in the order of the file."""
    import re  # few networks need a helper

    open_names, found = list(names), set()
    while open_names:
        name = open_names.pop()
        if name not in found:
            found.add(name)
            called = re.findall(r"(?<![.\w])(\w+)\(", HELPERS[name])
            open_names += [one for one in called if one in HELPERS]
    return [name for name in HELPERS if name in found]


def modules(names: Iterable[str]) -> list[str]:
    """The modules of Python that these helpers use."""
    texts = [HELPERS[name] for name in names]
    return [module for module in _MODULES if any(f"{module}." in text for text in texts)]
