"""Window arithmetic, once, for every layer that slides a kernel over a volume, in 1-D, 2-D and 3-D.

With input size W, kernel F, dilation d, stride S and padding P_before, P_after on one axis:

    F_eff = d·(F − 1) + 1
    O     = ⌊(W − F_eff + P_before + P_after)/S⌋ + 1

Every axis is independent. A window that does not fit is refused before anything is divided.

Sources: torch.nn.Conv2d "Shape"; TensorFlow "same"; measured on torch 2.13.0, Keras 3.15.1, ONNX 1.23.2, onnxruntime 1.32.0.
"""

from __future__ import annotations

from analyzer.diagnostics import BEFORE, Refusal
from analyzer.volume import AXES, LARGEST, Volume, pretty_sizes

#: Padding cells before and after, on each axis.
Pairs = tuple[tuple[int, int], ...]


class Padding:
    """Padding as written: numbers for each side, or a mode that depends on the input.

    `mode` is `explicit`, `same`, `same_lower` or `causal`.
    """

    __slots__ = ("_cells", "_sides", "mode")

    def __init__(
        self,
        mode: str,
        cells: int | tuple[tuple[int, int], ...] = 0,
        sides: dict[str, int] | None = None,
    ) -> None:
        self.mode = mode
        self._cells = cells
        self._sides = sides

    @classmethod
    def explicit(cls, cells: int | tuple[tuple[int, int], ...]) -> Padding:
        """The same number of cells on every side, or (before, after) for each axis."""
        return cls("explicit", cells)

    @classmethod
    def sides(cls, cells: dict[str, int]) -> Padding:
        """Cells by side: top, bottom, left, right, front, back; what is left out is 0."""
        return cls("explicit", sides=cells)

    def pairs(self, rank: int) -> Pairs:
        """Cells before and after on each axis, for explicit padding; refuses a spelling for another rank."""
        if self._sides is not None:
            return self._by_side(self._sides, rank)
        if isinstance(self._cells, int):
            return ((self._cells, self._cells),) * rank
        if len(self._cells) != rank:
            raise wrong_rank("padding", len(self._cells), rank)
        return self._cells

    @staticmethod
    def _by_side(sides: dict[str, int], rank: int) -> Pairs:
        names = (("front", "back"), ("top", "bottom"), ("left", "right"))[3 - rank :] if rank > 1 else ()
        known = [side for pair in names for side in pair]
        for side in sides:
            if side not in known:
                raise Refusal(
                    f"{{layer}} reads a {rank}-D volume, which has no side `{side}`"
                    if rank
                    else "{layer} reads a vector, which has no sides to pad",
                    code="SHAPE203",
                    parameter="padding",
                    at=(side,),
                    help="in 1-D, `[[before, after]]`" if rank == 1 else None,
                )
        return tuple((sides.get(before, 0), sides.get(after, 0)) for before, after in names)

    def resolve(
        self,
        spatial: tuple[int, ...],
        kernel: tuple[int, ...],
        stride: tuple[int, ...],
        dilation: tuple[int, ...],
    ) -> Pairs:
        """Cells before and after on each axis of a convolution or pool over `spatial`.

        same: O = ⌈W/S⌉, total = max((O − 1)·S + F_eff − W, 0), the odd cell after (`same_lower`: before);
        causal: F_eff − 1 before, none after, 1-D only.
        """
        if self.mode == "explicit":
            return self.pairs(len(spatial))
        if self.mode == "causal":
            if len(spatial) != 1:
                raise Refusal(
                    f"{{layer}} pads causally, which only a 1-D volume allows; its input has {len(spatial)} spatial axes",
                    code="SHAPE203",
                    parameter="padding",
                    help="`same`, or explicit numbers for each side",
                )
            return ((dilation[0] * (kernel[0] - 1), 0),)
        pairs = []
        for size, window, step, spread in zip(spatial, kernel, stride, dilation, strict=True):
            total = max((-(-size // step) - 1) * step + effective(window, spread) - size, 0)
            small, large = total // 2, total - total // 2
            pairs.append((large, small) if self.mode == "same_lower" else (small, large))
        return tuple(pairs)

    def balanced(self, pairs: Pairs, stride: tuple[int, ...]) -> Pairs:
        """The padding as it is written for a window that takes one number an axis, where one gives the same output.

        `same` with a stride above 1 puts out ⌈n/S⌉ with the larger of its two sides on both: what that adds is less than
        a stride. Where the step is 1, and where the sides were written, it stays.
        """
        if self.mode not in ("same", "same_lower"):
            return pairs
        return tuple((max(pair), max(pair)) if step > 1 else pair for pair, step in zip(pairs, stride, strict=True))

    def __str__(self) -> str:
        """As in the kind column of the table: `same`, `1`, `1×2`, `1:2` for (before, after)."""
        if self.mode != "explicit":
            return self.mode
        if self._sides is not None:
            return ",".join(f"{side} {cells}" for side, cells in self._sides.items())
        if isinstance(self._cells, int):
            return str(self._cells)
        return "×".join(str(b) if b == a else f"{b}:{a}" for b, a in self._cells)


def effective(kernel: int, dilation: int) -> int:
    """F_eff: the cells a dilated kernel spans."""
    return dilation * (kernel - 1) + 1


def per_axis(value: int | tuple[int, ...], rank: int, parameter: str) -> tuple[int, ...]:
    """A size parameter for each of `rank` spatial axes; one number stands for all."""
    if isinstance(value, int):
        return (value,) * rank
    if len(value) != rank:
        raise wrong_rank(parameter, len(value), rank)
    return value


def times(value: int | tuple[int, ...]) -> str:
    """A size parameter as written: `3`, `3×5`."""
    return str(value) if isinstance(value, int) else pretty_sizes(value)


def wrong_rank(parameter: str, given: int, rank: int) -> Refusal:
    """The refusal of a parameter with sizes for another number of axes."""
    axes = ", ".join(AXES[rank])
    where = f"a {rank}-D volume ({axes})" if rank else "a vector, which has no spatial axis"
    numbers = "1 number" if given == 1 else f"{given} numbers"
    return Refusal(
        f"{parameter} of {{layer}} has {numbers}, and its input is {where}",
        code="SHAPE203",
        parameter=parameter,
        help=f"one number for all axes, or {rank}" if rank else None,
    )


def needs_axes(volume: Volume, what: str) -> None:
    """Refuses a vector where a layer slides over spatial axes."""
    if not volume.spatial:
        raise Refusal(
            f"{{layer}} {what} spatial axes, and its input is a vector of {volume.depth}",
            code="SHAPE205",
            help="`reshape` gives a vector axes, for example `reshape: 1x1x?`",
        )


def window_count(
    size: int, kernel: int, stride: int, dilation: int, pair: tuple[int, int], rounding: str = "floor"
) -> int:
    """O on one axis; 0 or less where not even one window fits.

    floor: the formula. ceil: ⌈…⌉ + 1, less one where the last window would start beyond the input and its padding before.
    caffe: ⌈…⌉ + 1 without that last step; `slide` says `ceil` instead where there is padding.
    """
    before, after = pair
    room = size + before + after - effective(kernel, dilation)
    if rounding == "floor":
        return room // stride + 1
    count = -(-room // stride) + 1
    if rounding == "ceil" and (count - 1) * stride >= size + before:
        count -= 1
    return count


def slide(
    volume: Volume,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
    pairs: Pairs,
    rounding: str = "floor",
) -> tuple[int, ...]:
    """The spatial sizes of the output; refuses a kernel that is larger than its padded input."""
    if rounding == "caffe" and any(map(sum, pairs)):  # Caffe asks for padding on any axis, and then looks at all
        rounding = "ceil"
    lengths = []
    for axis, size in enumerate(volume.spatial):
        count = window_count(size, kernel[axis], stride[axis], dilation[axis], pairs[axis], rounding)
        if count < 1:  # rounding up admits a window that hangs over the end, as torch does
            raise _too_large(volume, kernel, stride, dilation, pairs, rounding)
        lengths.append(count)
    return tuple(lengths)


def _too_large(
    volume: Volume,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
    pairs: Pairs,
    rounding: str,
) -> Refusal:
    """Says which axis has no room, with the arithmetic in the textbook's form, and what would make it fit."""
    notes, padding, largest = [], 0, []
    for axis, size in enumerate(volume.spatial):
        before, after = pairs[axis]
        span = effective(kernel[axis], dilation[axis])
        short = span - size - before - after
        largest.append((size + before + after - 1) // dilation[axis] + 1)
        if short <= 0:
            continue
        count = window_count(size, kernel[axis], stride[axis], dilation[axis], pairs[axis], rounding)
        notes.append(
            f"{AXES[volume.rank][axis]}: {arithmetic(size, kernel[axis], stride[axis], dilation[axis], pairs[axis], rounding)} = {signed(count)}"
        )
        padding = max(padding, -(-(span - size) // 2))
    padded = tuple(size + sum(pair) for size, pair in zip(volume.spatial, pairs, strict=True))
    cells = "padded " if any(map(sum, pairs)) else ""
    dilated = "dilated " if max(dilation) > 1 else ""
    helps = [f"padding of at least {padding}"]
    if min(largest) >= 1 and min(largest) < max(kernel):
        helps.append(f"a kernel of at most {min(largest)}")
    helps.append(BEFORE)
    return Refusal(
        f"the {dilated}{pretty_sizes(kernel)} kernel of {{layer}} is larger than its {cells}{pretty_sizes(padded)} input",
        code="SHAPE201",
        notes=notes,
        help=", ".join(helps[:-1]) + f", or {helps[-1]}",
    )


def signed(number: int) -> str:
    """A number with a true minus sign."""
    return str(number).replace("-", "−")


def arithmetic(
    size: int, kernel: int, stride: int, dilation: int, pair: tuple[int, int], rounding: str = "floor"
) -> str:
    """The formula with its numbers: `(4 − 5 + 2·0)/1 + 1`, rounded as the layer rounds."""
    span = f"{kernel}" if dilation == 1 else f"({dilation}·({kernel} − 1) + 1)"
    pad = f"2·{pair[0]}" if pair[0] == pair[1] else f"{pair[0]} + {pair[1]}"
    fraction = f"({size} − {span} + {pad})/{stride}"
    if stride > 1:
        fraction = f"⌊{fraction}⌋" if rounding == "floor" else f"⌈{fraction}⌉"
    return f"{fraction} + 1"


def checked(volume: Volume) -> Volume:
    """`volume`, unless an axis or its size is beyond the limit."""
    if volume.size > LARGEST or any(size > LARGEST for size in volume.sizes):
        raise Refusal(
            f"{{layer}} would put out {volume.pretty()}, more than the 10^15 elements that a volume may have",
            code="LIMIT104",
        )
    return volume
