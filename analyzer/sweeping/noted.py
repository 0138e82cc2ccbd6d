"""What a store notes of its sweep beside the variants: axes, amounts, limits, and what decides the numbers; in JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from analyzer.engine.amounts import AMOUNTS
from analyzer.loader.parse.description import Limit
from analyzer.loader.parse.ranges import Decimals
from analyzer.record import Record
from analyzer.source import shown
from analyzer.sweeping.goals import amounts_in, check_goals
from analyzer.sweeping.layout import KINDS, kinds
from analyzer.sweeping.result import Axis

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.sweeping.evaluate import Job
    from analyzer.sweeping.result import Value


class Noted(Record):
    """What a store notes of its sweep.

    file, name  the model's file, for people, and the name of the model
    axes        what varies
    keys        the amounts that are calculated; `shown` are those that reports show
    limits      those that hold for every variant, by key
    parts       what decides the numbers, each part as a text, by what it is called (`Job.parts`)
    version     that of analyzer
    minimize, maximize   the goals of the front; none without one
    """

    file: str
    name: str
    axes: Sequence[Axis]
    keys: Sequence[str]
    shown: Sequence[str]
    limits: Mapping[str, Limit]
    parts: Mapping[str, str]
    version: str
    minimize: Sequence[str] = ()
    maximize: Sequence[str] = ()

    @classmethod
    def of(cls, job: Job, name: str) -> Noted:
        """What is noted of a job over a model of this name."""
        from analyzer import __version__

        own = job.model.budget if job.model is not None and job.budgeted else {}
        limits = {**own, **job.limits}
        shown = job.shown or job.keys
        goals = job.minimize, job.maximize
        return cls(job.label, name, job.axes, job.keys, shown, limits, job.parts, __version__, *goals)

    def written(self) -> dict[str, str]:
        """Each field in JSON, by its name.

        >>> noted = Noted("net.yaml", "net", [Axis("width", range(8, 17, 8))], ["params"], ["params"], {}, {}, "1")
        >>> noted.written()["axes"], Noted.read(noted.written()).axes == noted.axes
        ('[{"name": "width", "volume": false, "between": null, "range": [8, 17, 8], "divisor": 1}]', True)
        """
        plain = {
            "file": self.file,
            "name": self.name,
            "axes": [_axis(axis) for axis in self.axes],
            "keys": [*self.keys],
            "shown": [*self.shown],
            "limits": {
                key: [limit.least, limit.most, limit.unit, limit.least_unit] for key, limit in self.limits.items()
            },
            "minimize": [*self.minimize],
            "maximize": [*self.maximize],
            "parts": {**self.parts},
            "version": self.version,
        }
        return {key: json.dumps(value) for key, value in plain.items()}

    @classmethod
    def read(cls, written: Mapping[str, str]) -> Noted:
        """What was written; raises `ValueError`, `TypeError` or `LookupError` where it is something else."""
        plain = {name: json.loads(written[name]) for name in cls._fields}
        plain["axes"] = [_axis_in(axis) for axis in plain["axes"]]
        plain["limits"] = {
            key: Limit(least, most, unit, None, least_unit)
            for key, (least, most, unit, least_unit) in plain["limits"].items()
        }
        noted = cls(**plain)
        noted._check_kinds()
        return noted

    def _check_kinds(self) -> None:
        """Raises `ValueError` where something is of another kind than reports expect: anybody can write a database."""
        goals = [*self.minimize, *self.maximize]
        texts = [self.file, self.name, self.version, *self.keys, *self.shown, *goals, *self.parts.values()]
        texts += [axis.name for axis in self.axes]
        bounds = [bound for limit in self.limits.values() for bound in (limit.least, limit.most)]
        texts += [unit for limit in self.limits.values() for unit in (limit.unit, limit.least_unit)]
        values = [value for axis in self.axes if isinstance(axis.values, list) for value in axis.values]
        if not (
            kinds(texts) <= {str}
            and kinds(bounds) <= {int, type(None)}
            and kinds(values) <= KINDS
            and {*self.keys, *self.limits} <= AMOUNTS.keys()
            and {*self.shown, *amounts_in(goals)} <= {*self.keys}
        ):
            raise ValueError("another kind")
        check_goals(self.axes, self.minimize, self.maximize)

    def unlike(self, other: Noted) -> str:
        """What decides the numbers and differs from `other`, for a message; empty where nothing does.

        >>> sweep = Noted("net.yaml", "net", [], [], [], {}, {"model": "1f", "limits": ""}, "1")
        >>> sweep.unlike(sweep.but(parts={"model": "2a", "limits": "macs at most 9"}))
        'another model; limits `macs at most 9`, not none'
        """
        found = [f"analyzer {shown(other.version)}, not {self.version}"] if self.version != other.version else []
        for part, here in self.parts.items():
            there = other.parts.get(part, "")
            if there == here:
                continue
            if part == "model":
                found.append("another model")
                continue
            found.append(f"{part} {_quoted(there)}, not {_quoted(here)}")
        return "; ".join(found)


#: So much of a part is shown.
_LONGEST = 80


def _quoted(text: str) -> str:
    return f"`{shown(text, _LONGEST)}`" if text else "none"


def _axis(axis: Axis) -> dict[str, Any]:
    """An axis as plain data; the steps of a range are not written out."""
    plain = {"name": axis.name, "volume": axis.volume, "between": axis.between}
    values, divisor = (
        (axis.values.steps, axis.values.divisor) if isinstance(axis.values, Decimals) else (axis.values, 1)
    )
    if isinstance(values, range):
        return {**plain, "range": [values.start, values.stop, values.step], "divisor": divisor}
    return {**plain, "values": [*values]}


def _axis_in(plain: Mapping[str, Any]) -> Axis:
    """The axis of plain data."""
    values: Sequence[Value]
    if "range" in plain:
        steps = range(*plain["range"])
        values = steps if plain["divisor"] == 1 else Decimals(steps, plain["divisor"])
    else:
        values = plain["values"] or ()
    between = plain["between"]
    return Axis(plain["name"], values, plain["volume"], None if between is None else (between[0], between[1]))
