"""The list of columns. A new column is one record here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter

from analyzer.diagnostics import nearest
from analyzer.engine.result import Row
from analyzer.reporter.analysis.fold import Folded
from analyzer.reporter.analysis.geometry import kind_text
from analyzer.reporter.analysis.places import FIELDS, GEOMETRY, UNREAD, ascii_numbers
from analyzer.reporter.column import Column
from analyzer.units import UNKNOWN, brief_count, count, memory, ratio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class ColumnError(Exception):
    """A column that does not exist, or that the rows cannot be sorted by; the message is one line for the user."""


def _counted(name: str, heading: str, doc: str, value: Any, nature: str = "amount", group: str = "") -> Column:
    return Column(name, heading, doc, value=value, text=lambda row: count(value(row)), nature=nature, group=group)


def _multiplied(name: str, heading: str, doc: str, value: Any, nature: str = "amount") -> Column:
    """A column of MACs, of which a part may be unknown."""
    return Column(name, heading, doc, value=value, text=lambda row: brief_count(value(row)), nature=nature)


def _at_least(row: Row) -> str:
    own, sums = row.own.at_least, row.cumulative.at_least
    return " ".join([*own, *(f"{name}_sum" for name in sums)])


def _sized(name: str, heading: str, doc: str, value: Any, nature: str = "amount", group: str = "") -> Column:
    return Column(name, heading, doc, value=value, text=lambda row: memory(value(row)), nature=nature, group=group)


def _kind(row: Row) -> str:
    if isinstance(row, Folded):
        return row.label + "*" if row.label and row.authored and "*" not in row.label else row.label
    return kind_text(row)


def _on_data(row: Row) -> int | str:
    return "" if row.macs_on_data is None else row.macs_on_data


def _intensity(mode: str, doc: str) -> Column:
    """FLOPs a byte of traffic: empty where nothing moves, a lower bound where a part of the MACs is unknown."""

    def value(row: Row) -> float | str:
        found = row.own.intensity(mode)
        if found is not None:
            return found
        return UNKNOWN if row.own.at_least and getattr(row.own.traffic, mode) else ""

    def text(row: Row) -> str:
        found = value(row)
        if isinstance(found, str):
            return found
        if found is UNKNOWN:
            return brief_count(UNKNOWN)
        return f"≥ {ratio(found)}" if row.own.at_least else ratio(found)

    return Column(f"{mode}.intensity", "FLOPs/byte", doc, value=value, text=text, nature="ratio", group=mode)


def _of_mode(mode: str) -> Iterator[Column]:
    """The columns of one mode."""

    def all_memory(row: Row) -> int:
        total: int = getattr(row.cumulative, mode).bytes
        return total + row.cumulative.activation_bytes

    def own(attribute: str) -> Any:
        return attrgetter(f"own.{mode}.{attribute}")

    where = {
        "shared": "shared weights",
        "local": "own weights at each position",
        "declared": "as declared in the file",
    }[mode]
    yield _counted(f"{mode}.weights", "weights", f"weights, {where}", own("weights"), group=mode)
    yield _counted(f"{mode}.biases", "biases", f"biases, {where}", own("biases"), group=mode)
    yield _counted(f"{mode}.parameters", "parameters", f"weights and biases, {where}", own("parameters"), group=mode)
    yield _counted(
        f"{mode}.trainable", "trainable", f"parameters of layers not frozen, {where}", own("trainable"), group=mode
    )
    yield _counted(f"{mode}.buffers", "buffers", f"values kept but not trained, {where}", own("buffers"), group=mode)
    yield _counted(
        f"{mode}.sum",
        "Σ parameters",
        f"running sum of the parameters, {where}",
        attrgetter(f"cumulative.{mode}.parameters"),
        "running",
        mode,
    )
    yield _sized(
        f"{mode}.memory",
        "memory",
        f"bytes of parameters, buffers and output, {where}",
        lambda row: row.memory(mode),
        group=mode,
    )
    yield _sized(f"{mode}.memory_sum", "Σ memory", f"running sum of the memory, {where}", all_memory, "running", mode)
    yield _sized(
        f"{mode}.traffic",
        "traffic",
        f"bytes of inputs, parameters and output, each read or written once, {where}",
        attrgetter(f"own.traffic.{mode}"),
        group=mode,
    )
    yield _intensity(mode, f"FLOPs of the batch for each byte of traffic, {where}")


COLUMNS: dict[str, Column] = {
    column.name: column
    for column in (
        Column("layer", "layer", "full name of the layer", value=lambda row: row.name),
        Column(
            "kind",
            "kind",
            "layer type; for people with its geometry",
            value=lambda row: ascii_numbers(row.kind),
            text=_kind,
        ),
        *GEOMETRY,
        Column(
            "output",
            "output",
            "output volume of one sample",
            value=lambda row: str(row.output),
            text=lambda row: row.output.pretty(),
        ),
        *_of_mode("shared"),
        *_of_mode("local"),
        *_of_mode("declared"),
        _multiplied("macs", "MACs", "multiply-accumulates of one sample", attrgetter("own.macs")),
        _multiplied("macs_sum", "Σ MACs", "running sum of the MACs", attrgetter("cumulative.macs"), "running"),
        _multiplied("flops", "FLOPs", "2 × MACs", lambda row: 2 * row.own.macs),
        _multiplied(
            "backward_macs",
            "backward MACs",
            "multiply-accumulates of the backward pass of one sample",
            attrgetter("own.backward_macs"),
        ),
        Column(
            "macs_on_data",
            "MACs on data",
            "MACs that read no padding",
            value=_on_data,
            text=lambda row: "" if row.macs_on_data is None else count(row.macs_on_data),
            nature="amount",
        ),
        UNREAD,
        *FIELDS,
        _sized("activation", "activation", "bytes of the output", attrgetter("own.activation_bytes")),
        _sized(
            "activation_sum",
            "Σ activation",
            "running sum of the bytes of the outputs",
            attrgetter("cumulative.activation_bytes"),
            "running",
        ),
        _sized("saved", "saved", "bytes first kept here for the backward pass", attrgetter("saved")),
        _sized("live", "live", "bytes of activations alive while the layer runs", attrgetter("live"), "place"),
        Column("inputs", "inputs", "layers it reads", value=lambda row: " ".join(row.inputs)),
        Column("path", "path", "blocks around it", value=lambda row: row.path),
        Column(
            "line",
            "line",
            "line in the file",
            value=lambda row: "" if row.line is None else row.line,
            nature="place",
        ),
        Column("note", "note", "note in the file", value=lambda row: row.note or ""),
        Column("at_least", "at least", "its numbers of which a part is unknown", value=_at_least),
    )
}

#: Columns that every mode has; a name without a mode means the column in each mode shown.
METRICS = tuple(name.partition(".")[2] for name in COLUMNS if name.startswith("shared."))

#: Columns that show what `measure_memory` calculates.
MEASURED = ("saved", "live")

#: The column that says which numbers are lower bounds. Programs get it where a network has any.
BOUNDS = "at_least"

#: The default columns of a table, and of a ranking, where a running sum would mislead.
USUAL = ("layer", "kind", "output", "weights", "biases", "parameters", "sum", "memory", "macs", "macs_sum")
RANKED = ("layer", "kind", "output", "weights", "biases", "parameters", "memory", "macs")


def chosen(names: Sequence[str], modes: Sequence[str]) -> list[Column]:
    """The named columns in order. Names without a mode that follow each other are expanded together, mode by mode.

    >>> [column.name for column in chosen(["layer", "weights", "biases"], ["shared", "local"])]
    ['layer', 'shared.weights', 'shared.biases', 'local.weights', 'local.biases']
    """
    full: list[str] = []
    bare: list[str] = []
    for name in (*names, ""):
        if name in METRICS:
            bare.append(name)
            continue
        full += [f"{mode}.{metric}" for mode in modes for metric in bare]
        bare = []
        if name:
            full.append(name)
    return [COLUMNS[name] for name in dict.fromkeys(full)]


def check_columns(names: Sequence[str], sort: str | None = None) -> None:
    """Raises `ColumnError` for an unknown name, and for sorting by a column that is not an amount."""
    known = (*COLUMNS, *METRICS)
    for name in (*names, *([] if sort is None else [sort])):
        if name not in known:
            near = nearest(name, known)
            hint = f"; did you mean `{near}`?" if near else ""
            raise ColumnError(f"unknown column `{name}`{hint} (`--columns help` lists them)")
    if sort is not None:
        column = COLUMNS.get(sort) or COLUMNS[f"shared.{sort}"]
        if column.nature == "running":
            other = "parameters" if column.metric == "sum" else column.metric.removesuffix("_sum")
            raise ColumnError(
                f"cannot sort by `{sort}`: a running sum follows the order of the network; sort by `{other}`"
            )
        if column.nature not in ("amount", "ratio"):
            raise ColumnError(f"cannot sort by `{sort}`; sort by `parameters`, `macs` or `activation`, for example")


def described() -> Iterator[str]:
    """The list of columns for `--columns help`, one per line."""
    wide = max(map(len, COLUMNS)) + 2
    yield "A name without a mode (`weights`) means the column in every mode shown."
    for name, column in COLUMNS.items():
        usual = " (default)" if column.metric in USUAL and column.group != "declared" else ""
        yield f"  {name:<{wide}}{column.doc}{usual}"
