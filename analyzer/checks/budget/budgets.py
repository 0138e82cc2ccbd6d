"""Budgets: the amounts of a network that may be limited, and what is said of a limit that is broken.

params                 weights and biases, each layer sharing its weights as the file says
params_local           weights and biases where every layer that can is locally connected
trainable              `params` less those of frozen layers
macs, flops            of one sample; a MAC is two FLOPs
weight_memory          bytes of weights, biases and buffers, at the run's dtype
activation_memory      bytes of all outputs together, at the run's batch and dtype
peak_inference_memory  bytes at the peak of inference, as `analyzer memory` has it: at the batch and dtype of `training`
peak_training_memory   the same of training
receptive_field        cells, along its longest axis, that an output sees where the volume still has positions: before a
                       global pool or a dense layer, which see all there is
depth                  layers with weights and MACs (no norms) on the longest way through the network: 50 of ResNet-50
layers                 all layers, as the report lists them
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from analyzer.checks.budget.suggestions import cure, growth
from analyzer.checks.subject import Found
from analyzer.diagnostics import nearest
from analyzer.engine.result import Analysis, Row
from analyzer.loader.parse.description import Limit, Model
from analyzer.loader.parse.grammar import BUDGET_KEYS
from analyzer.units import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from analyzer.engine.memory.in_mode import Held
    from analyzer.engine.memory.settings import Run

#: What a row adds to an amount that adds up.
_OF_ROW: dict[str, Callable[[Row], int]] = {
    "params": lambda row: row.declared.parameters,
    "params_local": lambda row: row.local.parameters,
    "trainable": lambda row: row.declared.trainable,
    "macs": lambda row: row.macs,
    "flops": lambda row: 2 * row.macs,
    "weight_memory": lambda row: row.declared.bytes,
    "activation_memory": lambda row: row.activation_bytes,
}

#: Layers that are named as those that cost most.
_NAMED = 3

_SCALES = {"K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}


class Amounts:
    """The amounts of an analysis; those of memory are worked out when they are asked for.

    `training` holds the run of the peaks, as the file writes it.
    """

    def __init__(self, analysis: Analysis, training: Mapping[str, Any]) -> None:
        self.analysis = analysis
        self.training = training
        self._held: Held | None = None

    @property
    def run(self) -> Run:
        """The run of the peaks."""
        from analyzer.engine.memory.settings import Run

        return Run.of(self.training)

    @property
    def held(self) -> Held:
        """What inference and training hold."""
        if self._held is None:
            from analyzer.engine.memory.in_mode import Held

            self._held = Held(self.analysis.network, "declared", self.run)
        return self._held

    def of(self, key: str) -> int | None:
        """The amount of a key of a budget; None where the network has none (nothing is trained in int8)."""
        if key in _OF_ROW:
            return sum(map(_OF_ROW[key], self.analysis.rows))
        if key == "layers":
            return len(self.analysis.rows)
        if key == "depth":
            return len(deepest(self.analysis))
        if key == "receptive_field":
            return max(
                (max(row.receptive_field.size) for row in seeing(self.analysis) if row.receptive_field), default=None
            )
        if key == "peak_training_memory":
            return self.held.peak.bytes if self.held.trains else None
        if self._held is None:  # the rest of what is held takes several times as long
            from analyzer.engine.memory.inference import Inference
            from analyzer.engine.memory.tape import Tape, operations_of

            work = operations_of(self.analysis.network, "declared")
            return Inference(Tape(work, self.run, training=False)).peak.bytes
        return self._held.inference.peak.bytes

    def parts(self, key: str) -> list[tuple[str, int]]:
        """What makes up an amount, the most first: layers by name, for `layers` their types, for `depth` their blocks."""
        rows = self.analysis.rows
        if key in _OF_ROW:
            parts = [(row.name, _OF_ROW[key](row)) for row in rows]
        elif key == "layers":
            parts = _tally(row.kind for row in rows)
        elif key == "depth":
            parts = _tally(row.name.partition(".")[0] for row in deepest(self.analysis))
        elif key == "receptive_field":
            parts = list(growth(self.analysis))
        else:
            from analyzer.engine.memory.by_layer import saved_and_live

            which = 0 if key == "peak_training_memory" else 1
            found = saved_and_live(self.analysis.network, batch=self.run.batch, dtype=self.run.dtype)
            parts = [(name, both[which]) for name, both in found.items()]
        return sorted((part for part in parts if part[1]), key=lambda part: -part[1])


def seeing(analysis: Analysis) -> list[Row]:
    """The rows whose receptive field counts: not those that see everything because they leave no positions."""
    known = [row for row in analysis.rows if row.receptive_field is not None]
    with_positions = [row for row in analysis.rows if row.output.positions > 1]
    if with_positions and with_positions[-1].receptive_field is None:
        return []  # what is seen there is not known, and what is seen before it says nothing of the network
    return [
        row for row in known if row.output.positions > 1 or not (row.receptive_field and row.receptive_field.whole)
    ] or known


def deepest(analysis: Analysis) -> list[Row]:
    """The layers with weights and MACs on the longest way through the network, in their order."""
    lengths: dict[int, int] = {}
    before: dict[int, int | None] = {}
    rows = {row.node.index: row for row in analysis.rows}
    end: int | None = None
    for index, row in rows.items():
        longest = max((node.index for node in row.node.inputs), key=lambda source: lengths.get(source, 0), default=None)
        lengths[index] = (lengths.get(longest, 0) if longest is not None else 0) + _weighs(row)
        before[index] = longest
        if end is None or lengths[index] > lengths[end]:
            end = index
    way = []
    while end is not None and end in rows:
        if _weighs(rows[end]):
            way.append(rows[end])
        end = before[end]
    return way[::-1]


def _weighs(row: Row) -> bool:
    """Whether a layer counts as one of depth; one that is tied has weights, of another."""
    return row.macs > 0 and (row.declared.weights > 0 or row.node.tied is not None)


def _tally(names: Iterable[str]) -> list[tuple[str, int]]:
    numbers: dict[str, int] = {}
    for name in names:
        numbers[name] = numbers.get(name, 0) + 1
    return list(numbers.items())


def amounts_of_report(report: Mapping[str, Any]) -> dict[str, int]:
    """The amounts that a saved JSON report holds: those of its totals, and its layers."""
    totals = report["totals"]
    return {
        "params": totals["declared"]["parameters"],
        "params_local": totals["local"]["parameters"],
        "trainable": totals["declared"]["trainable"],
        "macs": totals["macs"],
        "flops": 2 * totals["macs"],
        "weight_memory": totals["declared"]["bytes"],
        "activation_memory": totals["activation_bytes"],
        "layers": totals["layers"],
    }


def exceeded(analysis: Analysis, model: Model, limits: Mapping[str, Limit]) -> Iterator[Found]:
    """A finding for every limit that the network breaks, at the limit's place in the file."""
    amounts = Amounts(analysis, model.training)
    for key, limit in limits.items():
        amount = amounts.of(key)
        if amount is None:
            yield Found(
                f"the network has no `{key}` that its budget could limit",
                limit.span,
                notes=[
                    f"nothing is trained in {amounts.run.dtype}"
                    if "training" in key
                    else "it is not known what an output sees"
                ],
                help=f"leave `{key}` out of the budget",
            )
        elif limit.most is not None and amount > limit.most:
            yield _broken(key, amount, limit.most, limit, amounts)
        elif limit.least is not None and amount < limit.least:
            yield _broken(key, amount, limit.least, limit, amounts)


def _broken(key: str, amount: int, allowed: int, limit: Limit, amounts: Amounts) -> Found:
    over = amount > allowed
    unit = limit.unit if over else limit.least_unit
    now, then = in_units(amount, allowed, unit=unit)
    by = in_units(abs(amount - allowed), unit=unit)[0]
    share = f" ({percent(abs(amount - allowed), allowed)})" if allowed else ""
    what = f"over its budget of {then}" if over else f"under the least of its budget, {then}"
    return Found(
        f"`{key}` is {now}, {by}{share} {what}",
        limit.span,
        notes=[_difference(key, amount, allowed), *_most(key, amount, amounts)],
        help=cure(key, amount, allowed, amounts),
    )


def _difference(key: str, amount: int, allowed: int) -> str:
    """The arithmetic, exact."""
    more, less = max(amount, allowed), min(amount, allowed)
    unit = " bytes" if BUDGET_KEYS[key] == "bytes" else ""
    return f"{count(more)} − {count(less)} = {count(more - less)}{unit}"


def _most(key: str, amount: int, amounts: Amounts) -> Iterator[str]:
    """The parts that cost most, with their share of the whole."""
    said = [f"`{name}` {count(part)} ({percent(part, amount)})" for name, part in amounts.parts(key)[:_NAMED]]
    if not said:
        return
    heading = {
        "peak_training_memory": "kept for the backward pass, the most by",
        "peak_inference_memory": "alive while a layer runs, the most at",
        "receptive_field": "widened most by",
        "depth": "longest in",
    }.get(key, "the most in")
    yield f"{heading} {', '.join(said)}"


def percent(part: int, whole: int) -> str:
    """A share with a decimal.

    >>> percent(1, 8), percent(1, 100000)
    ('12.5 %', 'under 0.1 %')
    """
    if not whole:
        return "all of it"
    share = 100 * part / whole
    return f"{share:,.1f} %" if share >= 0.05 or not part else "under 0.1 %"


def in_units(*numbers: int, unit: str) -> list[str]:
    """Numbers in a unit as it was written, with as many digits as it takes to tell unequal ones apart.

    >>> in_units(25557032, 25000000, unit="M"), in_units(157286401, 157286400, unit="MiB"), in_units(3860, unit="")
    (['25.56M', '25M'], ['150.000001 MiB', '150 MiB'], ['3,860'])
    """
    prefix, suffix = unit.rstrip("iB"), unit.lstrip("KMGTP")
    scale = 1024 ** ("KMGTP".index(prefix) + 1) if suffix == "iB" and prefix else _SCALES.get(prefix, 1)
    space = " " if suffix else ""
    if scale == 1:
        return [f"{count(number)}{space}{unit}" for number in numbers]
    for digits in range(4, 18):
        texts = [_rounded(number / scale, digits) for number in numbers]
        if len(set(texts)) == len(set(numbers)):
            break
    return [f"{text}{space}{unit}" for text in texts]


def _rounded(value: float, digits: int) -> str:
    """A value with so many significant digits, without zeros at its end."""
    decimals = max(0, digits - len(str(int(value)).lstrip("0")))
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class Guard:
    """A guard of a review: how much an amount may grow against that of a base.

    `most` is the growth that is allowed, `written` its text (`+100K`, `+5%`), `base` the amount of the base and `label`
    what the base is called.
    """

    __slots__ = ("base", "key", "label", "most", "unit", "written")

    def __init__(self, key: str, most: int, unit: str, written: str, base: int, label: str) -> None:
        self.key = key
        self.most = most
        self.unit = unit
        self.written = written
        self.base = base
        self.label = label


def increased(analysis: Analysis, model: Model, guards: Iterable[Guard]) -> Iterator[Found]:
    """A finding for every guard of a review that the network breaks."""
    amounts = Amounts(analysis, model.training)
    for guard in guards:
        amount = amounts.of(guard.key)
        if amount is None or amount - guard.base <= guard.most:
            continue
        grown = amount - guard.base
        share = f" ({percent(grown, guard.base)})" if guard.base else ""
        by, allowed = in_units(grown, guard.most, unit=guard.unit)
        may = guard.written if guard.written.endswith("%") else f"+{allowed}"
        yield Found(
            f"`{guard.key}` grew by {by}{share} against {guard.label}, and {may} is allowed",
            None,
            notes=[_difference(guard.key, amount, guard.base), *_most(guard.key, amount, amounts)],
            help=cure(guard.key, amount, guard.base + guard.most, amounts),
        )


def unknown_key(key: str) -> str:
    """What is said of a key that no budget has."""
    near = nearest(key, BUDGET_KEYS)
    return f"a budget has no `{key}`; " + (f"did you mean `{near}`?" if near else f"it has {', '.join(BUDGET_KEYS)}")
