"""What one layer becomes in code: the answer of a template, which a writer has for each layer type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum

from analyzer.engine.network import Node
from analyzer.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Layout(Enum):
    """Where a layer wants the depth of what it reads; it puts it out in the same place."""

    ANY = "any"
    FIRST = "first"
    LAST = "last"


class Code(str):
    """A piece of Python that is written as it is: `nn.init.zeros_`, `torch.float32`. Other texts become literals."""

    __slots__ = ()


class Built(Record):
    """What one layer becomes.

    call        what is constructed once: `nn.Conv2d`; empty where `forward` says everything; `nn.Parameter` and
                `nn.Buffer` take the sizes of their tensor, and its `dtype`
    positional  the values of its arguments without a name
    named       the values of its arguments by name, without those that are its defaults
    forward     the expression of one pass: `{self}` is what was constructed, `{0}`, `{1}` … the volumes that are read,
                `{all}` all of them with commas between
    layout      where the depth of the volumes is
    result      where the depth of the output is, if not where `layout` says
    needs       names of the helpers that it uses, whose text the file then has
    values      values in `forward` that may differ between the members of a block, by the names used there
    last        what it becomes instead where the depth of what it reads is last; this one is then for a depth that is
                first, and its layout is `ANY`
    """

    call: str = ""
    positional: tuple[Any, ...] = ()
    named: Mapping[str, Any] = field(factory=dict)
    forward: str = "{self}({0})"
    layout: Layout = Layout.ANY
    result: Layout | None = None
    needs: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(factory=dict)
    last: Built | None = None


class NoTemplate(Exception):
    """A layer has no counterpart with these parameters; the text says why."""


#: A template: what a placed layer becomes.
Template = Callable[[Node], Built]
