"""A framework's tensors as views of volumes: the operations that readers translate.

A tensor is a volume that a layer puts out, and for each axis of the framework's tensor the digits of the volume's axes
that it is made of (see `digits`). View, permute, squeeze and reshape only regroup digits, and write no layer. A layer
is written where a consumer needs other axes than the volume has: `reshape`, `flatten`, `permute` … (see `arranging`).

The batch is a digit of one sample. An axis that has only the batch is no axis of a volume. One that has other digits
too (windows or heads in the batch) is the first axis.
"""

# Longer than most modules: each operation is short, and they build on each other through one class.

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from analyzer.layers import CATALOGUE
from analyzer.loader.formats.arranging import MOST_AXES, Base, Unarranged, arrange
from analyzer.loader.formats.digits import (
    BATCH,
    Digit,
    Undivided,
    divided,
    joined,
    joined_with_batch,
    part,
    refined,
    size_of,
)
from analyzer.loader.formats.sheet import NOWHERE, Halted, Place, Sheet, Weights, Written
from analyzer.loader.formats.views import (
    Tensor,
    any_batch,
    before_batch,
    blocks,
    comes_before,
    fewer,
    first_of,
    framed,
    has_axis,
    layout_of,
    marked,
    ordered,
    places_of,
    reduction,
    sizes_of,
    slower,
    spread,
    with_batch,
)
from analyzer.volume import AXES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.loader.formats.digits import Digits


class Tensors:
    """The operations. Each takes the place of the framework's operation, and returns the tensor that it makes.

    Raises `Unarranged` where no volume has the axes that an operation needs, and `Halted` where a layer type refuses.
    """

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet

    # Where tensors come from.

    def enter(
        self, name: str, shape: Sequence[int], *, batch: int | None = 0, depth: int = -1, label: str = ""
    ) -> Tensor:
        """An input of the network. `batch` is the axis that is the batch, `depth` the one that its volume has last."""
        axes = [axis for axis in range(len(shape)) if axis != batch]
        last = depth % len(shape) if shape else 0
        order = [axis for axis in axes if axis != last] + [last] * (last in axes)
        if len(order) > MOST_AXES:
            raise Unarranged
        written = self.sheet.enter(name, [shape[axis] for axis in order] or [1], label)
        found = [
            (BATCH,) if axis == batch else (Digit(order.index(axis), 1, shape[axis]),) for axis in range(len(shape))
        ]
        return Tensor(Base.of(written), found)

    def new(
        self,
        type: str,
        inputs: Sequence[Written],
        place: Place,
        parameters: Mapping[str, Any] | None = None,
        *,
        batch: bool = True,
        tied: Written | Weights | None = None,
        frozen: bool = False,
    ) -> Tensor:
        """Any layer over volumes. The axes of the result are the batch and then those of its volume, in their order."""
        written = self.sheet.write(type, inputs, place, parameters, tied=tied, frozen=frozen)
        axes = [(Digit(axis, 1, size),) for axis, size in enumerate(written.volume.sizes)]
        return Tensor(Base.of(written), [(BATCH,), *axes] if batch else axes)

    def parameter(
        self,
        shape: Sequence[int],
        place: Place,
        *,
        trained: bool = True,
        count: int | None = None,
        frozen: bool = False,
    ) -> Tensor:
        """A tensor that the network keeps. The axes of its volume are those that its first reader needs."""
        parameters: dict[str, Any] = {} if trained else {"trained": False}
        if count is not None:
            parameters["count"] = count
        main = CATALOGUE["parameter"].main or ""

        def settle(sizes: Sequence[int]) -> Written:
            volume = {main: "x".join(map(str, sizes))}
            return self.sheet.write("parameter", [], place, {**volume, **parameters}, frozen=frozen)

        axes = [(Digit(axis, 1, size),) for axis, size in enumerate(shape)]
        return Tensor(Base(None, (), settle), axes)

    # Other axes, without a layer.

    def transpose(self, x: Tensor, order: Sequence[int]) -> Tensor:
        """The axes in another order, as numpy.transpose takes it."""
        return Tensor(x.base, [x.axes[axis] for axis in order])

    def unsqueeze(self, x: Tensor, axes: Iterable[int]) -> Tensor:
        """New axes of one cell, at these places of the result."""
        axes = list(axes)
        rank = x.rank + len(axes)
        places = {axis % rank for axis in axes}
        old = iter(x.axes)
        return Tensor(x.base, [() if axis in places else next(old) for axis in range(rank)])

    def squeeze(self, x: Tensor, axes: Iterable[int] | None = None) -> Tensor:
        """Without these axes of one cell; without all of them, where none are given."""
        gone = {i for i, n in enumerate(x.shape) if n == 1} if axes is None else {axis % x.rank for axis in axes}
        return Tensor(x.base, [digits for axis, digits in enumerate(x.axes) if axis not in gone])

    def batched(self, x: Tensor, axis: int) -> Tensor:
        """The batch as a new axis at this place."""
        return Tensor(x.base, [*x.axes[:axis], (BATCH,), *x.axes[axis:]])

    def flatten(self, x: Tensor, axis: int = 1) -> Tensor:
        """Two axes: those before `axis`, and the others."""
        axis = axis + x.rank if axis < 0 else axis
        before = [digit for digits in x.axes[:axis] for digit in digits]
        after = [digit for digits in x.axes[axis:] for digit in digits]
        return Tensor(x.base, [joined_with_batch(before), joined_with_batch(after)])

    def reshape(self, x: Tensor, shape: Sequence[int], place: Place = NOWHERE, *, samples: int = 1) -> Tensor:
        """The same elements with these sizes; one may be −1. A shape that is N times too large has a batch of N.

        `samples` is the batch that a shape with a −1 may have. Writes a `reshape` where the borders of the new axes are
        not those of digits.
        """
        digits = [digit for axis in x.axes for digit in axis]
        sizes, batch = sizes_of(digits, x.size, list(shape), samples)
        try:
            return Tensor(x.base, marked(x, with_batch(divided(digits, sizes), batch)))
        except Undivided:
            pass
        inner = [size for axis, size in enumerate(sizes) if size > 1 or axis]
        inner = inner if len(inner) <= MOST_AXES else [size for size in inner if size > 1]
        if len(inner) > MOST_AXES:
            return self._by_blocks(x, sizes, place)
        made = self.new("reshape", [self.natural(x)], place, {"to": "x".join(map(str, inner))}, batch=False)
        axes = divided([digit for axis in made.axes for digit in axis], sizes)
        if x.batch is not None:
            axes[0] = (BATCH, *axes[0])
        return Tensor(made.base, axes)

    def _by_blocks(self, x: Tensor, sizes: Sequence[int], place: Place) -> Tensor:
        """A reshape to more axes than a volume has: axes that are regrouped together are one axis of a volume.

        Of 8×7 that becomes 7×8 the volume has 56 cells, of which both are digits.
        """
        old, new = blocks(x.shape, sizes)
        while len(old) > MOST_AXES:
            old[:2], new[:2] = [old[0] + old[1]], [new[0] + new[1]]
        written = self.arranged(x, old, place)
        axes: list[Digits] = []
        for at, size in enumerate(written.volume.sizes):
            axes += divided([Digit(at, 1, size)], new[at])
        if x.batch is not None:
            axes[0] = (BATCH, *axes[0])
        return Tensor(Base.of(written), axes)

    # A volume with given axes.

    def arranged(self, x: Tensor, groups: Sequence[Sequence[int]], place: Place = NOWHERE) -> Written:
        """The volume whose axes are these groups of the tensor's axes, the depth last. The batch is no axis of it."""
        return self._arrange(x, [joined(d for axis in group for d in x.axes[axis]) for group in groups], place)

    def _arrange(self, x: Tensor, groups: Sequence[Digits], place: Place = NOWHERE) -> Written:
        return arrange(self.sheet, x.base, groups, place)

    def natural(self, x: Tensor, place: Place = NOWHERE) -> Written:
        """The volume whose axes are those of the tensor, in their order, without the batch."""
        return self.arranged(x, self.groups_of(x), place)

    def groups_of(self, x: Tensor, keep: Sequence[int] = ()) -> list[list[int]]:
        """The axes of the natural volume, as groups of the tensor's axes.

        Too many are made fewer: axes of one cell are left out first, then neighbours are put together; not those of
        `keep`, which stay by themselves.
        """
        groups = [[axis] for axis in range(x.rank) if axis in keep or not x.is_batch(axis)]
        if len(groups) > MOST_AXES:
            groups = [group for group in groups if group[0] in keep or size_of(x.axes[group[0]]) > 1]
        return fewer(groups, MOST_AXES, keep) or [[]]

    def volume(self, x: Tensor) -> Written:
        """The volume that the tensor is a view of, whatever its axes."""
        return self._settled(x).written  # type: ignore[return-value]  # `_settled` wrote it

    def output(self, x: Tensor) -> Written:
        """The volume of an output of the network: as it is where its axes are those of the tensor in some order."""
        groups = self.volume(x).volume.sizes
        own = [size for size in x.shape if size > 1]
        if sorted(own) == sorted(size for size in groups if size > 1) and x.base.written is not None:
            return x.base.written
        try:
            return self.natural(x)
        except (Unarranged, Halted):
            return self.volume(x)

    def _settled(self, x: Tensor) -> Base:
        """The base of a tensor, written now if nothing has read it yet."""
        if x.base.written is None:
            self.natural(x)
        return x.base

    # Layers.

    def pointwise(
        self,
        type: str,
        x: Tensor,
        place: Place,
        parameters: Mapping[str, Any] | None = None,
        beside: Sequence[Written] = (),
        **more: Any,
    ) -> Tensor:
        """A layer that changes each element by itself, whatever the axes. `beside` are other volumes that it reads."""
        base = self._settled(x)
        assert base.written is not None
        written = self.sheet.write(type, [base.written, *beside], place, parameters, **more)
        return Tensor(Base(written, base.groups), x.axes)

    def layer(
        self,
        type: str,
        x: Tensor,
        place: Place,
        parameters: Mapping[str, Any] | None = None,
        *,
        spatial: Sequence[int],
        depth: int,
        **more: Any,
    ) -> Tensor:
        """A layer whose volume has these axes of the tensor, such as [2, 3] and 1 of N×C×H×W.

        The result has the same axes in the same order. Windows or frames in another axis are the volume's first axis,
        over which a window has one cell.
        """
        rest = [axis for axis in range(x.rank) if axis not in (*spatial, depth) and size_of(x.axes[axis]) > 1]
        groups = ([rest] if rest else []) + [[axis] for axis in spatial] + [[depth]]
        inside = self.arranged(x, groups, place)
        given = dict(parameters or {})
        written = self.sheet.write(type, [inside], place, spread(given, len(spatial)) if rest else given, **more)
        # other axes have one cell: they are none of the new volume's
        axes: list[Digits] = [(BATCH,) if BATCH in digits else () for digits in x.axes]
        sizes = written.volume.sizes
        if rest:
            # the digits of the axes that were put together are now those of the volume's first axis
            stride = sizes[0]
            for axis in rest:
                n = size_of(x.axes[axis])
                stride //= n
                before, batch = before_batch(x.axes[axis])
                behind = n // before
                own = (Digit(0, stride * behind, before), *batch, Digit(0, stride, behind))
                axes[axis] = joined_with_batch(own)
        for place_in, axis in enumerate([*spatial, depth], len(sizes) - len(spatial) - 1):
            axes[axis] = (Digit(place_in, 1, sizes[place_in]),) if place_in >= 0 else ()
        return Tensor(Base.of(written), axes)

    def over_depth(
        self, type: str, x: Tensor, axis: int, place: Place, parameters: Mapping[str, Any] | None = None, **more: Any
    ) -> Tensor:
        """A layer over one axis of the tensor, which its volume has as the depth; the others are as they come.

        The result has the same axes; the size of `axis` may be another.
        """
        axis = x.at(axis)
        written, groups = self._depth_last(x, axis, place)
        made = self.sheet.write(type, [written], place, parameters, **more)
        return self.placed(x, groups, made, {axis: len(groups) - 1})

    def _depth_last(self, x: Tensor, axis: int, place: Place) -> tuple[Written, tuple[Digits, ...]]:
        """The volume that has an axis as its depth, and the groups of digits that are its axes."""
        own = joined(x.axes[axis])
        groups = self._groups(x)
        if groups is None or (groups[-1] != own and (own or groups[-1])):
            order = [group for group in self.groups_of(x, [axis]) if group != [axis]]
            order = fewer([group for group in order if group], MOST_AXES - 1)
            groups = (*[joined(d for a in group for d in x.axes[a]) for group in order], own)
        return self._arrange(x, groups, place), groups

    def _groups(self, x: Tensor) -> tuple[Digits, ...] | None:
        """The digits of each axis of the volume as it is; None for a tensor without a volume yet."""
        return None if x.base.written is None else x.base.groups

    def placed(self, x: Tensor, groups: Sequence[Digits], made: Written, at: Mapping[int, int]) -> Tensor:
        """The tensor of a layer over the volume with these groups; `at` has the places of the axes that it changed."""
        axes = [() if axis in at else self._moved(digits, groups) for axis, digits in enumerate(x.axes)]
        for axis, place in at.items():
            batch = [BATCH] if BATCH in x.axes[axis] else []
            axes[axis] = (*batch, Digit(place, 1, made.volume.sizes[place]))
        return Tensor(Base.of(made), axes)

    def _moved(self, digits: Digits, groups: Sequence[Digits]) -> Digits:
        """Digits of a volume as digits of the one whose axes are `groups` of them."""
        if BATCH in digits:
            at = digits.index(BATCH)
            return (*self._moved(digits[:at], groups), BATCH, *self._moved(digits[at + 1 :], groups))
        found: list[Digit] = []
        whole = joined(digits)
        if whole:
            here, there = refined([whole], groups)
            for digit in here[0]:
                for axis, group in enumerate(there):
                    if digit in group:
                        found.append(Digit(axis, size_of(group[group.index(digit) + 1 :]), digit.size))
        return joined(found)

    def over_groups(self, x: Tensor, groups: Sequence[Sequence[int]]) -> list[Digits]:
        """The axes of a tensor as digits of the volume whose axes are these groups of them."""
        digits = [joined(digit for axis in group for digit in x.axes[axis]) for group in groups]
        return [self._moved(axis, digits) for axis in x.axes]

    def is_dense(self, x: Tensor) -> bool:
        """Whether the last axis is all that a tensor has, so that a product over it is a `dense` layer."""
        return size_of(x.axes[-1]) == x.size and (x.size > 1 or x.rank <= 2)

    def linear(self, x: Tensor, place: Place, parameters: Mapping[str, Any], **more: Any) -> Tensor:
        """A product with a matrix over the last axis: `dense` where that is all there is, `linear` otherwise."""
        if self.is_dense(x):
            base = self._settled(x)
            assert base.written is not None
            made = self.sheet.write("dense", [base.written], place, parameters, **more)
            axes = [(BATCH,) if BATCH in digits else () for digits in x.axes[:-1]]
            last: Digits = (Digit(len(made.volume.sizes) - 1, 1, made.volume.depth),)
            return Tensor(Base.of(made), [*axes, (BATCH, *last) if BATCH in x.axes[-1] else last])
        return self.over_depth("linear", x, x.rank - 1, place, parameters, **more)

    # Several tensors.

    def merge(
        self, type: str, xs: Sequence[Tensor], place: Place, parameters: Mapping[str, Any] | None = None
    ) -> Tensor:
        """A layer over tensors that are broadcast as in numpy: sizes are equal or 1, from the last axis on."""
        first = xs[0]
        alike = [x.base.written for x in xs if x.base.groups == first.base.groups and x.axes == first.axes]
        volumes = [written for written in alike if written is not None]
        if len(volumes) == len(xs):  # most merges: the same views of volumes of one form
            return Tensor(Base(self.sheet.write(type, volumes, place, parameters), first.base.groups), first.axes)
        rank = max(x.rank for x in xs)
        xs = [Tensor(x.base, [()] * (rank - x.rank) + list(x.axes)) for x in xs]
        shape = [max(sizes) for sizes in zip(*(x.shape for x in xs), strict=True)] if rank else []
        for layout in self._layouts(xs, shape):
            try:
                groups = [self._in_layout(x, layout) for x in xs]
            except Undivided:
                continue
            volumes = [self._arrange(x, own, place) for x, own in zip(xs, groups, strict=True)]
            made = self.sheet.write(type, volumes, place, parameters)
            return framed(made, layout, shape, any_batch(xs), slower(xs))
        raise Unarranged

    def _layouts(self, xs: Sequence[Tensor], shape: Sequence[int], keep: Sequence[int] = ()) -> Iterable[list[Digits]]:
        """The axes that a common volume may have, as digits of the axes of a tensor of this shape: the best first.

        Those of a volume as it is, the largest first; then the tensor's own axes in their order.
        """
        for x in sorted(xs, key=lambda x: x.base.written is None or -x.size):
            layout = None if x.base.written is None else layout_of(x, shape)
            if layout is not None and all(has_axis(layout, axis) for axis in keep):
                yield layout
        axes = [axis for axis, n in enumerate(shape) if axis in keep or n > 1 or not any(x.is_batch(axis) for x in xs)]
        if len(axes) > MOST_AXES:
            axes = [axis for axis in axes if axis in keep or shape[axis] > 1]
        if len(axes) <= MOST_AXES:
            yield [(Digit(axis, 1, shape[axis]),) for axis in axes] or [()]
            return
        groups = fewer([[axis] for axis in axes], MOST_AXES, keep)
        yield [tuple(Digit(axis, 1, shape[axis]) for axis in group) for group in groups]

    def _in_layout(self, x: Tensor, layout: Sequence[Digits], joins: int | None = None) -> list[Digits]:
        """The groups of digits of a tensor that are the axes of a layout; none where it is broadcast.

        `joins` is an axis whose size is the tensor's own. Raises `Undivided` where an axis is broadcast in part.
        """
        groups: list[Digits] = []
        for group in layout:
            found: list[Digit] = []
            missing = 0
            for digit in group:
                axis = x.axes[digit.axis]
                if digit.axis == joins:
                    found += axis
                elif size_of(axis) > 1:
                    found += part(axis, digit.stride, digit.size)
                else:
                    missing += digit.size > 1
            if missing and joined(found):
                raise Undivided
            groups.append(joined(found))
        return groups

    def concat(self, xs: Sequence[Tensor], axis: int, place: Place) -> Tensor:
        """The tensors one behind the other along an axis."""
        rank = max(x.rank for x in xs)
        axis = range(rank)[axis]
        shape = list(max(xs, key=lambda x: x.size).shape)
        shape[axis] = max(x.shape[axis] for x in xs)
        for layout in self._layouts(xs, shape, [axis]):
            try:
                volumes = [self._in_layout(x, layout, axis) for x in xs]
            except Undivided:
                continue
            at = next(place for place, group in enumerate(layout) if any(d.axis == axis for d in group))
            name = (*AXES[len(layout) - 1], "depth")[at]
            parameters = {} if name == "depth" else {"axis": name}
            made = self.sheet.write(
                "concat", [self._arrange(x, v, place) for x, v in zip(xs, volumes, strict=True)], place, parameters
            )
            shape[axis] = sum(x.shape[axis] for x in xs)
            layout[at] = (Digit(axis, 1, shape[axis]),)
            return framed(made, layout, shape, any_batch(xs, axis))
        raise Unarranged

    def on_axis(
        self,
        type: str,
        x: Tensor,
        axis: int,
        place: Place,
        parameters: Mapping[str, Any] | None = None,
        beside: Sequence[Written] = (),
        **more: Any,
    ) -> Tensor:
        """A layer with a parameter `axis` that names one axis of the volume, which has that tensor's axis by itself.

        `axis` is left out of the parameters where it is the depth and the type's default is the depth. `beside` are
        other volumes that it reads.
        """
        axis = x.at(axis)
        written, groups, (at,) = self.by_itself(x, [axis], place)
        name = (*AXES[len(groups) - 1], "depth")[at]
        default = CATALOGUE[type].declared["axis"].default == ("depth",)
        given = {**({} if name == "depth" and default else {"axis": name}), **(parameters or {})}
        made = self.sheet.write(type, [written, *beside], place, given, **more)
        return self.placed(x, groups, made, {axis: at})

    def by_itself(
        self, x: Tensor, axes: Sequence[int], place: Place
    ) -> tuple[Written, tuple[Digits, ...], tuple[int, ...]]:
        """A volume that has each of these axes by itself, the groups of its axes, and which of them they are."""
        owns = [joined(x.axes[axis]) for axis in axes]
        groups = self._turned(x, owns)
        if groups is not None:
            return self._arrange(x, groups, place), groups, tuple(groups.index(own) for own in owns)
        order = self._depth_kept(x, self.groups_of(x, axes))
        groups = tuple(joined(d for a in group for d in x.axes[a]) for group in order)
        return self._arrange(x, groups, place), groups, tuple(order.index([axis]) for axis in axes)

    def _turned(self, x: Tensor, owns: Sequence[Digits]) -> tuple[Digits, ...] | None:
        """The axes of the volume as it is, those of the same digits in another order replaced by `owns`.

        None where some of `owns` have other digits than an axis: planes that are shuffled stay the depth.
        """
        found = list(self._groups(x) or ())
        for own in owns:
            same = [at for at, group in enumerate(found) if own and ordered(group) == ordered(own)]
            if not same:
                return None
            found[same[0]] = own
        return tuple(found) if found and all(own in found for own in owns) else None

    def _depth_kept(self, x: Tensor, order: list[list[int]]) -> list[list[int]]:
        """The groups with that last which has the depth of the volume as it is."""
        last = (self._groups(x) or ((),))[-1]
        if not last:
            return order
        has = [group for group in order if any(last[-1].axis == d.axis and d.stride == last[-1].stride
               for axis in group for d in joined(x.axes[axis]))]  # fmt: skip
        return order if len(has) != 1 else [*(group for group in order if group is not has[0]), has[0]]

    def slice(self, x: Tensor, axis: int, start: int, stop: int, step: int, place: Place) -> Tensor:
        """Every `step`-th cell of an axis, from `start` up to and without `stop`, both within it; `step` above 0."""
        axis = x.at(axis)
        size = x.shape[axis]
        if (start, step) == (0, 1) and stop == size:
            return x
        groups, own = self._groups(x), joined(x.axes[axis])
        for at, group in enumerate(groups or ()):
            # the most significant digit of an axis of the volume: a range of it is a range of that axis
            if step == 1 and len(group) > 0 and len(own) == 1 and own[0] == first_of(group, own[0]):
                stride = size_of(group) // own[0].size
                return self._sliced(x, groups or (), at, (start * stride, stop * stride), axis, stop - start, place)
        parameters = {"start": start, "stop": stop, **({"step": step} if step > 1 else {})}
        return self.on_axis("slice", x, axis, place, parameters)

    def _sliced(
        self,
        x: Tensor,
        groups: Sequence[Digits],
        at: int,
        bounds: tuple[int, int],
        axis: int,
        size: int,
        place: Place,
    ) -> Tensor:
        """A range of the most significant digit of one axis of the volume."""
        name = (*AXES[len(groups) - 1], "depth")[at]
        parameters: dict[str, Any] = {"start": bounds[0], "stop": bounds[1]}
        if name != "depth":
            parameters["axis"] = name
        made = self.sheet.write("slice", [self._arrange(x, groups, place)], place, parameters)
        axes = [self._moved(digits, groups) for digits in x.axes]
        axes[axis] = joined((Digit(at, (bounds[1] - bounds[0]) // size, size),)) or (Digit(at, 1, 1),)
        if BATCH in x.axes[axis]:
            axes[axis] = (BATCH, *axes[axis])
        return Tensor(Base.of(made), axes)

    def expand(self, x: Tensor, shape: Sequence[int], place: Place) -> Tensor:
        """Broadcast to a shape, as in numpy: axes of one cell are repeated with a `tile` where they grow."""
        rank = max(x.rank, len(shape))
        x = Tensor(x.base, [()] * (rank - x.rank) + list(x.axes))
        sizes = [1] * (rank - len(shape)) + list(shape)
        for axis, (old, new) in enumerate(zip(x.shape, sizes, strict=True)):
            if old == 1 and new > 1:
                x = self.on_axis("tile", x, axis, place, {"count": new})
        return x

    def reduce(self, x: Tensor, op: str, axes: Sequence[int], keep: bool, place: Place) -> Tensor:
        """One number of the cells along axes: `mean`, `global_avg_pool` and `global_max_pool`, or `reduce`."""
        gone = sorted(x.at(axis) for axis in axes)
        digits = [joined(x.axes[axis]) for axis in gone]
        groups = self._groups(x)
        named = None if groups is None else places_of(groups, digits)
        if groups is None or named is None:
            order = self.groups_of(x, [a for a in gone if size_of(x.axes[a]) > 1])
            groups = tuple(joined(d for a in group for d in x.axes[a]) for group in order)
            named = places_of(groups, digits) or []
        made = self._arrange(x, groups, place)
        if named:
            type, parameters = reduction(op, named, len(groups))
            made = self.sheet.write(type, [made], place, parameters)
        found: list[Digits] = []
        for axis, old in enumerate(x.axes):
            moved = self._moved(old, groups)
            if axis not in gone:
                found.append(moved)
            elif keep:
                mark = next((Digit(digit.axis, 1, 1) for digit in moved if digit != BATCH), None)
                found.append(((BATCH,) if BATCH in old else ()) + (() if mark is None else (mark,)))
        return Tensor(Base.of(made), found)

    def matmul(self, a: Tensor, b: Tensor, place: Place, parameters: Mapping[str, Any] | None = None) -> Tensor:
        """…×T×K by …×K×U, the leading axes broadcast; a vector is a matrix of one row, or of one column."""
        row, column = a.rank == 1, b.rank == 1
        a = self.unsqueeze(a, [0]) if row else a
        b = self.unsqueeze(b, [-1]) if column else b
        rank = max(a.rank, b.rank)
        a, b = (Tensor(x.base, [()] * (rank - x.rank) + list(x.axes)) for x in (a, b))
        lead = [max(pair) for pair in zip(a.shape[:-2], b.shape[:-2], strict=True)]
        axes = [axis for axis, n in enumerate(lead) if n > 1]
        same = all(a.shape[axis] == b.shape[axis] for axis in axes)
        groups = [[axis] for axis in axes]
        if len(groups) > MOST_AXES - 2:
            if not same:
                raise Unarranged
            groups = fewer(groups, MOST_AXES - 2)
        left = self.arranged(a, [*groups, [rank - 2], [rank - 1]], place)
        turned = comes_before(b, rank - 1, rank - 2)
        order = [[rank - 1], [rank - 2]] if turned else [[rank - 2], [rank - 1]]
        right = self.arranged(b, [*groups, *order], place)
        given = {**({"transpose": True} if turned else {}), **(parameters or {})}
        made = self.sheet.write("matmul", [left, right], place, given)
        shape = [*lead, a.shape[-2], b.shape[-1]]
        layout = [tuple(Digit(axis, 1, shape[axis]) for axis in group) for group in (*groups, [rank - 2], [rank - 1])]
        found = framed(made, layout, shape, any_batch([a, b]))
        gone = [axis for axis, is_gone in ((rank - 2, row), (rank - 1, column)) if is_gone]
        return self.squeeze(found, gone) if gone else found

    def softmax(self, type: str, x: Tensor, axis: int, place: Place) -> Tensor:
        """`softmax` and `log_softmax` over one axis of the tensor."""
        return self.on_axis(type, x, axis, place)
