"""Models as tests of the loader write them: text in, placed layers or findings out."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

from analyzer.diagnostics import Diagnostic, ModelError
from analyzer.engine.network import Network
from analyzer.loader.expand.expansion import expand
from analyzer.loader.parse.description import Model
from analyzer.loader.parse.file import parse

FILE = "net.yaml"


def found(text: str, **given: Any) -> list[Diagnostic]:
    """Everything that is found in a model's text."""
    read = parse(dedent(text), FILE)
    model, problems = read.model, read.problems
    return problems if model is None else [*problems, *expand(model, **given)[1]]


def messages(text: str, **given: Any) -> list[str]:
    """The findings in a model's text, each with its place: `3:5 VALUE101 message`."""
    return [f"{d.span.line}:{d.span.column} {d.code} {d.message}" for d in found(text, **given) if d.span]


def parsed(text: str) -> Model:
    """The description of a text without mistakes."""
    read = parse(dedent(text), FILE)
    model, problems = read.model, read.problems
    if problems or model is None:
        raise ModelError(problems)
    return model


def network(text: str, **given: Any) -> Network:
    """The placed network of a text without mistakes."""
    placed, problems = expand(parsed(text), **given)
    if problems:
        raise ModelError(problems)
    return placed


def outputs(text: str, **given: Any) -> dict[str, str]:
    """The output volumes of a text without mistakes, by the full names of the layers, in the order of placing."""
    return {node.name: str(node.output) for node in network(text, **given).nodes}


def layers(items: str, input: str = "32x32x3", **given: Any) -> dict[str, str]:
    """The same for items alone, one a line."""
    lines = "".join(f"  {line}\n" for line in dedent(items).strip("\n").splitlines())
    return outputs(f"input: {input}\nlayers:\n{lines}", **given)


def reads(text: str, name: str) -> list[str]:
    """The names of what a layer reads."""
    node = next(node for node in network(text).nodes if node.name == name)
    return [source.name for source in node.inputs]
