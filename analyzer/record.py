"""Records: plain data with named fields, declared once.

A record is a class whose annotations are its fields, in order. It has slots, a constructor that takes the fields by
position or by name, a `repr` that shows them, and can be pickled:

>>> class Point(Record, eq=True):
...     x: int
...     y: int = 0
...
...     def check(self) -> None:
...         if self.x < 0:
...             raise ValueError(f"x must be at least 0, not {self.x}")
>>> Point(3), Point(3) == Point(3, y=0)
(Point(x=3, y=0), True)
>>> Point(-1)
Traceback (most recent call last):
ValueError: x must be at least 0, not -1

`dataclasses` gives the same, but imports `inspect`, which takes as long as Python's own start
(docs/decisions/records.md). The constructor is not compiled but made of a template (constructors.py), when the first
record of its class is made.
"""

from __future__ import annotations

from analyzer.constructors import constructor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ClassVar

    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: object) -> object:
        """`typing.dataclass_transform` is for the type checker only."""
        return lambda cls: cls


#: The default of a field that has none.
_NONE = object()


class Field:
    """The default of a field that a plain value cannot express; see `field`."""

    __slots__ = ("default", "factory", "init")

    def __init__(self, default: object, factory: Callable[[], object] | None, init: bool) -> None:
        self.default = default
        self.factory = factory
        self.init = init


def field(*, default: Any = _NONE, factory: Callable[[], Any] | None = None, init: bool = True) -> Any:
    """A field with a default made by `factory` for each record, or one that the constructor does not take.

    With `init=False` and no default, `check` sets the field.
    """
    return Field(default, factory, init)


class _Fields(type):
    """Turns the annotations of a class into slots, and keeps the defaults."""

    _defaults: dict[str, object]
    _fields: tuple[str, ...]
    _taken: tuple[str, ...]
    _keywords: bool
    _checks: bool

    def __new__(
        meta, name: str, bases: tuple[type, ...], space: dict[str, Any], *, kw_only: bool = False, eq: bool = False
    ) -> _Fields:
        own = [f for f, kind in space.get("__annotations__", {}).items() if not str(kind).startswith("ClassVar")]
        fields: list[str] = []
        defaults: dict[str, object] = {}
        for base in reversed(bases):
            fields += [one for one in getattr(base, "_fields", ()) if one not in fields]
            defaults |= getattr(base, "_defaults", {})
        new = [one for one in own if one not in fields]
        defaults |= {one: space.pop(one) for one in own if one in space}
        space["__slots__"] = (*new, *space.get("__slots__", ()))
        if eq:
            space.setdefault("__eq__", _equal)
            space.setdefault("__hash__", _hashed)
        cls = super().__new__(meta, name, bases, space)
        cls._fields = (*fields, *new)
        cls._defaults = defaults
        cls._keywords = kw_only or any(getattr(base, "_keywords", False) for base in bases)
        cls._taken = tuple(one for one in cls._fields if _is_taken(defaults.get(one)))
        cls._checks = hasattr(cls, "check")
        if "__init__" not in space and (own or "check" in space):
            cls.__init__ = _first_init(cls)  # type: ignore[misc]
        return cls


def _first_init(cls: _Fields) -> Callable[..., None]:
    """Makes the real constructor when it is first called, and replaces itself with it."""

    def __init__(self: object, *values: Any, **named: Any) -> None:
        cls.__init__ = made = _made_init(cls)  # type: ignore[misc]
        made(self, *values, **named)

    return __init__


def _made_init(cls: _Fields) -> Callable[..., None]:
    """The constructor: it assigns the fields that it takes, then makes what `factory` makes, then calls `check`."""
    plain: dict[str, object] = {}
    left: list[tuple[str, Field]] = []  # the fields that an assignment of the argument does not complete
    for name, default in cls._defaults.items():
        if default.__class__ is not Field:
            plain[name] = default
        elif default.factory is not None:
            plain[name] = _NONE
            left.append((name, default))
        elif default.default is not _NONE:
            plain[name] = default.default
            if not default.init:
                left.append((name, default))
    fill = constructor(cls.__qualname__, cls._taken, defaults=plain, kw_only=cls._keywords)
    if not left and not cls._checks:
        return fill

    def __init__(self: Any, *values: Any, **named: Any) -> None:
        fill(self, *values, **named)
        for name, default in left:
            if not default.init or getattr(self, name) is _NONE:
                setattr(self, name, default.default if default.factory is None else default.factory())
        if cls._checks:
            self.check()

    return __init__


def _equal(self: Record, other: object) -> bool:
    return other.__class__ is self.__class__ and all(
        getattr(self, name) == getattr(other, name) for name in self._fields
    )


def _hashed(self: Record) -> int:
    return hash(tuple(getattr(self, name) for name in self._fields))


@dataclass_transform(eq_default=False, field_specifiers=(field, Field))
class Record(metaclass=_Fields):
    """Plain data with named fields; see the module.

    Class keywords: `kw_only` makes the constructor take names only; `eq` compares and hashes by value instead of by
    identity. The constructor calls the method `check`, which refuses wrong values and sets the fields that follow from
    others.
    """

    if TYPE_CHECKING:  # the metaclass sets them
        _fields: ClassVar[tuple[str, ...]]
        _taken: ClassVar[tuple[str, ...]]

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name, '…')!r}" for name in self._fields)
        return f"{self.__class__.__name__}({shown})"

    def but(self, **changes: Any) -> Any:
        """A copy with some fields changed. Raises what the constructor raises."""
        return self.__class__(**{**{name: getattr(self, name) for name in self._taken}, **changes})


def _is_taken(default: object) -> bool:
    """Whether the constructor takes a field with this default."""
    return not isinstance(default, Field) or default.init


#: What results offer that needs the rooms above them, by the name of the method; `analyzer/api.py` fills it.
ABOVE: dict[str, Callable[..., Any]] = {}


class Reported(Record):
    """A record that the JSON report has as an object."""

    def to_dict(self) -> dict[str, Any]:
        """This as plain data, with the keys of the JSON report."""
        found: dict[str, Any] = ABOVE["to_dict"](self)
        return found


class Printed:
    """A result that `print` shows as the command does; its `repr` is one line."""

    __slots__ = ()

    def __str__(self) -> str:
        write = ABOVE.get("text")
        return repr(self) if write is None else str(write(self))
