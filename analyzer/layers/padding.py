"""Padding as a file writes it, and the cells that it comes to on each axis.

Sources: torch.nn.Conv2d "Shape"; TensorFlow "same"; ONNX `SAME_LOWER`; measured on torch 2.13.0, Keras 3.15.1 and
ONNX 1.23.2.
"""

from __future__ import annotations

from analyzer.diagnostics import Refusal
from analyzer.layers.axes import effective, wrong_rank
from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.volume import Volume

#: Padding cells before and after, on each axis.
Pairs = tuple[tuple[int, int], ...]

#: The values that padding cells may have, in torch's words.
PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class Padding(Record, eq=True):
    """Padding as written: numbers of cells, or a mode by which they follow from the input.

    mode   `explicit`, `same`, `same_lower` or `causal`
    cells  cells on every side of every axis, or (before, after) for each axis
    sides  cells by side (top, bottom, left, right, front, back), in place of `cells`; a side that is left out has none
    """

    mode: str
    cells: int | tuple[tuple[int, int], ...] = 0
    sides: tuple[tuple[str, int], ...] | None = None

    @classmethod
    def explicit(cls, cells: int | tuple[tuple[int, int], ...]) -> Padding:
        """The same number of cells on every side, or (before, after) for each axis."""
        return cls("explicit", cells)

    @classmethod
    def by_side(cls, cells: dict[str, int]) -> Padding:
        """Cells by side; a side that is left out has none."""
        return cls("explicit", sides=tuple(cells.items()))

    def pairs(self, rank: int) -> Pairs:
        """Cells before and after on each axis, for explicit padding. Raises `Refusal` where it is for another rank."""
        if self.sides is not None:
            return self._by_side(dict(self.sides), rank)
        if isinstance(self.cells, int):
            return ((self.cells, self.cells),) * rank
        if len(self.cells) != rank:
            raise wrong_rank("padding", len(self.cells), rank)
        return self.cells

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
                    help="in 1-D, write `[[before, after]]`" if rank == 1 else None,
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
                    f"{{layer}} pads causally, which only a 1-D volume allows, but its input has {len(spatial)} spatial axes",
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

    def written(self) -> str | int | dict[str, int] | list[list[int]]:
        """The padding as a file writes it."""
        if self.mode != "explicit":
            return self.mode
        if self.sides is not None:
            return dict(self.sides)
        return self.cells if isinstance(self.cells, int) else [list(pair) for pair in self.cells]

    def __str__(self) -> str:
        """As in the `kind` column of the table: `same`, `1`, `1×2`, `1:2` for (before, after)."""
        if self.mode != "explicit":
            return self.mode
        if self.sides is not None:
            return ",".join(f"{side} {cells}" for side, cells in self.sides)
        if isinstance(self.cells, int):
            return str(self.cells)
        cells = self.cells[:1] if len(set(self.cells)) == 1 else self.cells
        return "×".join(str(b) if b == a else f"{b}:{a}" for b, a in cells)


def check_padding_mode(mode: str, volume: Volume, pairs: Pairs) -> None:
    """Refuses (SHAPE206) padding cells that the volume has no values for. A last pair may be the depth's.

    reflect mirrors the cells next to the border one, so an axis of W has W − 1 of them; circular takes cells of the
    other end, so it has W. As torch.nn.functional.pad.
    """
    limit = {"reflect": 1, "circular": 0}.get(mode)
    if limit is None:
        return
    for axis, size, pair in zip(volume.axes, volume.sizes, pairs, strict=False):
        if max(pair) > size - limit:
            raise Refusal(
                f"{{layer}} pads the {axis} by {max(pair)} with `{mode}`, but its input has a {axis} of only {size}",
                code="SHAPE206",
                parameter="depth" if axis == "depth" else "padding",
                notes=[f"{mode}: padding ≤ {size}{f' − 1 = {size - limit}' if limit else ''}"],
                help="`replicate` and `zeros` have no such limit",
            )
