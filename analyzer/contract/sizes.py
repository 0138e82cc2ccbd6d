"""The answer of `analyzer sizes`: its keys in the order in which they are written, and its schema.

schemas/sizes.schema.json is the schema written out (draft-07); a test refuses drift.
"""

from __future__ import annotations

from analyzer.contract.keys import (
    AT_LEAST_1,
    FORMAT,
    NAME,
    TEXT,
    TRUE,
    Key,
    array,
    closed,
    definition,
    field,
    schema_of,
    written,
)
from analyzer.contract.report import FINDING
from analyzer.contract.schema import document, report_schema
from analyzer.engine.sizes import runs
from analyzer.engine.sizing.result import Reached, Sizes, stretches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_VOLUME = definition("volume")
_RUNS = array(definition("run"))
_SIZES = array(AT_LEAST_1)


def _run(sizes: Sequence[int]) -> list[list[int]]:
    """Sizes as runs: from, to, step."""
    return [list(run) for run in runs(sizes)]


def _stretches(sizes: Sequence[int]) -> list[list[int]]:
    """Sizes as stretches: from, to."""
    return [list(ends) for ends in stretches(sizes)]


#: What was found on an axis, or on axes that change together.
ACCEPTED = (
    Key("others", {"type": "object", "additionalProperties": AT_LEAST_1}, lambda one: dict(one.others)),
    Key("tried", array(definition("stretch")), lambda one: _stretches(one.tried)),
    Key("accepted", _RUNS, lambda one: _run(one.accepted)),
    Key("read", _RUNS, lambda one: _run(one.read)),
    Key("exact", _RUNS, lambda one: _run(one.exact)),
    field("near", AT_LEAST_1),
    field("nearest", _SIZES),
    Key("nearest_exact", _SIZES, lambda one: one.nearest_of(one.exact)),
)

TOGETHER = (Key("axes", array(NAME), lambda one: list(one.axes)), *ACCEPTED)

_PART = closed({"axes": array(NAME), "tried": array(definition("stretch")), "accepted": _RUNS})
_AROUND = closed({"input": _VOLUME, "output": _VOLUME})


def _parts(reached: Reached) -> list[dict[str, Any]]:
    return [
        {"axes": list(axes), "tried": _stretches(reached.tried[axes]), "accepted": _run(sizes)}
        for axes, sizes in reached.sizes.items()
    ]


#: The inputs for a wanted output.
REACHED = (
    field("name", NAME),
    field("wanted", TEXT),
    Key("sizes", array(_PART), _parts),
    Key("inputs", array(_VOLUME), lambda reached: [str(volume) for volume in reached.volumes]),
    Key("read", array(_VOLUME), lambda reached: [str(volume) for volume in reached.read]),
    Key("exact", array(_VOLUME), lambda reached: [str(volume) for volume in reached.exact]),
    Key(
        "around",
        array(_AROUND),
        lambda reached: [{"input": str(one), "output": str(output)} for one, output in reached.around] or None,
        True,
    ),
)


def _axes(sizes: Sizes) -> dict[str, Any]:
    return {name: written(ACCEPTED, one) for name, one in sizes.axes.items()}


def _together(sizes: Sizes) -> dict[str, Any] | None:
    return None if sizes.together is None else written(TOGETHER, sizes.together)


#: The answer about an input. `input` is the volume that the file gives it, `of` its name.
SIZES = (
    Key("format", {"const": FORMAT}, lambda _: FORMAT),
    field("file", TEXT),
    field("name", TEXT),
    Key("input", _VOLUME, lambda sizes: str(sizes.volume)),
    Key("of", NAME, lambda sizes: sizes.input),
    Key("beside", array(NAME), lambda sizes: list(sizes.beside) or None, True),
    Key(
        "alone",
        definition("accepted"),
        lambda sizes: None if sizes.alone is None else written(ACCEPTED, sizes.alone),
        True,
    ),
    Key("axes", {"type": "object", "additionalProperties": definition("accepted")}, _axes),
    Key("together", definition("together"), _together, True),
    Key("nearest", array(_VOLUME), lambda sizes: [str(volume) for volume in sizes.nearest]),
    Key(
        "output",
        definition("reached"),
        lambda sizes: None if sizes.reached is None else written(REACHED, sizes.reached),
        True,
    ),
    Key("ended", TRUE, lambda sizes: True if sizes.ended else None, True),
    Key(
        "diagnostics",
        array(definition("diagnostic")),
        lambda sizes: [written(FINDING, finding) for finding in sizes.diagnostics],
    ),
)


def as_dict(sizes: Sizes) -> dict[str, Any]:
    """An answer as plain data for `json.dumps`."""
    return written(SIZES, sizes)


def sizes_schema() -> dict[str, Any]:
    """The schema: one answer, or one wrong file."""
    shared = report_schema()["definitions"]
    return document(
        "Input sizes of analyzer",
        "Which sizes of an input a network accepts, of those that were tried. Format 1; its keys are stable. Sizes are "
        "runs [from, to, step]; `tried` are stretches [from, to].",
        "sizes",
        "axes",
        {
            "sizes": schema_of(SIZES),
            "accepted": schema_of(ACCEPTED),
            "together": schema_of(TOGETHER),
            "reached": schema_of(REACHED),
            "run": array([AT_LEAST_1] * 3, minItems=3, maxItems=3),
            "stretch": array([AT_LEAST_1] * 2, minItems=2, maxItems=2),
            **{name: shared[name] for name in ("failed", "diagnostic", "volume")},
        },
    )
