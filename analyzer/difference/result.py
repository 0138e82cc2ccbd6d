"""What two reports differ in: totals, layers, names.

Both sides are JSON reports as plain data (schemas/report.schema.json), so that a model and a report saved of it compare
alike. Where a network was written (file, line, note, description, its own name) makes no difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from analyzer.contract.report import TOTAL_COST
from analyzer.difference.changes import CHANGES, Changes, LayerChange
from analyzer.difference.match import Rename, match
from analyzer.difference.tree import NamedNode, Numbers, tree_of
from analyzer.engine.result import MODES
from analyzer.record import Printed, Record
from analyzer.units import plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The costs of a network in one mode of sharing.
TOTAL_COSTS = tuple(key.name for key in TOTAL_COST)


class LabelledReport(Record):
    """The JSON report of one of the two networks, and the name that the user gave the network."""

    report: Mapping[str, Any]
    label: str

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
        """A total by its name, such as `shared.parameters`, `macs`, `peak_activation`, `layers`."""
        totals = self.report["totals"]
        if name == "peak_activation":
            return int(totals["peak_activation"]["bytes"])
        mode, _, count = name.rpartition(".")
        return int(totals[mode][count] if mode else totals[name])


class Difference(Printed, Record):
    """Two networks compared.

    `run` is what their runs differ in, as (what, old, new); `renames` the names that changed; `layers` the changes in
    the order of the new network, each removed layer after the one that preceded it; `unchanged` the number of layers
    that did not change.
    """

    old: LabelledReport
    new: LabelledReport
    run: Sequence[tuple[str, str, str]]
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

    def changed_totals(self) -> list[str]:
        """The names of the totals that differ."""
        return [name for name in TOTALS if self.old.total(name) != self.new.total(name)]

    def counts(self) -> dict[str, int]:
        """How many layers are unchanged, added, and so on."""
        numbers = {"unchanged": self.unchanged, **dict.fromkeys(CHANGES, 0)}
        for change in self.layers:
            numbers[change.what] += 1
        return numbers


#: The totals that are compared, by the names that `LabelledReport.total` takes.
TOTALS = (
    "layers", *(f"{mode}.{count}" for mode in MODES for count in TOTAL_COSTS), "macs", "activation_bytes",
    "peak_activation",
)  # fmt: skip


def compare(old: Mapping[str, Any], new: Mapping[str, Any], *, labels: tuple[str, str] | None = None) -> Difference:
    """What the second report differs in from the first; `labels` are the names of the two, otherwise their files."""
    label_old, label_new = (old["file"], new["file"]) if labels is None else labels
    before, after = LabelledReport(old, label_old), LabelledReport(new, label_new)
    numbers = Numbers()
    root_old, root_new = tree_of(old, numbers), tree_of(new, numbers)
    found = match(root_old, root_new)
    run = list(_run(before, after))
    same_run = not any(what in ("batch", "dtype") for what, _, _ in run)
    changes = Changes(root_old, root_new, found.moved, same_run=same_run)
    layers = list(changes.all())
    return Difference(
        before,
        after,
        run=run,
        renames=found.renames,
        layers=layers,
        unchanged=changes.unchanged,
        root_old=root_old,
        root_new=root_new,
    )


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
