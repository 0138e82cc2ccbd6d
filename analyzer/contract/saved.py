"""Saved JSON reports: which files are reports, and whether a report can be trusted.

A comparison with an altered report would be wrong. So a report must fit its schema, and its sums are added up again.
Sizes in bytes are not calculated again, since that needs the model.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from analyzer.contract.keys import FORMAT
from analyzer.contract.report import COST, TOTAL_COST
from analyzer.engine.result import MODES
from analyzer.source import shown
from analyzer.units import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Longer reports are refused. The report of a large network is longer than any model.
LONGEST_REPORT = 1 << 30

#: How to save a report.
HOW = "`analyzer model.yaml -o report.json` saves one"

#: The costs of a layer in one mode, and those of all layers.
_COSTS = tuple(key.name for key in COST)
_TOTAL_COSTS = tuple(key.name for key in TOTAL_COST)
#: How documents of analyzer begin, in the order in which it writes keys or with sorted keys. No model begins so.
_BEGINS = re.compile(rb'(\xef\xbb\xbf)?\s*(\[\s*)?\{\s*"(format|file|batch|arena|assumptions|diagnostics)"\s*:')


class ReportError(Exception):
    """A file is not a report that can be trusted. The message is one line for people, to follow the file's name."""


def is_report(data: bytes) -> bool:
    """Whether a file is JSON that analyzer wrote, and not a model: it begins as one document or several."""
    return _BEGINS.match(data) is not None


def read_report(data: bytes) -> dict[str, Any]:
    """The report in a file.

    Raises `ReportError` for a file that is not a report, is of another format, was cut off, or was altered.
    """
    if len(data) > LONGEST_REPORT:
        raise ReportError(f"is larger than {LONGEST_REPORT >> 20:,} MiB, the limit for a report")
    try:
        record = json.loads(data.decode("utf-8-sig"), parse_float=_number, parse_constant=_constant)
    except UnicodeDecodeError:
        raise ReportError("is not UTF-8") from None
    except json.JSONDecodeError as error:
        if not data[error.pos :].strip() or error.msg.startswith("Unterminated"):
            raise ReportError(f"ends in the middle of a report, at line {error.lineno}; it was cut off") from None
        raise ReportError(
            f"is not valid JSON: line {error.lineno}, column {error.colno}: {error.msg[:1].lower()}{error.msg[1:]}"
        ) from None
    except (ValueError, RecursionError) as error:
        said = "it nests too deeply" if isinstance(error, RecursionError) else str(error)
        raise ReportError(f"is not a report: {said}") from None
    _check_kind(record)
    _check_schema(record)
    for problem in _contradictions(record):
        raise ReportError(f"was altered: {problem}")
    return dict(record)


def _number(text: str) -> float | int:
    """A number written with a point or an exponent: an integer where it is whole."""
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"it contains the number {shown(text)}")
    return int(number) if number.is_integer() else number


def _constant(text: str) -> float:
    raise ValueError(f"it contains {text}, which is not a number")


def _check_kind(record: Any) -> None:
    """Refuses JSON that is not one report of this format."""
    if isinstance(record, list):
        raise ReportError(f"contains {count(len(record))} reports, and one is needed; {HOW}")
    if not isinstance(record, dict):
        raise ReportError(f"is not a report; {HOW}")
    if "format" not in record and "diagnostics" in record and "layers" not in record:
        raise ReportError("is about a model that was wrong; it has no numbers to compare")
    if "assumptions" in record and "layers" not in record:
        raise ReportError(f"is a report of `analyzer memory`, and one of `analyzer` is needed; {HOW}")
    if "format" not in record:
        raise ReportError(f"is not a report of analyzer: it has no `format`; {HOW}")
    if record["format"] != FORMAT or isinstance(record["format"], bool):
        said = shown(json.dumps(record["format"]), 20)
        raise ReportError(f"is a report of format {said}, and this version reads format {FORMAT}; save it again")


def _check_schema(record: dict[str, Any]) -> None:
    """Refuses what does not fit the report's schema."""
    from analyzer.contract.schema import report_schema
    from analyzer.loader.schema.check import against_schema

    schema = report_schema()
    try:
        found = against_schema(record, _inlined(schema["definitions"]["report"], schema["definitions"]), None, "")
    except ImportError:
        raise ReportError(
            "cannot be checked without the package jsonschema; `pip install jsonschema` installs it"
        ) from None
    if found:
        where = "".join(f" ({note})" for note in found[0].notes)
        raise ReportError(f"does not fit the report's schema: {found[0].message}{where}")


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    """A schema with each reference replaced by its definition: jsonschema then takes half the time."""
    if isinstance(schema, list):
        return [_inlined(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    return {key: _inlined(value, definitions) for key, value in schema.items()}


def _contradictions(record: dict[str, Any]) -> Iterator[str]:
    """The contradictions in a report that fits the schema, each as a sentence."""
    layers, totals = record["layers"], record["totals"]
    yield from _names(record)
    running = {mode: dict.fromkeys(_COSTS, 0) for mode in MODES}
    trainable = dict.fromkeys(MODES, 0)
    macs = activations = 0
    for layer in layers:
        for mode in MODES:
            own, sums = layer[mode], running[mode]
            if own["weights"] + own["biases"] != own["parameters"]:
                yield f"the parameters of `{shown(layer['name'])}` are not the sum of its weights and biases ({mode})"
            for key in _COSTS:
                sums[key] += own[key]
            if not layer.get("frozen"):
                trainable[mode] += own["parameters"]
        macs += layer["macs"]
        activations += layer["activation_bytes"]
        if layer["cumulative"] != {**running, "macs": macs, "activation_bytes": activations}:
            yield f"the running sums at `{shown(layer['name'])}` are not the sums of the layers up to it"
    summed: dict[str, dict[str, int]] = {mode: running[mode] | {"trainable": trainable[mode]} for mode in MODES}
    for mode, key in ((mode, key) for mode in MODES for key in _TOTAL_COSTS):
        if totals[mode][key] != summed[mode][key]:
            yield _unequal(f"{key} ({mode})", totals[mode][key], summed[mode][key])
    on_data = [layer.get("macs_on_data", 0) for layer in layers]
    for key, sum_of_layers in (
        ("macs", macs),
        ("activation_bytes", activations),
        ("layers", len(layers)),
        ("macs_on_data", sum(on_data)),
    ):
        if totals.get(key, sum_of_layers) != sum_of_layers:
            yield _unequal(key, totals[key], sum_of_layers)


def _unequal(what: str, total: int, sum_of_layers: int) -> str:
    return f"its totals have {count(total)} {what}, and its layers add up to {count(sum_of_layers)}"


def _names(record: dict[str, Any]) -> Iterator[str]:
    """Two layers with one name, layers that read a later layer or an unknown one, outputs that are not layers."""
    entries = set(record.get("inputs", ()))
    volumes: dict[str, str] = {}
    outside: set[str] = set()
    for layer in record["layers"]:
        name = layer["name"]
        outside.update(source for source in layer["inputs"] if source not in volumes)
        if name in volumes:
            yield f"two of its layers are called `{shown(name)}`"
        if name in outside:
            yield f"`{shown(name)}` is read by a layer before it"
        volumes[name] = layer["output"]
    if not entries:  # one input, whose name the report does not give
        entries = set(sorted(outside)[:1])
    for source in sorted(outside - entries):
        yield f"a layer reads `{shown(source)}`, which is not one of its layers"
    for name, volume in record["outputs"].items():
        if name not in volumes and name not in entries:
            yield f"its output `{shown(name)}` is not one of its layers"
        if volumes.get(name, volume) != volume:
            yield f"its output `{shown(name)}` is {volume}, and the output of that layer is {volumes[name]}"


def amounts_of_report(report: Mapping[str, Any]) -> dict[str, int]:
    """The amounts of a saved report that a budget can limit, by the keys of a budget."""
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
