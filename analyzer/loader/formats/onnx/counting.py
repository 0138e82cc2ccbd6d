"""The counting law: parameters and buffers of the network, and what counts nowhere, are the elements of the file.

What counts nowhere is in one note: scalars, whole numbers, scales and zero points of a quantisation, settings such as
the scales of a Resize. Where the law does not hold, a warning names tensors that nobody accounts for.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.layers import CATALOGUE, SHARED, Flow
from analyzer.layers.building import build
from analyzer.layers.traits import Normalises
from analyzer.loader.formats.onnx.reading import Reading
from analyzer.loader.formats.onnx.values import BUFFERS, NUMBERS, PARAMETER, WEIGHTS, Stored
from analyzer.loader.formats.sheet import Sheet, Written
from analyzer.source import shown


def tell(reading: Reading, *, whole: bool) -> None:
    """Says what of the file is not counted; `whole` is whether the graph was read to its end."""
    counted = [one for one in reading.stored if one.use in (WEIGHTS, PARAMETER, BUFFERS)]
    numbers = [one for one in reading.stored if one.use == NUMBERS or (not one.use and not _may_train(one))]
    kept = [one for one in reading.stored if not one.use and _may_train(one)]
    _tell_numbers(reading, numbers)
    if kept and whole:
        names = ", ".join(map(_named, kept[:3]))
        more = f" and {len(kept) - 3:,} more" if len(kept) > 3 else ""
        total = sum(one.tensor.size for one in kept)
        reading.sheet.note(f"{total:,} parameters of the file are read by no node, and not counted: {names}{more}")
    if _may_be_folded(reading.sheet):
        reading.sheet.note(
            "every convolution has biases and there is no batch norm: it was probably folded into the convolutions when the "
            "file was made"
        )
    if whole:
        _check(reading, counted)


def _may_be_folded(sheet: Sheet) -> bool:
    """Whether batch norms were probably folded into convolutions: all of these, at least two, have biases."""
    types = [CATALOGUE[layer.type] for layer in sheet.layers]
    if any(type.normalises is Normalises.BATCH for type in types):
        return False
    pairs = zip(sheet.layers, types, strict=True)
    convs = [layer for layer, type in pairs if type.linear and "kernel" in type.declared]
    return len(convs) > 1 and all(layer.item[layer.type].get("bias", True) for layer in convs)


def _tell_numbers(reading: Reading, numbers: Sequence[Stored]) -> None:
    """The note about what counts nowhere: numbers that are no weights, and what branches store that are not read."""
    size, rest = sum(one.tensor.size for one in numbers), sum(count for _, count in reading.branches)
    what = "tensor" if len(numbers) == 1 else "tensors"
    told = f"{len(numbers):,} {what} of the file (sizes, indices, single numbers, scales and zero points)"
    if rest:
        nodes = ", ".join(f"`{shown(node.label)}`" for node, _ in reading.branches[:3])
        more = f" and {len(reading.branches) - 3:,} more" if len(reading.branches) > 3 else ""
        told += f", {rest:,} of them in the other branch of {nodes}{more}"
    if size + rest:
        noun = "number" if size + rest == 1 else "numbers"
        reading.sheet.note(f"not counted: {size + rest:,} {noun} in {told}")


def _named(one: Stored) -> str:
    """The name of a tensor for a message; those of `Constant` nodes have none."""
    shape = "x".join(map(str, one.tensor.shape))
    return f"`{shown(one.tensor.name)}`" if one.tensor.name else f"a constant of {shape}"


def _may_train(one: Stored) -> bool:
    """Whether a tensor that nothing reads looks like weights."""
    trained = one.tensor.dtype.startswith(("float", "bfloat", "int8", "uint8", "int4", "uint4"))
    return trained and one.tensor.size > 1


def _check(reading: Reading, counted: list[Stored]) -> None:
    """Warns where the layers count another number than the file stores."""
    stored = sum(one.tensor.size for one in counted) + reading.unstored
    layers = _counted(reading.sheet)
    if stored != layers:
        names = ", ".join(map(_named, counted[:3]))
        reading.sheet.warn(
            f"the layers have {layers:,} parameters and buffers, but the file stores {stored:,} that they read, such as "
            f"{names}: please report this file"
        )


def _counted(sheet: Sheet) -> int:
    """The weights, biases and buffers of the layers of a sheet, tied ones once."""
    total = 0
    alike: dict[tuple[object, ...], tuple[int, int]] = {}
    for layer in sheet.layers:
        key = (layer.type, repr(layer.item.get(layer.type)), *[source.volume.sizes for source in layer.inputs])
        found = alike.get(key)
        if found is None:
            found = alike[key] = _of(layer)
        tied = layer.item.get("tied")
        total += 0 if isinstance(tied, str) else found[1] if tied else sum(found)
    return total


def _of(layer: Written) -> tuple[int, int]:
    """The weights of a written layer, and its biases and buffers."""
    made = build(layer.type, layer.item[layer.type])
    counts = made.parameters(Flow([source.volume for source in layer.inputs], layer.volume), SHARED)
    return counts.weights, counts.biases + counts.buffers
