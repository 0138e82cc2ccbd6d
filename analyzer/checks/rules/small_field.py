"""A receptive field smaller than the input at the head of the network.

The features that the head reads have seen only a part of the input. A dense layer still reads every position, but no
feature is larger than the receptive field; after a global pool, nothing combines cells that lie further apart. Often
this is meant (textures, words, VGG's 212 of 224 cells); sometimes a layer or a stride is missing.

Fires:

    input: 96x96x3
    layers:
      - conv: {filters: 32, kernel: 5, stride: 2, padding: 2, act: relu}
      - conv: {filters: 64, kernel: 5, stride: 2, padding: 2, act: relu}
      - global_avg_pool
      - dense: 10

Instead: more layers, larger kernels, a stride or a dilation before the head, or a smaller input.

    input: 96x96x3
    layers:
      - conv: {filters: 32, kernel: 5, stride: 4, padding: 2, act: relu}
      - conv: {filters: 64, kernel: 5, stride: 4, padding: 2, act: relu}
      - conv: {filters: 64, kernel: 7, padding: 3, act: relu}
      - global_avg_pool
      - dense: 10

Source: Araujo, Norris & Sim 2019, "Computing receptive fields of convolutional neural networks", distill.pub; Brendel &
Bethge 2019, "Approximating CNNs with bag-of-local-features models".
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks.found import Found
from analyzer.checks.subject import Subject
from analyzer.engine.network import Node
from analyzer.engine.receptive_field import ReceptiveField
from analyzer.layers import Layer
from analyzer.layers.readings import WHOLE, Cells
from analyzer.layers.traits import Drops
from analyzer.volume import Volume, pretty_sizes

CODE = "CHECK104"
NAME = "small-field"
SEVERITY = "note"


def check(subject: Subject) -> Iterator[Found]:
    """A finding for each dense layer or global pool that alone reads a map whose cells see less than the input."""
    for row in subject.rows:
        if not (row.node.layer.dense or row.node.layer.pools):
            continue
        source = _map(row.node)
        if source is None or source.index < 0 or source.output.positions == 1 or not _alone(subject, source, row.node):
            continue
        field = subject.rows[source.index].receptive_field
        if field is None or field.whole:
            continue
        whole = Volume(field.spatial, 1)
        short = [
            (name, axis)
            for axis, (name, size) in enumerate(zip(whole.axes, whole.spatial, strict=False))
            if field.size[axis] < size
        ]
        if not short:
            continue
        notes = [
            f"{name}: {field.size[axis]:,} of {whole.spatial[axis]:,} cells, {whole.spatial[axis] - field.size[axis]:,} too few"
            for name, axis in short
        ]
        notes.append(
            "it reads every position, but no feature that it reads is larger than that"
            if row.node.layer.dense
            else "cells further apart than that are never seen together"
        )
        yield Found(
            f"the features that `{row.name}` reads have seen {pretty_sizes(tuple(field.size))} cells, and the input has {pretty_sizes(whole.spatial)}",
            row.node,
            notes=notes,
            help=_more(source, field, whole.spatial, [axis for _, axis in short]),
        )


def _map(node: Node) -> Node | None:
    """The map that a layer reads as a whole, before it was flattened; None where it does not."""
    readings = node.layer.windows(node.flow, 0)
    if not (
        readings is Cells.EVERYTHING or (isinstance(readings, tuple) and readings and all(r is WHOLE for r in readings))
    ):
        return None
    source = node.inputs[0]
    while not source.output.spatial and source.inputs and _keeps_values(source.layer):
        source = source.inputs[0]
    return source


def _keeps_values(layer: Layer) -> bool:
    """Whether each value of a vector that it puts out is made of one value of the vector that it reads."""
    return layer.passes or layer.activates or layer.drops is not Drops.NOTHING


def _alone(subject: Subject, source: Node, reader: Node) -> bool:
    """Whether nothing but this reader reads a map: beside a gate, or a branch, the map goes on by another way."""
    node: Node | None = source
    while node is not None and node is not reader:
        node = subject.only_reader(node)
    return node is reader


def _more(source: Node, field: ReceptiveField, whole: tuple[int, ...], short: list[int]) -> str:
    """How many convolutions of 3 at the resolution of a map would see the rest."""
    layers = 0
    for axis in short:
        step = field.stride[axis]
        if step < 1:
            return "larger kernels, a stride or a dilation before it, or a smaller input"
        layers = max(layers, -(-(whole[axis] - field.size[axis]) // int(2 * step)))
    more = "1 more convolution" if layers == 1 else f"{layers:,} more convolutions"
    stride = field.stride[short[0]]
    return f"{more} with a kernel of 3 after `{source.name}`, where cells are {stride:g} apart; or a stride or a dilation before it"
