"""Kinds of parameter about axes, sizes and volumes: a size for each axis, padding, sharing, axis names."""

# Longer than most modules: each kind reads, writes, and has the schema that accepts the same.

from __future__ import annotations

from analyzer.diagnostics import Refusal, listed, nearest
from analyzer.layers.kinds import Kind, Number, Whole, number_help, whole, word_help
from analyzer.layers.padding import Padding
from analyzer.layers.sharing import LOCAL, SHARED, Sharing
from analyzer.source import shown
from analyzer.volume import LARGEST, read_sizes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.layers.kinds import Fragment, Value


#: A pattern of one size in a text, from 1 to 10^15.
SIZE_TEXT = "0*([1-9][0-9]{0,14}|10{15})"


_AXIS_NAMES = ("length", "height", "width", "time", "depth")


class _Wholes(Kind):
    """A whole number, or several of them: `one` reads each."""

    one: Whole

    def _item(self, value: Value, at: tuple[int, ...]) -> int:
        try:
            return self.one.read(value)
        except Refusal as refusal:
            refusal.at = at
            if not at and refusal.code == "VALUE101":
                raise self.refuse(value, help=refusal.help) from None
            raise

    def write(self, value: Value) -> Value:
        return list(value) if isinstance(value, tuple) else value


class Sizes(_Wholes):
    """A size for every spatial axis, or one for all: `3`, `3x5`, `[3, 5]`. Becomes a number or a tuple."""

    def __init__(self, low: int = 1) -> None:
        self.low = low
        self.one = Whole(low)
        self.words = f"a whole number of at least {low}, or one per axis such as `3x5` or `[3, 5]`"

    def read(self, value: Value) -> int | tuple[int, ...]:
        if isinstance(value, list):
            if not 1 <= len(value) <= 3:
                raise self.refuse(value)
            return tuple(self._item(item, (place,)) for place, item in enumerate(value))
        if isinstance(value, str):
            sizes = read_sizes(value)
            if sizes is None or len(sizes) > 3 or None in sizes or "x" not in value.replace("×", "x"):
                raise self.refuse(value, help=number_help(value))
            return tuple(self._item(item, ()) for item in sizes)
        return self._item(value, ())

    def schema(self) -> Fragment:
        number = self.one.schema()
        return _by_type(number=number, text={"pattern": f"^{_sizes_text(self.low)}$"}, items=number)


class Factors(Kind):
    """A factor for every spatial axis, or one for all; a fraction is allowed. Becomes a number or a tuple."""

    words = "a number above 0, or one per axis such as `2x3` or `[1.5, 2]`"

    def __init__(self) -> None:
        self.one = Number(0, above=True)

    def read(self, value: Value) -> float | int | tuple[float | int, ...]:
        if isinstance(value, str):
            sizes = read_sizes(value)
            if sizes is None or None in sizes or len(sizes) not in (2, 3):
                raise self.refuse(value, help=number_help(value))
            value = sizes
        if isinstance(value, list):
            if not 1 <= len(value) <= 3:
                raise self.refuse(value)
            return tuple(self._item(item, (place,)) for place, item in enumerate(value))
        return self._item(value, ())

    def _item(self, value: Value, at: tuple[int, ...]) -> float | int:
        try:
            return self.one.read(value)
        except Refusal as refusal:
            refusal.at = at
            raise

    def write(self, value: Value) -> Value:
        return list(value) if isinstance(value, tuple) else value

    def schema(self) -> Fragment:
        number = self.one.schema()
        return _by_type(number=number, text={"pattern": f"^{_sizes_text(1)}$"}, items=number)


class PaddingKind(Kind):
    """Padding in any of its spellings, or only in numbers where it is `explicit`. Becomes a `Padding`."""

    keys = ("front", "back", "top", "bottom", "left", "right")

    def __init__(self, *, explicit: bool = False) -> None:
        self.modes = () if explicit else ("same", "same_lower", "valid", "causal")
        words = "" if explicit else "`same`, `same_lower`, `valid`, `causal`, "
        self.words = f"{words}a number, one per axis (`1x2`), `[[before, after], …]` or `{{top: 1, left: 2}}`"
        self.one = Whole(0)

    def read(self, value: Value) -> Padding:
        if isinstance(value, str):
            if value in self.modes:
                return Padding.explicit(0) if value == "valid" else Padding(value)
            sizes = read_sizes(value)
            if sizes is None or None in sizes or len(sizes) not in (2, 3):
                raise self.refuse(value, help=word_help(value, self.modes) or number_help(value))
            value = sizes
        if isinstance(value, dict):
            return self._sides(value)
        if isinstance(value, list):
            if not 1 <= len(value) <= 3:
                raise self.refuse(value)
            return Padding.explicit(tuple(self._axis(item, place) for place, item in enumerate(value)))
        return Padding.explicit(self._cells(value, ()))

    def _sides(self, value: Value) -> Padding:
        for side in value:
            if side not in self.keys:
                near = nearest(side, self.keys)
                raise Refusal(
                    f"has no side `{shown(side)}`; the sides are {listed(self.keys, last='and')}",
                    code="VALUE102",
                    at=(side,),
                    help=f"did you mean `{near}`?" if near else None,
                )
        if not value:
            raise self.refuse(value)
        return Padding.by_side({side: self._cells(cells, (side,)) for side, cells in value.items()})

    def _axis(self, value: Value, place: int) -> tuple[int, int]:
        if isinstance(value, list):
            if len(value) != 2:
                raise self.refuse(value, at=(place,), help="a pair is `[before, after]`")
            return self._cells(value[0], (place, 0)), self._cells(value[1], (place, 1))
        cells = self._cells(value, (place,))
        return cells, cells

    def _cells(self, value: Value, at: tuple[str | int, ...]) -> int:
        if whole(value) is None:
            raise self.refuse(value, at=at, help=number_help(value))
        try:
            return self.one.read(value)
        except Refusal as refusal:
            refusal.at = at
            if refusal.code == "VALUE101":
                refusal.help = "padding is never negative; `crop` removes cells"
            raise

    def write(self, value: Value) -> Value:
        return value.written() if isinstance(value, Padding) else value

    def schema(self) -> Fragment:
        cells = self.one.schema()
        sides = dict.fromkeys(self.keys, cells)
        fragment = _by_type(
            number=cells,
            text={"pattern": f"^({'|'.join((_sizes_text(0), *self.modes))})$"},
            items=_by_type(number=cells, items=cells, low=2, high=2),
        )
        fragment["type"].append("object")
        fragment |= {"properties": sides, "additionalProperties": False, "minProperties": 1}
        return fragment


class Ends(_Wholes):
    """Cells at the two ends of one axis: a number for both, or `[before, after]`. Becomes a pair."""

    words = "a whole number of at least 0, or `[before, after]`"

    def __init__(self) -> None:
        self.one = Whole(0)

    def read(self, value: Value) -> tuple[int, int]:
        if not isinstance(value, list):
            return self._item(value, ()), self._item(value, ())
        if len(value) != 2:
            raise self.refuse(value, help="a pair is `[before, after]`")
        return self._item(value[0], (0,)), self._item(value[1], (1,))

    def schema(self) -> Fragment:
        return _by_type(number=self.one.schema(), items=self.one.schema(), low=2, high=2)


class SharingKind(Kind):
    """`shared`, `local`, `{tiled: k}` or `{regions: r}`; becomes a `Sharing`."""

    words = "`shared`, `local`, `{tiled: 2}` or `{regions: 4}`"
    keys = ("tiled", "regions")

    def read(self, value: Value) -> Sharing:
        if value == "shared":
            return SHARED
        if value == "local":
            return LOCAL
        if isinstance(value, dict) and len(value) == 1:
            policy, step = next(iter(value.items()))
            if policy in self.keys:
                try:
                    return Sharing(policy, Sizes(1).read(step))
                except Refusal as refusal:
                    refusal.at = (policy, *refusal.at)
                    raise
        from analyzer.words.settings import choice_meant  # with tables that only a mistake needs

        near = choice_meant(value, ("shared", "local", *self.keys)) if isinstance(value, str) else None
        if near in self.keys:
            near = f"{{{near}: 2}}"
        raise self.refuse(value, help=f"did you mean `{near}`?" if near else None)

    def write(self, value: Value) -> Value:
        if not isinstance(value, Sharing):
            return value
        return value.policy if value.policy in ("shared", "local") else {value.policy: Sizes(1).write(value.step)}

    def schema(self) -> Fragment:
        step = Sizes(1).schema()
        return {
            "type": ["string", "object"],
            "if": {"type": "string"},
            "then": {"enum": ["shared", "local"]},
            "properties": dict.fromkeys(self.keys, step),
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        }


class VolumeKind(Kind):
    """A volume such as `7x7x512`; with `wildcard` one axis may be `?`. Becomes a tuple of sizes, depth last."""

    def __init__(self, *, wildcard: bool = False) -> None:
        self.wildcard = wildcard
        self.words = "a volume such as `7x7x512`" + (" with at most one `?`" if wildcard else "")

    def read(self, value: Value) -> tuple[int | None, ...]:
        if type(value) is int and value >= 0:
            value = str(value)
        sizes = read_sizes(value) if isinstance(value, str) else None
        if sizes is None or len(sizes) > 4 or sizes.count(None) > self.wildcard:
            raise self.refuse(value)
        for size in sizes:
            if size is not None and not 1 <= size <= LARGEST:
                raise self.refuse(value, help="every axis is from 1 to 10^15")
        return tuple(sizes)

    def write(self, value: Value) -> Value:
        if not isinstance(value, tuple):
            return value
        return "x".join("?" if size is None else str(size) for size in value)

    def schema(self) -> Fragment:
        one = f"({SIZE_TEXT}|\\?)" if self.wildcard else SIZE_TEXT
        single = "(?!.*\\?.*\\?)" if self.wildcard else ""
        return {
            "type": ["integer", "string"],
            "minimum": 1,
            "maximum": LARGEST,
            "pattern": f"^{single}{one}([x×]{one}){{0,3}}$",
        }


class Axes(Kind):
    """Axis names: one, or a list of them. Becomes a tuple. `words_too` are further words that it accepts."""

    def __init__(self, *words_too: str, single: bool = False) -> None:
        self.choices = (*_AXIS_NAMES, *words_too)
        self.single = single
        many = "" if single else ", or a list of them"
        self.words = f"an axis ({listed(self.choices)}){many}"

    def read(self, value: Value) -> tuple[str, ...]:
        names = [value] if isinstance(value, str) or self.single else value
        if not isinstance(names, list) or not names:
            raise self.refuse(value)
        for place, name in enumerate(names):
            at = (place,) if names is value else ()
            if not isinstance(name, str) or name not in self.choices:
                raise self.refuse(name, at=at, help=word_help(name, self.choices))
            if name in names[:place]:
                raise Refusal(f"names the axis `{name}` twice", code="VALUE101", at=at)
        return tuple(str(name) for name in names)

    def write(self, value: Value) -> Value:
        if not isinstance(value, tuple):
            return value
        return value[0] if len(value) == 1 else list(value)

    def schema(self) -> Fragment:
        if self.single:
            return {"enum": list(self.choices)}
        return {
            "type": ["string", "array"],
            "if": {"type": "string"},
            "then": {"enum": list(self.choices)},
            "items": {"enum": list(self.choices)},
            "minItems": 1,
            "uniqueItems": True,
        }


class Wholes(Kind):
    """A list of whole numbers, or one. Becomes a tuple."""

    words = "a list of whole numbers of at least 1, such as `[1, 2, 4]`"

    def read(self, value: Value) -> tuple[int, ...]:
        items = value if isinstance(value, list) else [value]
        if not items:
            raise self.refuse(value)
        numbers = []
        for place, item in enumerate(items):
            try:
                numbers.append(Whole(1).read(item))
            except Refusal as refusal:
                refusal.at = (place,) if isinstance(value, list) else ()
                raise
        return tuple(numbers)

    def write(self, value: Value) -> Value:
        return list(value) if isinstance(value, tuple) else value

    def schema(self) -> Fragment:
        return _by_type(number=Whole(1).schema(), items=Whole(1).schema(), high=None)


#: The kinds that take numbers and nothing else: `3*3` is 9 there, while a size of that text is meant as `3x3`.
NUMBERS = (Whole, Number, Wholes)


def axis_named(name: str, axes: tuple[str, ...], parameter: str) -> int:
    """The place of the axis `name` among a volume's `axes`. Raises `Refusal` where the volume has no such axis."""
    if name in axes:
        return axes.index(name)
    rank = len(axes) - 1
    raise Refusal(
        f"{{layer}} reads a volume without an axis `{name}`",
        code="SHAPE204",
        parameter=parameter,
        notes=[f"the axes of a {'vector' if rank == 0 else f'{rank}-D volume'} are {listed(axes, last='and')}"],
        help=f"one of {listed(axes)}",
    )


def _sizes_text(low: int) -> str:
    """A pattern of sizes for two or three axes, such as `3x5`."""
    one = SIZE_TEXT if low else f"({SIZE_TEXT}|0+)"
    return f"{one}[x×]{one}([x×]{one})?"


def _by_type(
    *, number: Fragment, text: Fragment | None = None, items: Fragment, low: int = 1, high: int | None = 3
) -> Fragment:
    """A fragment that checks a value by its JSON type, so that a mistake is reported at the wrong value itself."""
    bounds = {key: value for key, value in number.items() if key != "type"}
    fragment: Fragment = {"type": [number["type"], "array"], **bounds, "items": items, "minItems": low}
    if high is not None:
        fragment["maxItems"] = high
    if text is not None:
        fragment["type"].append("string")
        fragment |= text
    return fragment
