"""Programs of `torch.export` (.pt2), read without torch: shapes, paths of modules and lines of Python, no weights."""

from __future__ import annotations

from analyzer.engine.network import Kept, Source
from analyzer.loader.formats.asked import Asked
from analyzer.loader.formats.pt2.archive import load
from analyzer.loader.formats.pt2.inputs import enter
from analyzer.loader.formats.pt2.program import Broken, Program
from analyzer.loader.formats.pt2.program import Kept as Saved
from analyzer.loader.formats.pt2.reading import Ended, Reading, Sampled
from analyzer.loader.formats.pt2.sizes import Unsized
from analyzer.loader.formats.sheet import Halted, Sheet, usual_format
from analyzer.loader.formats.views import Tensor
from analyzer.source import shown


def read(file: str, label: str, asked: Asked) -> Sheet:
    """The sheet of a `.pt2`; see `analyzer.loader.formats`."""
    sheet = Sheet(label)
    try:
        program = load(file, label)
        try:
            _write(program, sheet, asked)
        except Sampled:
            sheet = Sheet(label)
            _write(program, sheet, asked, whole=True)
    except Broken as broken:
        sheet.refuse(f"the file cannot be read as a program of `torch.export`: {broken}")
    except Halted:
        pass  # the reason is on the sheet, or the expansion reports the last layer
    return sheet


def _write(program: Program, sheet: Sheet, asked: Asked, *, whole: bool = False) -> None:
    """Writes the network of a program on the sheet; `whole` is whether it has no batch."""
    from analyzer.loader.formats.pt2.operators import load as load_operators

    load_operators({node.operator for node in program.nodes})
    sheet.source = Source("PyTorch", "torch" if program.version else None, program.version or None)
    reading = Reading(program, sheet)
    try:
        reading.keep()
    except (KeyError, Unsized):
        raise Broken("a tensor that the module keeps has no shape") from None
    enter(reading, asked, whole=whole)
    try:
        reading.walk(program.nodes)
    except Ended as ended:
        sheet.ends(ended.why, ended.place, ended.behind)
    reading.count_rest()
    found = [reading.values.get(name) for name in program.outputs]
    sheet.outputs(reading.heart.output(value) for value in found if isinstance(value, Tensor))
    if not sheet.layers:
        raise sheet.refuse("the program has no layer")
    sheet.groups.update(reading.naming.groups())
    sheet.tensors = {one.path: kept for one in program.kept if one.saved and (kept := _kept(program, one)) is not None}
    sheet.texts = reading.lines.texts
    _tell(reading)
    sheet.dtype = usual_format((one.dtype, one.size) for one in reading.stored if one.trained and one.counted)


def _kept(program: Program, one: Saved) -> Kept | None:
    """A tensor that the module saves; None where a size of it is not a number."""
    info = program.infos[one.name]
    sizes = tuple(size for size in info.shape if isinstance(size, int))
    return Kept(sizes, info.dtype, one.kind == "parameter") if len(sizes) == len(info.shape) else None


def _tell(reading: Reading) -> None:
    """Says which parameters of the module nothing reads."""
    idle = [one for one in reading.stored if one.trained and not one.counted]
    if idle:
        names = ", ".join(f"`{shown(one.kept.path)}`" for one in idle[:3])
        more = f" and {len(idle) - 3:,} more" if len(idle) > 3 else ""
        total = sum(one.size for one in idle)
        reading.sheet.note(
            f"{total:,} parameters of the module are read by no operation, and not counted: {names}{more}"
        )
