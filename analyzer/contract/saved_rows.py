"""A saved report as an analysis: rows with the properties of `Row`, totals as `Sums`, and no network."""

# Longer than most modules: saved rows and saved totals answer the same questions, and are held together.

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy

from analyzer.diagnostics import Diagnostic
from analyzer.engine.network import Source
from analyzer.engine.receptive_field import ReceptiveField
from analyzer.engine.result import FREE, MODES, STILL, ActivationPeak, Cost, Sums, Traffic, described
from analyzer.record import ABOVE, Printed, Record, field
from analyzer.settings import one_of
from analyzer.source import Span
from analyzer.units import UNKNOWN, AtLeast
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


class SavedRow(Record):
    """One layer of a saved report, with the properties of a `Row`.

    `report` is the layer as the report has it, `own` has its costs, `cumulative` the sum of all rows up to and
    including this one, `entered` the volumes of the network's inputs by name.

    What a report does not have raises `AttributeError`: `node` (the layer itself), `saved` and `live` (the memory that
    only the network gives). The numbers of its window are None in reports from before they had them.
    """

    report: Mapping[str, Any]
    input_volumes: Sequence[Volume]
    own: Sums
    cumulative: Sums
    entered: Mapping[str, Volume]

    def __repr__(self) -> str:
        parameters = self.shared.parameters
        return f"SavedRow({self.name!r}: {self.kind} {self.input} -> {self.output}, {parameters:,} parameters)"

    def to_dict(self) -> dict[str, Any]:
        """This as plain data, with the keys of the JSON report."""
        return deepcopy(dict(self.report))

    @property
    def name(self) -> str:
        """The full name: `stage2.1.conv3`."""
        return str(self.report["name"])

    @property
    def kind(self) -> str:
        """The layer's type."""
        return str(self.report["kind"])

    @property
    def path(self) -> str:
        """The path of the blocks around it; empty at the top."""
        return str(self.report["path"])

    @property
    def line(self) -> int | None:
        """The line of the file that it was written on; None for a network that was not read from a text."""
        return self.report.get("line")

    @property
    def inputs(self) -> list[str]:
        """The names of the layers that it reads; the input of the network is usually called `input`."""
        return list(self.report["inputs"])

    @property
    def input(self) -> Volume:
        """The volume of one sample that it reads; of several the first."""
        return self.input_volumes[0]

    @property
    def output(self) -> Volume:
        """The output volume of one sample."""
        return _volume(self.report["output"])

    @property
    def kernel(self) -> tuple[int, ...] | None:
        """The size of its window in cells on each spatial axis; None for a layer without a window."""
        return self._sizes("kernel")

    @property
    def stride(self) -> tuple[int, ...] | None:
        """The cells from one window to the next on each spatial axis; None for a layer without a window."""
        return self._sizes("stride")

    @property
    def padding(self) -> tuple[tuple[int, int], ...] | None:
        """The cells before and after its input on each spatial axis; None for a layer without padding."""
        pairs = self.report.get("padding")
        return None if pairs is None else tuple((before, after) for before, after in pairs)

    @property
    def dilation(self) -> tuple[int, ...] | None:
        """The cells from one tap of its window to the next on each axis; None for a layer without a window."""
        return self._sizes("dilation")

    @property
    def groups(self) -> int | None:
        """The groups of planes that it does not mix; None for a layer that is no convolution."""
        return self.report.get("groups")

    @property
    def shared(self) -> Cost:
        """The cost of its parameters if every layer shares its weights."""
        return self.own.shared

    @property
    def local(self) -> Cost:
        """The cost of its parameters if every layer that can be is locally connected."""
        return self.own.local

    @property
    def declared(self) -> Cost:
        """The cost of its parameters with the sharing that the file declares."""
        return self.own.declared

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one sample; of a layer whose MACs are `unknown` those that are known, 0."""
        return self.own.macs

    @property
    def backward_macs(self) -> int:
        """Multiply-accumulates of the backward pass of one sample; unknown in reports from before they had them."""
        return self.own.backward_macs

    @property
    def traffic(self) -> Traffic:
        """The bytes of its inputs, parameters and output in each mode; unknown in reports from before they had them."""
        return self.own.traffic

    def intensity(self, mode: str = "shared") -> float | None:
        """FLOPs for each byte of traffic in a mode; None where nothing is moved or one of the two is unknown."""
        return self.own.intensity(one_of("mode", mode, MODES))

    @property
    def unknown(self) -> list[str]:
        """The names of its numbers that nobody knows: `macs`, or none."""
        return list(self.report.get("unknown", ()))

    @property
    def macs_on_data(self) -> int | None:
        """The MACs whose taps do not fall on padding; None where the layer has no such number."""
        return self.report.get("macs_on_data")

    @property
    def unread(self) -> list[int] | None:
        """The cells at the end of each axis that no window reads; None for a layer without a window."""
        return self.report.get("unread")

    @property
    def activation_bytes(self) -> int:
        """The size of its output in bytes, for the batch and number format of the run."""
        return self.own.activation_bytes

    @property
    def receptive_field(self) -> ReceptiveField | None:
        """The cells of the network's input that an output cell sees; None where it sees none or they are unknown."""
        seen = self.report.get("receptive_field")
        return None if seen is None else self._field(seen)

    @property
    def receptive_fields(self) -> dict[str, ReceptiveField]:
        """The field on each input of the network that it sees, by the input's name, where it is known."""
        several = self.report.get("receptive_fields")
        if several is not None:
            return {name: self._field(seen) for name, seen in several.items()}
        one = self.receptive_field
        return {} if one is None else {one.input or next(iter(self.entered)): one}

    @property
    def tied(self) -> str | None:
        """The name of the layer whose parameters it reuses."""
        return self.report.get("tied")

    @property
    def frozen(self) -> bool:
        """Whether its parameters are not trained."""
        return "frozen" in self.report

    @property
    def authored(self) -> bool:
        """Whether its numbers were given in the file and not calculated."""
        return "authored" in self.report

    @property
    def fused(self) -> list[str]:
        """The names of the layers that it takes in, where layers are fused."""
        return list(self.report.get("fused", ()))

    @property
    def note(self) -> str | None:
        """Its note in the file."""
        return self.report.get("note")

    def memory(self, mode: str) -> int:
        """The size of its parameters in a mode and of its output, in bytes."""
        cost: Cost = getattr(self.own, one_of("mode", mode, MODES))
        return cost.bytes + self.own.activation_bytes

    @property
    def node(self) -> NoReturn:
        """A report does not have the layer itself."""
        raise _missing("node")

    @property
    def saved(self) -> NoReturn:
        """A report does not have it."""
        raise _missing("saved")

    @property
    def live(self) -> NoReturn:
        """A report does not have it."""
        raise _missing("live")

    def _sizes(self, key: str) -> tuple[int, ...] | None:
        sizes = self.report.get(key)
        return None if sizes is None else tuple(sizes)

    def _field(self, seen: Mapping[str, Any]) -> ReceptiveField:
        """A field as the report has it; `whole` and `everything` are not in it, and follow from the sizes.

        A field that does not move and has every cell counts as one that reads everything at once.
        """
        name = seen.get("input")
        spatial = next(iter(self.entered.values())).spatial if name is None else self.entered[name].spatial
        size, stride, offset = seen["size"], seen["stride"], seen["offset"]
        fewest = seen.get("size_min", size)
        everything = tuple(size) == spatial and not any(stride) and not any(offset)
        steps = self.output.spatial if self.output.rank == len(spatial) else (1,) * len(spatial)
        axes = zip(offset, stride, steps, fewest, spatial, strict=True)
        whole = all(o + s * (n - 1) <= 0 and o + least >= cells for o, s, n, least, cells in axes)
        return ReceptiveField(size, fewest, stride, offset, whole, everything, spatial, name)


class SavedReport(Printed, Record):
    """A saved JSON report, with the rows and the totals of an `Analysis`; `analyzer.read_report` reads one.

    `rows` has the layers in the order of computation, `totals` their sums, `peak` the peak of activation memory,
    `report` the document as plain data. `analyzer.diff` takes it for a side.

    What a report does not have raises `AttributeError`: `network`.

    >>> import analyzer, json
    >>> analysis = analyzer.analyze({"input": "32x32x3", "layers": [{"conv": {"filters": 20, "kernel": 8}}]})
    >>> saved = analyzer.read_report(json.dumps(analysis.to_dict(), indent=1))
    >>> saved.totals.shared.parameters, saved.rows[0].kernel, saved.to_dict() == analysis.to_dict()
    (3860, (8, 8), True)
    """

    report: Mapping[str, Any]
    rows: Sequence[SavedRow] = field(init=False)
    totals: Sums = field(init=False)

    def check(self) -> None:
        """Makes the rows and the totals of the document."""
        self.rows = list(_rows(self.report, self.inputs))
        self.totals = _sums(self.report["totals"], self.batch)

    def __repr__(self) -> str:
        return f"SavedReport({described(self)})"

    def __iter__(self) -> Iterator[SavedRow]:
        return iter(self.rows)

    def to_dict(self) -> dict[str, Any]:
        """The JSON report as plain data, equal to that of the analysis that was saved."""
        return deepcopy(dict(self.report))

    def to_dataframe(self, mode: str = "both") -> Any:
        """As `Analysis.to_dataframe`, without the columns `saved` and `live`, which a report does not have."""
        return ABOVE["dataframe"](self, mode)

    @property
    def name(self) -> str:
        """The name of the network."""
        return str(self.report["name"])

    @property
    def file(self) -> str:
        """The file of the model."""
        return str(self.report["file"])

    @property
    def description(self) -> str | None:
        """The description in the model."""
        return self.report.get("description")

    @property
    def batch(self) -> int:
        """The samples in a batch, which sizes in bytes are for."""
        return int(self.report["batch"])

    @property
    def dtype(self) -> str:
        """The number format, which sizes in bytes are for."""
        return str(self.report["dtype"])

    @property
    def weights_dtype(self) -> str | None:
        """The number format of parameters and buffers where it is not `dtype`: that of the file of another program."""
        return self.report.get("weights_dtype")

    @property
    def source(self) -> Source | None:
        """The file of another program that the network was read from; None for one of our own."""
        source = self.report.get("source")
        return None if source is None else Source(source["format"], source.get("producer"), source.get("version"))

    @property
    def uncovered(self) -> dict[str, int]:
        """How often each operator of that file became a `custom` layer, since the catalogue has no such type."""
        return dict(self.report.get("uncovered", {}))

    @property
    def input(self) -> Volume:
        """The volume of the first input."""
        return _volume(self.report["input"])

    @property
    def inputs(self) -> dict[str, Volume]:
        """The input volumes by name; a single one is `input` unless a layer calls it otherwise."""
        several = self.report.get("inputs")
        if several is not None:
            return {name: _volume(text) for name, text in several.items()}
        names = {layer["name"] for layer in self.report["layers"]}
        read = (name for layer in self.report["layers"] for name in layer["inputs"])
        return {next((name for name in read if name not in names), "input"): self.input}

    @property
    def outputs(self) -> dict[str, Volume]:
        """The output volumes by name."""
        return {name: _volume(text) for name, text in self.report["outputs"].items()}

    @property
    def peak(self) -> ActivationPeak:
        """The most bytes of activations alive at once while the network runs forward, and the layer there."""
        peak = self.report["totals"]["peak_activation"]
        return ActivationPeak(peak["bytes"], peak["layer"])

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """The warnings and notes about the network."""
        return list(map(_diagnostic, self.report["diagnostics"]))

    @property
    def unknown(self) -> dict[str, list[str]]:
        """The layers of which a number is unknown, by the number: `{"macs": ["grid_sample1"]}`."""
        names = [row.name for row in self.rows if row.unknown]
        return {"macs": names} if names else {}

    @property
    def mixed(self) -> bool:
        """Whether the file declares sharing of its own, so that `declared` differs from `shared`."""
        return self.totals.declared != self.totals.shared

    @property
    def macs_on_data(self) -> int | None:
        """The MACs of all layers whose taps do not fall on padding; None if a layer has no such number."""
        found: int | None = self.report["totals"].get("macs_on_data")
        return found

    @property
    def network(self) -> NoReturn:
        """A report does not have the network itself."""
        raise _missing("network")


def _missing(name: str) -> AttributeError:
    return AttributeError(f"a saved report has no `{name}`: `analyzer.analyze` of the model gives it")


def _volume(text: str) -> Volume:
    return Volume.of([int(size) for size in text.split("x")])


def _rows(report: Mapping[str, Any], entered: Mapping[str, Volume]) -> Iterator[SavedRow]:
    """The rows, with the running sums of them."""
    volumes = dict(entered)
    batch = int(report["batch"])
    running = Sums(FREE, FREE, FREE, 0, 0, 0, STILL, batch)
    for layer in report["layers"]:
        own = _sums(layer, batch)
        running = running + own
        yield SavedRow(layer, [volumes[name] for name in layer["inputs"]], own, running, entered)
        volumes[layer["name"]] = _volume(layer["output"])


def _sums(record: Mapping[str, Any], batch: int) -> Sums:
    """The costs of a layer, or of all of them. What reports from before a key do not have is unknown."""
    frozen, part = "frozen" in record, "at_least" in record
    shared, local, declared = (_cost(record[mode], frozen=frozen) for mode in MODES)
    macs, backward = (record.get(key, UNKNOWN) for key in ("macs", "backward_macs"))
    macs, backward = (AtLeast(number) if part else number for number in (macs, backward))
    moved = record.get("traffic", dict.fromkeys(MODES, UNKNOWN))
    traffic = Traffic(*(moved[mode] for mode in MODES))
    return Sums(shared, local, declared, macs, record["activation_bytes"], backward, traffic, batch)


def _cost(cost: Mapping[str, int], *, frozen: bool) -> Cost:
    """The trained parameters of a layer are all of them, unless it is frozen."""
    trainable = cost.get("trainable", 0 if frozen else cost["parameters"])
    return Cost(cost["weights"], cost["biases"], cost["buffers"], cost["bytes"], trainable)


def _diagnostic(finding: Mapping[str, Any]) -> Diagnostic:
    line, label = finding.get("line"), finding.get("label")
    span = None
    if line is not None or label is not None:
        span = Span(finding.get("file", ""), line or 0, finding.get("column", 1), label=label)
    return Diagnostic(
        finding["code"],
        finding["message"],
        span,
        severity=finding["severity"],
        notes=finding.get("notes", ()),
        help=finding.get("help"),
    )
