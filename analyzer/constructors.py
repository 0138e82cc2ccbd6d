"""Constructors that assign their arguments to fields of the same names, without compiling anything.

A constructor is a template with as many fields, whose code gets other names:

>>> class Point:
...     __init__ = constructor("Point", ("x", "y"), defaults={"y": 0})
>>> Point(3).x, Point(3).y
(3, 0)

The templates are compiled when the package is installed. To compile the source of a constructor at each start, as
`dataclasses` does, takes 60 µs for each class; to rename takes 2.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


def constructor(
    owner: str, fields: tuple[str, ...], *, defaults: Mapping[str, object], kw_only: bool = False
) -> Callable[..., None]:
    """A function that assigns its arguments to `fields` of its first one; `owner` is the class named in its errors.

    Raises TypeError for a field without a default behind one with a default, and for more fields than any template
    has.
    """
    if len(fields) >= len(_TEMPLATES):
        raise TypeError(f"{owner} has {len(fields)} fields; add a template for as many")
    template: Any = _TEMPLATES[len(fields)]
    code = template.__code__.replace(co_varnames=("self", *fields), co_names=fields, co_name="__init__")
    if kw_only:
        code = code.replace(co_argcount=1, co_kwonlyargcount=len(fields))
    made = type(template)(code, {}, "__init__")
    if kw_only:
        made.__kwdefaults__ = {name: defaults[name] for name in fields if name in defaults}
    else:
        given = [name in defaults for name in fields]
        if given != sorted(given):
            raise TypeError(f"{owner} has a field without a default behind one with a default")
        made.__defaults__ = tuple(defaults[name] for name in fields if name in defaults)
    made.__qualname__ = f"{owner}.__init__"
    return made  # type: ignore[no-any-return]


# One shape, 23 times: a template a line is easier to read than a page of arguments.
# fmt: off
def _with_0(self: Any) -> None:
    pass


def _with_1(self: Any, v1: Any) -> None:
    self.v1 = v1


def _with_2(self: Any, v1: Any, v2: Any) -> None:
    self.v1, self.v2 = v1, v2


def _with_3(self: Any, v1: Any, v2: Any, v3: Any) -> None:
    self.v1, self.v2, self.v3 = v1, v2, v3


def _with_4(self: Any, v1: Any, v2: Any, v3: Any, v4: Any) -> None:
    self.v1, self.v2, self.v3, self.v4 = v1, v2, v3, v4


def _with_5(self: Any, v1: Any, v2: Any, v3: Any, v4: Any, v5: Any) -> None:
    self.v1, self.v2, self.v3, self.v4, self.v5 = v1, v2, v3, v4, v5


def _with_6(self: Any, v1: Any, v2: Any, v3: Any, v4: Any, v5: Any, v6: Any) -> None:
    self.v1, self.v2, self.v3, self.v4, self.v5, self.v6 = v1, v2, v3, v4, v5, v6


def _with_7(self: Any, v1: Any, v2: Any, v3: Any, v4: Any, v5: Any, v6: Any, v7: Any) -> None:
    self.v1, self.v2, self.v3, self.v4, self.v5, self.v6, self.v7 = v1, v2, v3, v4, v5, v6, v7


def _with_8(self: Any, v1: Any, v2: Any, v3: Any, v4: Any, v5: Any, v6: Any, v7: Any, v8: Any) -> None:
    self.v1, self.v2, self.v3, self.v4, self.v5, self.v6, self.v7, self.v8 = v1, v2, v3, v4, v5, v6, v7, v8


def _with_9(self: Any, v1: Any, v2: Any, v3: Any, v4: Any, v5: Any, v6: Any, v7: Any, v8: Any, v9: Any) -> None:
    self.v1, self.v2, self.v3, self.v4, self.v5, self.v6, self.v7, self.v8, self.v9 = v1, v2, v3, v4, v5, v6, v7, v8, v9


def _with_10(self: Any, v1: Any, v2: Any, v3: Any, v4: Any, v5: Any, v6: Any, v7: Any, v8: Any, v9: Any, v10: Any) -> None:
    self.v1, self.v2, self.v3, self.v4, self.v5, self.v6, self.v7, self.v8, self.v9, self.v10 = v1, v2, v3, v4, v5, v6, v7, v8, v9, v10


def _with_11(self: Any, v1: Any, v2: Any, v3: Any, v4: Any, v5: Any, v6: Any, v7: Any, v8: Any, v9: Any, v10: Any, v11: Any) -> None:
    self.v1, self.v2, self.v3, self.v4, self.v5, self.v6, self.v7, self.v8, self.v9, self.v10, self.v11 = v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11


def _with_12(self: Any, v1: Any, v2: Any, v3: Any, v4: Any, v5: Any, v6: Any, v7: Any, v8: Any, v9: Any, v10: Any, v11: Any, v12: Any) -> None:
    self.v1, self.v2, self.v3, self.v4, self.v5, self.v6, self.v7, self.v8, self.v9, self.v10, self.v11, self.v12 = v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12


def _with_13(self: Any, v1: Any, v2: Any, v3: Any, v4: Any, v5: Any, v6: Any, v7: Any, v8: Any, v9: Any, v10: Any, v11: Any, v12: Any, v13: Any) -> None:
    self.v1, self.v2, self.v3, self.v4, self.v5, self.v6, self.v7, self.v8, self.v9, self.v10, self.v11, self.v12, self.v13 = v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13


def _with_14(self: Any, v1: Any, v2: Any, v3: Any, v4: Any, v5: Any, v6: Any, v7: Any, v8: Any, v9: Any, v10: Any, v11: Any, v12: Any, v13: Any, v14: Any) -> None:
    self.v1, self.v2, self.v3, self.v4, self.v5, self.v6, self.v7, self.v8, self.v9, self.v10, self.v11, self.v12, self.v13, self.v14 = v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14


def _with_15(self: Any, v1: Any, v2: Any, v3: Any, v4: Any, v5: Any, v6: Any, v7: Any, v8: Any, v9: Any, v10: Any, v11: Any, v12: Any, v13: Any, v14: Any, v15: Any) -> None:
    self.v1, self.v2, self.v3, self.v4, self.v5, self.v6, self.v7, self.v8, self.v9, self.v10, self.v11, self.v12, self.v13, self.v14, self.v15 = v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15


def _with_16(self: Any, v1: Any, v2: Any, v3: Any, v4: Any, v5: Any, v6: Any, v7: Any, v8: Any, v9: Any, v10: Any, v11: Any, v12: Any, v13: Any, v14: Any, v15: Any, v16: Any) -> None:
    self.v1, self.v2, self.v3, self.v4, self.v5, self.v6, self.v7, self.v8, self.v9, self.v10, self.v11, self.v12, self.v13, self.v14, self.v15, self.v16 = v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15, v16


def _with_17(self: Any, v1: Any, v2: Any, v3: Any, v4: Any, v5: Any, v6: Any, v7: Any, v8: Any, v9: Any, v10: Any, v11: Any, v12: Any, v13: Any, v14: Any, v15: Any, v16: Any, v17: Any) -> None:
    self.v1, self.v2, self.v3, self.v4, self.v5, self.v6, self.v7, self.v8, self.v9, self.v10, self.v11, self.v12, self.v13, self.v14, self.v15, self.v16, self.v17 = v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15, v16, v17


def _with_18(self: Any, v1: Any, v2: Any, v3: Any, v4: Any, v5: Any, v6: Any, v7: Any, v8: Any, v9: Any, v10: Any, v11: Any, v12: Any, v13: Any, v14: Any, v15: Any, v16: Any, v17: Any, v18: Any) -> None:
    self.v1, self.v2, self.v3, self.v4, self.v5, self.v6, self.v7, self.v8, self.v9, self.v10, self.v11, self.v12, self.v13, self.v14, self.v15, self.v16, self.v17, self.v18 = v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15, v16, v17, v18


def _with_19(self: Any, v1: Any, v2: Any, v3: Any, v4: Any, v5: Any, v6: Any, v7: Any, v8: Any, v9: Any, v10: Any, v11: Any, v12: Any, v13: Any, v14: Any, v15: Any, v16: Any, v17: Any, v18: Any, v19: Any) -> None:
    self.v1, self.v2, self.v3, self.v4, self.v5, self.v6, self.v7, self.v8, self.v9, self.v10, self.v11, self.v12, self.v13, self.v14, self.v15, self.v16, self.v17, self.v18, self.v19 = v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15, v16, v17, v18, v19


def _with_20(self: Any, v1: Any, v2: Any, v3: Any, v4: Any, v5: Any, v6: Any, v7: Any, v8: Any, v9: Any, v10: Any, v11: Any, v12: Any, v13: Any, v14: Any, v15: Any, v16: Any, v17: Any, v18: Any, v19: Any, v20: Any) -> None:
    self.v1, self.v2, self.v3, self.v4, self.v5, self.v6, self.v7, self.v8, self.v9, self.v10, self.v11, self.v12, self.v13, self.v14, self.v15, self.v16, self.v17, self.v18, self.v19, self.v20 = v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15, v16, v17, v18, v19, v20


def _with_21(self: Any, v1: Any, v2: Any, v3: Any, v4: Any, v5: Any, v6: Any, v7: Any, v8: Any, v9: Any, v10: Any, v11: Any, v12: Any, v13: Any, v14: Any, v15: Any, v16: Any, v17: Any, v18: Any, v19: Any, v20: Any, v21: Any) -> None:
    self.v1, self.v2, self.v3, self.v4, self.v5, self.v6, self.v7, self.v8, self.v9, self.v10, self.v11, self.v12, self.v13, self.v14, self.v15, self.v16, self.v17, self.v18, self.v19, self.v20, self.v21 = v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15, v16, v17, v18, v19, v20, v21


def _with_22(self: Any, v1: Any, v2: Any, v3: Any, v4: Any, v5: Any, v6: Any, v7: Any, v8: Any, v9: Any, v10: Any, v11: Any, v12: Any, v13: Any, v14: Any, v15: Any, v16: Any, v17: Any, v18: Any, v19: Any, v20: Any, v21: Any, v22: Any) -> None:
    self.v1, self.v2, self.v3, self.v4, self.v5, self.v6, self.v7, self.v8, self.v9, self.v10, self.v11, self.v12, self.v13, self.v14, self.v15, self.v16, self.v17, self.v18, self.v19, self.v20, self.v21, self.v22 = v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15, v16, v17, v18, v19, v20, v21, v22


#: The template for each number of fields.
_TEMPLATES = (
    _with_0, _with_1, _with_2, _with_3, _with_4, _with_5,
    _with_6, _with_7, _with_8, _with_9, _with_10, _with_11,
    _with_12, _with_13, _with_14, _with_15, _with_16, _with_17,
    _with_18, _with_19, _with_20, _with_21, _with_22,
)
# fmt: on
