"""`analyzer schema`: prints the JSON Schema of model files or of reports, or checks files with it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import islice

from analyzer.cli.inputs import Inputs
from analyzer.cli.main import FAULT, FINE, WRONG, UsageError
from analyzer.cli.options import add_no_config, add_options, parsed
from analyzer.cli.output import complain, encodes, write_stdout
from analyzer.cli.parser import options_parser
from analyzer.contract.saved import LONGEST_REPORT
from analyzer.diagnostics import FILE_CODES, Diagnostic, ModelError
from analyzer.loader.text.files import FileError, decode, utf8
from analyzer.loader.text.limits import LIMITS, Enough
from analyzer.reporter.terminal import fitted
from analyzer.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser
    from typing import Any

_MODEL = "model"
#: The documents in JSON, by the option for their schema.
_REPORTS = {
    "report": "the JSON report",
    "memory": "the JSON of `analyzer memory`",
    "diff": "the JSON of `analyzer diff`",
    "sizes": "the JSON of `analyzer sizes`",
    "explain": "the JSON of `analyzer explain`",
    "sweep": "the JSON of `analyzer sweep`",
}
#: More values are not checked: aliases can make a large tree of a small text, and jsonschema takes some 50 µs for each.
_LARGEST = 200_000
# jsonschema checks nested layers by recursion, with dozens of Python's frames for each level.
_FRAMES = 20_000


def main(arguments: list[str]) -> int:
    """Prints a schema, or checks files with it; returns the exit code."""
    asked = parsed(parser(), arguments, "check")
    if asked.check is None:
        write_stdout(schema_text(_schema(asked.kind)))
        return FINE
    if not asked.check:
        raise UsageError("`--check` needs a value")
    if asked.check.count("-") > 1:
        raise UsageError("stdin (`-`) can be read once")
    return _check(asked)


def parser() -> ArgumentParser:
    """The options of `analyzer schema`."""
    found = options_parser(
        "analyzer schema", "Prints the JSON Schema (draft-07) of model files, or checks files with it."
    )
    kinds = found.add_mutually_exclusive_group()
    for kind, what in _REPORTS.items():
        kinds.add_argument(
            f"--{kind}",
            dest="kind",
            action="store_const",
            const=kind,
            default=_MODEL,
            help=f"the schema of {what} instead",
        )
    found.add_argument("--check", nargs="*", metavar="FILE", help="check these files with the schema; - is stdin")
    add_options(found, "color")
    add_no_config(found)
    return found


def schema_text(schema: dict[str, Any]) -> Iterator[str]:
    """A schema as text, in ASCII, so that every stream can encode it."""
    yield json.dumps(schema, indent=1)
    yield "\n"


def _schema(kind: str) -> dict[str, Any]:
    if kind == "report":
        from analyzer.contract.schema import report_schema

        return report_schema()
    if kind == "memory":
        from analyzer.contract.memory import memory_schema

        return memory_schema()
    if kind == "diff":
        from analyzer.difference.schema import diff_schema

        return diff_schema()
    if kind == "sizes":
        from analyzer.contract.sizes import sizes_schema

        return sizes_schema()
    if kind == "explain":
        from analyzer.contract.explanation import explanation_schema

        return explanation_schema()
    if kind == "sweep":
        from analyzer.contract.sweep import sweep_schema

        return sweep_schema()
    from analyzer.loader.schema.model import model_schema

    return model_schema()


def _check(asked: Any) -> int:
    schema, report = _schema(asked.kind), asked.kind != _MODEL
    texts: dict[str, str] = {}
    findings: list[Diagnostic] = []
    faults: list[str] = []
    for file in asked.check:
        label = "<stdin>" if file == "-" else file
        try:
            texts[label] = _read(file, label, asked.inputs, report=report)
            found = _findings(texts[label], label, schema, report=report)
            if found and not report:
                from analyzer.loader.foreign.recognize import foreign_finding

                foreign = foreign_finding(texts[label].encode(errors="surrogatepass"), label)
                found = found if foreign is None else [foreign]
        except ModelError as error:
            found = list(error.diagnostics)
        except FileError as error:
            faults.append(str(error))
            continue
        findings += found
        if not found:
            write_stdout([f"{fitted(label, encodes(sys.stdout))}: fits the {asked.kind} schema\n"])
    complain(findings, faults, texts, color=asked.color)
    fault = faults or any(finding.code in FILE_CODES for finding in findings)
    return FAULT if fault else WRONG if findings else FINE


def _read(file: str, label: str, inputs: Inputs, *, report: bool) -> str:
    """The text of a file; raises `FileError` where it cannot be read, `ModelError` for what cannot be its text."""
    if not report:
        return decode(inputs.read(file), label)
    data = inputs.read(file, longer=_begins, longest=LONGEST_REPORT + 1)
    limit = LONGEST_REPORT if _begins(data) else LIMITS.text
    if len(data) > limit:
        message = f"the file is larger than {limit // 1024:,} KiB, the limit for what begins as this does"
        raise ModelError([Diagnostic("LIMIT101", message, Span(label, 1, 1))])
    return utf8(data, label)


def _begins(data: bytes) -> bool:
    """Whether a document may be a report: an object, or several in an array."""
    return data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


def _findings(text: str, file: str, schema: dict[str, Any], *, report: bool) -> list[Diagnostic]:
    """The mistakes in a text: as YAML or JSON, and by the schema."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _FRAMES))
    try:
        return _in_document(text, file, schema) if report else _in_model(text, file, schema)
    finally:
        sys.setrecursionlimit(limit)


def _in_document(text: str, file: str, schema: dict[str, Any]) -> list[Diagnostic]:
    """The mistakes in a document in JSON, of which there may be as many as in a model."""
    from analyzer.contract.fits import misfits
    from analyzer.loader.schema.check import findings_of

    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        message = f"not valid JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        return [Diagnostic("SCHEMA100", message, Span(file, error.lineno, error.colno))]
    except RecursionError:
        return [Diagnostic("SCHEMA100", "the file nests too deeply", Span(file, 1, 1))]
    except ValueError:
        return [Diagnostic("SCHEMA100", "a number in it has thousands of digits", Span(file, 1, 1))]
    found = list(islice(misfits(data, schema, schema["definitions"]), LIMITS.findings + 1))
    findings = findings_of(found[: LIMITS.findings], None, file)
    return findings if len(found) <= LIMITS.findings else [*findings, Enough(Span(file, 1, 1)).note()]


def _in_model(text: str, file: str, schema: dict[str, Any]) -> list[Diagnostic]:
    """The mistakes in a model: those of its YAML and those by the schema, in the order of the file."""
    from analyzer.loader.schema.check import against_schema
    from analyzer.loader.text.reader import read_tree
    from analyzer.loader.text.tree import plain_value

    read = read_tree(text, file)
    tree, problems = None if read.lost else read.tree, read.problems
    if tree is None:
        return problems or [Diagnostic("SCHEMA101", "the model is empty", Span(file, 1, 1))]
    if tree.weight > _LARGEST:
        message = f"the model expands to {tree.weight:,} values, and {_LARGEST:,} can be checked"
        return [*problems, Diagnostic("LIMIT102", message, Span(file, 1, 1))]
    try:
        found = against_schema(plain_value(tree), schema, tree, file)
    except ImportError:
        raise UsageError("checking needs the package jsonschema; `pip install jsonschema` installs it") from None
    places = {(d.span.line, d.span.column) for d in problems if d.span is not None}
    found = [d for d in found if d.span is None or (d.span.line, d.span.column) not in places]
    return sorted([*problems, *found], key=lambda d: (d.span.line, d.span.column) if d.span is not None else (0, 0))
