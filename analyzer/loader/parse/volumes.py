"""What a volume that is not written as one means: a list, a tuple, a shape of another framework."""

from __future__ import annotations

import re
from collections.abc import Sequence as Sizes

from analyzer.loader.text.tree import Scalar, Sequence, Tree
from analyzer.volume import AXES

#: A longer text is no volume in other signs.
_LONGEST = 80

#: Names of the batch and of open sizes in the shapes of other frameworks.
_OPEN = ("?", "-1", "none", "null", "~", "n", "b", "bs", "batch", "batch_size")

#: The most planes that an image has, and less than any of its sides.
_PLANES = 4

#: The most axes of a volume, depth included.
_MOST = len(AXES)


def volume_help(text: str, *, ordered: bool = False) -> str | None:
    """The volume that a text means, which has its numbers between other signs: `[3, 48, 32]`, `32 x 32 x 3`.

    `ordered` says that the order of the axes is not in doubt. None where the text has other words too.

    >>> volume_help("(3, 48, 32)")
    'write `48x32x3`: a volume is height x width x depth'
    """
    sizes = _sizes(text)
    if ordered:
        return _advice([sizes]) if 0 < len(sizes) <= _MOST else None
    open_batch = len(sizes) > 1 and sizes[0] is None and (len(sizes) >= _MOST or None not in sizes[1:])
    if open_batch:
        sizes = sizes[1:]
    known = [size for size in sizes if size is not None]
    if not known or min(known) < 1 or len(known) > _MOST + 1:
        return None
    if len(known) < len(sizes):
        return "write a number for each open size, such as `224x224x3`; `--input` overrides them"
    if open_batch or len(known) != _MOST:
        batch = open_batch or len(known) > _MOST
        return _advice(_orders(known[-_MOST:]), batch=batch)
    return _batch_or_time(known)


def volume_meant(text: str) -> str | None:
    """The likeliest volume that a text means; None where it has other words too.

    >>> volume_meant("None, 48, 32, 3")
    '48x32x3'
    """
    sizes = _sizes(text)
    known = [size for size in (sizes[1:] if sizes[:1] == [None] else sizes) if size is not None]
    return "x".join(map(str, _orders(known)[0])) if 0 < len(known) <= _MOST else None


def listed_sizes(tree: Tree) -> str:
    """The text of a list of sizes, for `volume_help`; a list in it is written out.

    A long list has more sizes than any volume: its end does not matter.
    """
    items = tree.items[: _LONGEST // 2] if isinstance(tree, Sequence) else [tree]
    return ",".join((item.text or "null") if isinstance(item, Scalar) else _inner(item) for item in items)


def _inner(tree: Tree) -> str:
    items = tree.items if isinstance(tree, Sequence) else []
    return ",".join(item.text or "null" if isinstance(item, Scalar) else "…" for item in items[:_LONGEST])


def _sizes(text: str) -> list[int | None]:
    """The sizes in a text, None for an open one; no sizes where it has another word."""
    if len(text) > _LONGEST:
        return []
    bare = re.sub(r"^\s*[A-Za-z_.]+\s*\(", "(", text)  # torch.Size([3, 48, 32])
    words = [word for word in re.split(r"[\s\[\](),;*×xX]+", bare) if word]
    if not all(word.isascii() and (word.isdigit() or word.lower() in _OPEN) for word in words):
        return []
    return [int(word) if word.isdigit() else None for word in words]


def _orders(sizes: list[int]) -> list[list[int]]:
    """The volumes that sizes without a batch may mean, the likeliest first."""
    moved = [*sizes[1:], sizes[0]]
    if len(sizes) == 2 and sizes[0] == 1:
        return [moved, sizes[1:]]
    if _depth_leads(sizes):
        return [moved]
    if len(sizes) == 3 and sizes[1] == sizes[2] != sizes[0] and min(sizes) > _PLANES:
        return [moved, sizes]  # 64 maps of 56×56, or 64 rows of 56 cells
    return [[*sizes, 1], sizes] if len(sizes) == 2 and min(sizes) > _PLANES else [sizes]


def _depth_leads(sizes: Sizes[int]) -> bool:
    """Whether the first size looks like the planes of an image or of a sound."""
    return len(sizes) > 1 and sizes[0] <= _PLANES < min(sizes[1:])


def _batch_or_time(sizes: list[int]) -> str:
    """The advice about four sizes, of which the first is a batch, the time or the depth."""
    first, rest = sizes[0], sizes[1:]
    if first == 1 or _depth_leads(rest):
        return _advice(_orders(rest), batch=True)
    if _depth_leads(sizes):
        return _advice(_orders(sizes))
    if rest[1] == rest[2] != rest[0] and min(rest) > _PLANES:
        return _advice(_orders(rest), batch=True)
    image, video = ("x".join(map(str, volume)) for volume in (rest, sizes))
    return f"write `{image}` if {first} is the batch, or `{video}` if it is the time"


def _advice(volumes: Sizes[Sizes[int | None]], *, batch: bool = False) -> str:
    """The advice to write one of these volumes."""
    texts = [f"`{'x'.join('?' if size is None else str(size) for size in volume)}`" for volume in volumes]
    orders = [" x ".join((*AXES[len(volume) - 1], "depth")) if len(volume) > 1 else "a vector" for volume in volumes]
    without = ", without the batch" if batch else ""
    if len(set(orders)) > 1:
        return f"write {' or '.join(f'{text} ({order})' for text, order in zip(texts, orders, strict=True))}{without}"
    what = orders[0] if orders[0] == "a vector" else f"a volume is {orders[0]}"
    return f"write {' or '.join(texts)}: {what}{without}"
