"""What the templates of every library are made with: a layer of a known type, and arguments without defaults."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from analyzer.engine.network import Node
from analyzer.layers import Layer
from analyzer.layers.padding import Pairs
from analyzer.layers.windows import Window
from analyzer.loader.writing.code.template import Built, Template

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    L = TypeVar("L", bound=Layer)


def template(kind: type[L], make: Callable[[L, Node], Built]) -> Template:
    """A template for layers of one class, whose parameters `make` reads by their names."""

    def made(node: Node) -> Built:
        if not isinstance(node.layer, kind):
            raise TypeError(f"this template is for {kind.type}, not for {node.layer.type}")
        return make(node.layer, node)

    return made


def alike(sizes: Sequence[int]) -> int | tuple[int, ...]:
    """Sizes of the axes as libraries take them: one number where all are equal."""
    return sizes[0] if len(set(sizes)) == 1 else tuple(sizes)


def options(**named: object) -> dict[str, object]:
    """Arguments by name, without those that are None: a template gives None for what is the library's default."""
    return {name: value for name, value in named.items() if value is not None}


def unless(value: object, default: object) -> object | None:
    """A value for `options`: None where it is the library's default."""
    return None if value == default else value


def reached(window: Window, node: Node) -> Pairs:
    """The padding with the cells that a last window reads beyond it, where the number of windows is rounded up."""
    found = []
    for axis, (size, length) in enumerate(zip(node.flow.input.spatial, node.output.spatial, strict=True)):
        before, after = window.padding[axis]
        end = (length - 1) * window.stride[axis] + window.span(axis) - size - before
        found.append((before, max(after, end)))
    return tuple(found)
