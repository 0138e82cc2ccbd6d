"""What two reports differ in: totals, layers, names.

Both sides are JSON reports as plain data (schemas/report.schema.json), so that a model and a report saved of it compare
alike. Where a network was written (file, line, note, description, its own name) makes no difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from analyzer.contract.report import TOTAL_COST, as_dict
from analyzer.difference.changes import CHANGES, Changes, LayerChange
from analyzer.difference.described import PEAKS, Described, described
from analyzer.difference.keys import KeyChange, changed_keys
from analyzer.difference.match import Rename, match
from analyzer.difference.tree import NamedNode, Numbers, tree_of
from analyzer.engine.network import Network
from analyzer.engine.result import MODES, Analysis
from analyzer.loader.parse.description import Model
from analyzer.record import ABOVE, Printed, Record, field
from analyzer.units import AtLeast, exact, plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The costs of a network in one mode of sharing.
TOTAL_COSTS = tuple(key.name for key in TOTAL_COST)


class LabelledReport(Record):
    """The JSON report of one of the two networks, and the name that the user gave the network.

    `described` is what is known beside the report; None where there is only the report, such as a `saved` one. `commit`
    is the short name of the commit that it is from, empty outside of git.
    """

    report: Mapping[str, Any]
    label: str
    described: Described | None = None
    commit: str = ""
    saved: bool = False

    @property
    def peaks(self) -> list[str]:
        """The names of its peaks of memory."""
        return [] if self.described is None else [*self.described.peaks]

    def __repr__(self) -> str:
        return f"LabelledReport({self.label!r}: {plural(self.layers, 'layer')})"

    @property
    def inputs(self) -> dict[str, str]:
        """The input volumes by name; a single one is `input`."""
        return dict(self.report.get("inputs") or {"input": self.report["input"]})

    @property
    def layers(self) -> int:
        """The number of layers."""
        return len(self.report["layers"])

    def total(self, name: str) -> int:
        """A total by its name, such as `shared.parameters`, `macs`, `peak_activation`, `layers`.

        An `AtLeast` where a part of it is unknown.
        """
        if self.described is not None and name in self.described.peaks:
            return self.described.peaks[name]
        totals = self.report["totals"]
        if name == "peak_activation":
            return int(totals["peak_activation"]["bytes"])
        mode, _, count = name.rpartition(".")
        total = int(totals[mode][count] if mode else totals[name])
        return AtLeast(total) if name in totals.get("at_least", ()) else total


def of_analysis(
    analysis: Analysis, model: Model | None = None, *, label: str | None = None, commit: str = ""
) -> LabelledReport:
    """An analysis as a side of a comparison, with the description that it was made from, if there is one."""
    name = label or analysis.file or analysis.name
    return LabelledReport(as_dict(analysis), name, described(analysis, model), commit)


class Difference(Printed, Record):
    """Two networks compared.

    `run` is what their runs differ in, as (what, old, new); `keys` the keys of the files that changed, None where a
    side has no file, such as a saved report; `renames` the names that changed; `layers` the changes in the order of the
    new network, each removed layer after the one that preceded it; `unchanged` the number of layers that did not
    change.
    """

    old: LabelledReport
    new: LabelledReport
    run: Sequence[tuple[str, str, str]]
    keys: Sequence[KeyChange] | None
    renames: Sequence[Rename]
    layers: Sequence[LayerChange]
    unchanged: int
    root_old: NamedNode
    root_new: NamedNode

    @property
    def equal(self) -> bool:
        """Whether the two are the same network in the same run."""
        return not (self.run or self.renames or self.layers or self.changed_totals())

    def __repr__(self) -> str:
        if self.equal:
            said = f"equal, {plural(self.unchanged, 'layer')}"
        else:
            changed = [f"{number:,} {what}" for what, number in self.counts().items() if number]
            said = ", ".join([*changed, *([f"{len(self.renames):,} renamed"] if self.renames else [])])
        return f"Difference({self.old.label!r} to {self.new.label!r}: {said})"

    def to_dict(self) -> dict[str, Any]:
        """The JSON report of `analyzer diff` (schemas/diff.schema.json) as plain data."""
        found: dict[str, Any] = ABOVE["diff_to_dict"](self)
        return found

    def changed_totals(self) -> list[str]:
        """The names of the totals that differ."""

        def differs(name: str) -> bool:
            old, new = self.old.total(name), self.new.total(name)
            return old != new or exact(old) != exact(new)

        return [name for name in (*TOTALS, *self.peaks()) if differs(name)]

    def peaks(self) -> list[str]:
        """The names of the peaks of memory that both networks have."""
        return [name for name in PEAKS if name in self.old.peaks and name in self.new.peaks]

    def counts(self) -> dict[str, int]:
        """How many layers are unchanged, added, and so on."""
        numbers = {"unchanged": self.unchanged, **dict.fromkeys(CHANGES, 0)}
        for change in self.layers:
            numbers[change.what] += 1
        return numbers


class OneSided(Record):
    """A network that the other side does not have: it is new, or it was removed.

    `other` is what the other side would be called, `commit` the short name of its commit. `layers` has every layer.
    """

    side: LabelledReport
    added: bool
    other: str
    commit: str = ""
    layers: Sequence[LayerChange] = field(init=False)

    def check(self) -> None:
        """Makes a change of every layer."""
        nodes = sorted(tree_of(self.side.report, Numbers()).layers(), key=lambda node: node.place)
        self.layers = [LayerChange(None, node, {}) if self.added else LayerChange(node, None, {}) for node in nodes]

    @property
    def old(self) -> LabelledReport | None:
        """The network, if it was removed."""
        return None if self.added else self.side

    @property
    def new(self) -> LabelledReport | None:
        """The network, if it is new."""
        return self.side if self.added else None

    @property
    def equal(self) -> bool:
        """A network is not equal to none."""
        return False

    def peaks(self) -> list[str]:
        """The names of its peaks of memory."""
        return self.side.peaks

    def counts(self) -> dict[str, int]:
        """How many layers are unchanged, added, and so on."""
        numbers = dict.fromkeys(("unchanged", *CHANGES), 0)
        numbers["added" if self.added else "removed"] = len(self.layers)
        return numbers


#: The totals that are compared, by the names that `LabelledReport.total` takes.
TOTALS = (
    "layers", *(f"{mode}.{count}" for mode in MODES for count in TOTAL_COSTS), "macs", "activation_bytes",
    "peak_activation",
)  # fmt: skip


#: What sizes in bytes depend on in a run.
_SIZED = ("batch", "dtype", "format of weights")


def compare(old: Mapping[str, Any] | LabelledReport, new: Mapping[str, Any] | LabelledReport) -> Difference:
    """What the second report differs in from the first; a report without a label is called as its file."""
    before, after = (
        side if isinstance(side, LabelledReport) else LabelledReport(side, str(side["file"])) for side in (old, new)
    )
    numbers = Numbers()
    root_old, root_new = tree_of(before.report, numbers), tree_of(after.report, numbers)
    found = match(root_old, root_new)
    run = list(_run(before, after))
    same_run = not any(what in _SIZED for what, _, _ in run)
    networks = _networks(before, after)
    changes = Changes(root_old, root_new, found.moved, same_run=same_run, networks=networks)
    layers = list(changes.all())
    return Difference(
        before,
        after,
        run=run,
        keys=_keys(before, after, changes),
        renames=found.renames,
        layers=layers,
        unchanged=changes.unchanged,
        root_old=root_old,
        root_new=root_new,
    )


def _networks(old: LabelledReport, new: LabelledReport) -> tuple[Network, Network] | None:
    """The placed networks, where both are known."""
    if old.described is None or new.described is None:
        return None
    return old.described.network, new.described.network


def _keys(old: LabelledReport, new: LabelledReport, changes: Changes) -> list[KeyChange] | None:
    """The keys that changed; None where a side has no file."""
    if old.described is None or new.described is None:
        return None
    models = old.described.model, new.described.model
    if models[0] is None or models[1] is None:
        return None
    networks = old.described.network, new.described.network
    return changed_keys(models[0], models[1], networks, changes.renamed)


def _run(old: LabelledReport, new: LabelledReport) -> Iterator[tuple[str, str, str]]:
    """The inputs, batch and dtype that differ."""
    before, after = old.inputs, new.inputs
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            what = "input" if name == "input" else f"input `{name}`"
            yield what, before.get(name, "none"), after.get(name, "none")
    for what in ("batch", "dtype"):
        if old.report[what] != new.report[what]:
            yield what, str(old.report[what]), str(new.report[what])
    formats = [side.report.get("weights_dtype", side.report["dtype"]) for side in (old, new)]
    if formats[0] != formats[1] and old.report["dtype"] == new.report["dtype"]:
        yield "format of weights", *formats
