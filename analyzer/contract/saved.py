"""Saved JSON reports: which files are reports, and whether a report can be trusted.

A comparison with an altered report would be wrong. So a report must fit its schema, and its sums are added up again.
Sizes in bytes are not calculated again, since that needs the model.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping

from analyzer.contract.fits import misfits
from analyzer.contract.keys import FORMAT
from analyzer.contract.lean import read_lean
from analyzer.contract.report import REPORT
from analyzer.contract.schema import report_schema
from analyzer.contract.sums import Sums, wrong_names
from analyzer.source import shown
from analyzer.units import AtLeast, count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Longer reports are refused. The report of a large network is longer than any model.
LONGEST_REPORT = 1 << 28

#: How to save a report.
HOW = "`analyzer model.yaml -o report.json` saves one"

#: How documents of analyzer begin, in the order in which it writes keys or with sorted keys. No model begins so.
_BEGINS = re.compile(rb'(\xef\xbb\xbf)?\s*(\[\s*)?\{\s*"(format|file|batch|arena|assumptions|diagnostics)"\s*:')


#: The keys of a report.
_KEYS = frozenset(key.name for key in REPORT)


class _NoNumber(ValueError):
    """A value that JSON of a report does not have; the message says which."""


class ReportError(Exception):
    """A file is not a report that can be trusted. The message is one line for people, to follow the file's name."""


def is_report(data: bytes) -> bool:
    """Whether a file is JSON that analyzer wrote, and not a model: it begins as one document or several."""
    return _BEGINS.match(data) is not None


def report_text(data: bytes) -> str:
    """The text of a report's bytes; raises `ReportError` where they are too many or not UTF-8."""
    if len(data) > LONGEST_REPORT:
        raise ReportError(f"is larger than {LONGEST_REPORT >> 20:,} MiB, the limit for a report")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ReportError("is not UTF-8") from None


def read_report(text: str, *, running: bool = True) -> dict[str, Any]:
    """The report in a text; with the `running` sums of its layers, which are half of it, or without.

    Raises `ReportError` for a text that is not a report, is of another format, was cut off, or was altered.
    """
    try:
        record = read_lean(text, _loads, running=running)
        if record is not None:
            return record
        record = _loads(text)
    except json.JSONDecodeError as error:
        if not text[error.pos :].strip() or error.msg.startswith("Unterminated"):
            raise ReportError(f"ends in the middle of a report, at line {error.lineno}; it was cut off") from None
        raise ReportError(
            f"is not valid JSON: line {error.lineno}, column {error.colno}: {error.msg[:1].lower()}{error.msg[1:]}"
        ) from None
    except RecursionError:
        raise ReportError("is not a report: it nests too deeply") from None
    except _NoNumber as error:
        raise ReportError(f"is not a report: {error}") from None
    except ValueError:
        raise ReportError("is not a report: a number in it has thousands of digits") from None
    _check_kind(record)
    _check_schema(record)
    raise ReportError(f"was altered: {next(_contradictions(record))}")


def _loads(text: str, hook: Callable[[dict[str, Any]], object] | None = None) -> Any:
    """JSON as plain data; `hook` sees every object when it ends."""
    return json.loads(text, parse_float=_number, parse_constant=_constant, object_hook=hook)


def _contradictions(record: dict[str, Any]) -> Iterator[str]:
    """The contradictions in a report that fits the schema, each as a sentence."""
    sums = Sums()
    yield from wrong_names(record)
    yield from sums.contradictions(record["layers"])
    yield from sums.totals(record["totals"])


def _number(text: str) -> float | int:
    """A number written with a point or an exponent: an integer where it is whole."""
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise _NoNumber(f"it contains the number {shown(text)}")
    return int(number) if number.is_integer() else number


def _constant(text: str) -> float:
    raise _NoNumber(f"it contains {text}, which is not a number")


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
    if "layers" not in record and any(key not in _KEYS for key in record):  # of another command
        raise ReportError(f"is not the report of a network: it has no `layers`; {HOW}")


def _check_schema(record: dict[str, Any]) -> None:
    """Refuses what does not fit the report's schema."""
    definitions = report_schema()["definitions"]
    misfit = next(misfits(record, definitions["report"], definitions), None)
    if misfit is not None:
        from analyzer.loader.schema.check import findings_of  # with all that only a wrong report needs

        found = findings_of([misfit], None, "")[0]
        where = "".join(f" ({note})" for note in found.notes)
        raise ReportError(f"does not fit the report's schema: {found.message}{where}")


def amounts_of_report(report: Mapping[str, Any]) -> dict[str, int]:
    """The amounts of a saved report that a budget can limit, by the keys of a budget."""
    totals = report["totals"]
    macs = AtLeast(totals["macs"]) if "at_least" in totals else totals["macs"]
    return {
        "params": totals["declared"]["parameters"],
        "params_local": totals["local"]["parameters"],
        "trainable": totals["declared"]["trainable"],
        "macs": macs,
        "flops": 2 * macs,
        "weight_memory": totals["declared"]["bytes"],
        "activation_memory": totals["activation_bytes"],
        "layers": totals["layers"],
    }
