"""The schema of the report of an analysis, draft-07: schemas/report.schema.json is this, written out."""

from __future__ import annotations

from analyzer.contract.keys import TEXT, array, closed, definition, schema_of
from analyzer.contract.report import COST, FINDING, LAYER, REPORT, SUMS, TOTAL_COST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def report_schema() -> dict[str, Any]:
    """The schema: one report, one wrong file, or an array of both."""
    return document(
        "Report of analyzer",
        "The output volume and the costs of every layer of a network. Format 1; its keys are stable.",
        "report",
        "layers",
        {
            "report": schema_of(REPORT),
            "failed": closed({"file": TEXT, "diagnostics": array(definition("diagnostic"), minItems=1)}),
            "layer": schema_of(LAYER),
            "cost": schema_of(COST),
            "total_cost": schema_of(TOTAL_COST),
            "sums": schema_of(SUMS),
            "diagnostic": schema_of(FINDING),
            "volume": {"type": "string", "pattern": "^[0-9]+(x[0-9]+){0,3}$", "description": "height x width x depth"},
        },
    )


def document(title: str, description: str, kind: str, key: str, definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema of a document: one of this kind, which `key` tells from a wrong file, or an array of both."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": title,
        "description": description,
        "if": {"type": "array"},
        "then": {"items": definition("file")},
        "else": definition("file"),
        "definitions": {
            "file": {
                "type": "object",
                "if": {"required": [key]},
                "then": definition(kind),
                "else": definition("failed"),
            },
            **definitions,
        },
    }
