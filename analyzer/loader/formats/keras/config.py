"""The `config` of a layer: values by key, each refused in one sentence where it is missing or of another type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.diagnostics import listed, nearest
from analyzer.layers.kinds import whole, written
from analyzer.source import shown
from analyzer.volume import LARGEST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Stands for no default: the key must be there.
NEEDED: Any = object()


class Mistake(Exception):
    """A layer of the file is wrong. Raised where the fact is known; the walk adds the place."""

    # By hand: exceptions are no records.
    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class Config:
    """The values of one layer. `kind` is its class, `name` its name in messages.

    >>> Config("conv1", "Conv2D", {"kernel_size": 3}).sizes("kernel_size", 2)
    [3, 3]
    """

    # By hand: it refuses what is no mapping.
    def __init__(self, name: str, kind: str, data: Any) -> None:
        self.name = name
        self.kind = kind
        if not isinstance(data, Mapping):
            raise Mistake(f"`config` of `{shown(name)}` is {written(data)}, not a mapping")
        self.data = data

    def has(self, key: str) -> bool:
        """Whether the key is there, and not null."""
        return self.data.get(key) is not None

    def value(self, key: str, default: Any = NEEDED) -> Any:
        """The value of a key; the default where it is missing or null."""
        found = self.data.get(key)
        if found is None:
            if default is NEEDED:
                raise Mistake(f"`{shown(self.kind)}` needs `{key}`, which `{shown(self.name)}` does not have")
            return default
        return found

    def wrong(self, key: str, words: str) -> Mistake:
        """The refusal of the value of a key; `words` completes "must be …"."""
        return Mistake(f"`{key}` of `{shown(self.name)}` must be {words}, not {written(self.data.get(key))}")

    def whole(self, key: str, default: Any = NEEDED, *, least: int = 1) -> int:
        """A whole number."""
        number = whole(self.value(key, default))
        if number is None or not least <= number <= LARGEST:
            raise self.wrong(key, f"a whole number of at least {least}".replace("-", "−"))
        return number

    def flag(self, key: str, default: Any = NEEDED) -> bool:
        """True or false."""
        found = self.value(key, default)
        if not isinstance(found, bool):
            raise self.wrong(key, "`true` or `false`")
        return found

    def number(self, key: str, default: Any = NEEDED) -> float:
        """Any finite number."""
        found = self.value(key, default)
        if isinstance(found, bool) or not isinstance(found, (int, float)) or not abs(found) < float("inf"):
            raise self.wrong(key, "a number")
        return found

    def word(self, key: str, choices: Sequence[str], default: Any = NEEDED) -> str:
        """One of several words, in small letters."""
        found = self.value(key, default)
        if not isinstance(found, str) or found.lower() not in choices:
            near = nearest(found, choices) if isinstance(found, str) else None
            mistake = self.wrong(key, listed(choices))
            mistake.help = f"did you mean `{near}`?" if near else None
            raise mistake
        return found.lower()

    def text(self, key: str, default: Any = NEEDED) -> str:
        """A text."""
        found = self.value(key, default)
        if not isinstance(found, str):
            raise self.wrong(key, "a text")
        return found

    def sizes(self, key: str, rank: int, default: Any = NEEDED, *, least: int = 1) -> list[int]:
        """A whole number for each of `rank` axes, or one for all."""
        found = self.value(key, default)
        items = found if isinstance(found, list) else [found] * rank
        numbers = [whole(item) for item in items]
        if len(numbers) != rank or any(n is None or not least <= n <= LARGEST for n in numbers):
            each = f"a whole number of at least {least} for each of {rank} axes" if rank > 1 else f"at least {least}"
            raise self.wrong(key, each)
        return [number or 0 for number in numbers]

    def wholes(self, key: str, default: Any = NEEDED) -> list[int]:
        """A whole number or a list of them, of any sign."""
        found = self.value(key, default)
        items = found if isinstance(found, list) else [found]
        numbers = [whole(item) for item in items]
        if any(number is None or abs(number) > LARGEST for number in numbers):
            raise self.wrong(key, "a whole number or a list of them")
        return [number or 0 for number in numbers]

    def pairs(self, key: str, rank: int, default: Any = NEEDED) -> list[tuple[int, int]]:
        """Cells before and after each of `rank` axes: a number for all, one for each axis, or a pair for each."""
        found = self.value(key, default)
        words = "a whole number of at least 0, or a pair of them for each axis"
        if rank == 1 and isinstance(found, list) and len(found) == 2 and not isinstance(found[0], list):
            found = [found]
        items = found if isinstance(found, list) else [found] * rank
        if len(items) != rank:
            raise self.wrong(key, words)
        pairs = []
        for item in items:
            ends = item if isinstance(item, list) else [item, item]
            numbers = [whole(end) for end in ends]
            if len(numbers) != 2 or any(n is None or not 0 <= n <= LARGEST for n in numbers):
                raise self.wrong(key, words)
            pairs.append((numbers[0] or 0, numbers[1] or 0))
        return pairs

    def axis(self, key: str, rank: int, default: Any = NEEDED) -> int:
        """An axis of a tensor of this rank, counted from the front."""
        return self.axes(key, rank, default, single=True)[0]

    def axes(self, key: str, rank: int, default: Any = NEEDED, *, single: bool = False) -> list[int]:
        """One axis or several of a tensor of this rank, counted from the front."""
        found = self.wholes(key, default)
        if any(not -rank <= axis < rank for axis in found) or (single and len(found) != 1) or not found:
            raise self.wrong(key, f"an axis of a tensor with {rank}: from {-rank} to {rank - 1}".replace("-", "−"))
        places = [axis % rank for axis in found]
        if len(set(places)) < len(places):
            raise self.wrong(key, "axes that differ")
        return places

    @property
    def channels_first(self) -> bool:
        """Whether the depth is the axis behind the batch."""
        return self.word("data_format", ("channels_last", "channels_first"), "channels_last") == "channels_first"

    def part(self, key: str) -> Config:
        """The config of a layer in this layer, such as the one that a wrapper wraps."""
        return of_object(self.value(key), f"{self.name}.{key}")


def of_object(data: Any, name: str) -> Config:
    """The config of a serialised object: a mapping with `class_name` and `config`."""
    if not isinstance(data, Mapping) or not isinstance(data.get("class_name"), str):
        raise Mistake(f"`{shown(name)}` must be a layer, with `class_name` and `config`, not {written(data)}")
    return Config(name, data["class_name"], data.get("config", {}))
