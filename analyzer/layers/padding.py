"""Padding as a file writes it, and the cells that it comes to on each axis.

Sources: torch.nn.Conv2d "Shape"; TensorFlow "same"; ONNX `SAME_LOWER`; measured on torch 2.13.0, Keras 3.15.1 and
ONNX 1.23.2.
"""

from __future__ import annotations

from analyzer.diagnostics import Refusal
from analyzer.layers.axes import effective, wrong_rank

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
        """The cells as a layer that takes one number an axis writes them, where one gives the same output.

        `same` with a stride above 1 puts out ⌈W/S⌉ with the larger of its two sides on both: what that adds is less
        than a stride. Where the step is 1, and where the sides were written, they stay.
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
