"""`analyzer layers [TYPE]`: the catalogue at the terminal."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from analyzer.cli.main import FINE, UsageError
from analyzer.cli.options import add_no_config
from analyzer.cli.output import write_stdout
from analyzer.cli.parser import options_parser
from analyzer.layers import CATALOGUE, Layer, Parameter
from analyzer.layers.elsewhere import found_elsewhere, nearest_type, type_help

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser


def main(arguments: list[str]) -> int:
    """Prints the types, or one of them; returns the exit code."""
    asked = parser().parse_args(arguments)
    if asked.type is None:
        write_stdout(_overview())
        return FINE
    layer = CATALOGUE.get(asked.type)
    if layer is None:
        elsewhere = found_elsewhere(asked.type)
        if elsewhere is None:
            hint = type_help(asked.type) or nearest_type(asked.type) or "`analyzer layers` lists them"
            raise UsageError(f"unknown layer type `{asked.type}`; {hint}")
        write_stdout([f"`{asked.type}` is called `{elsewhere}` here.\n\n"])
        layer = CATALOGUE[elsewhere.partition(":")[0]]
    write_stdout(_page(layer))
    return FINE


def parser() -> ArgumentParser:
    """The options of `analyzer layers`."""
    found = options_parser(
        "analyzer layers", "Lists the layer types by family, or shows one with its parameters and formulas."
    )
    found.add_argument("type", nargs="?", metavar="TYPE", help="a layer type, or its name in another framework")
    add_no_config(found)
    return found


def _overview() -> Iterator[str]:
    wide = max(map(len, CATALOGUE)) + 2
    family = ""
    for name, layer in CATALOGUE.items():
        if layer.family != family:
            family = layer.family
            yield f"{'' if name == next(iter(CATALOGUE)) else chr(10)}{family}\n"
        yield f"  {name:<{wide}}{_first_sentence(layer)}\n"
    yield "\n`analyzer layers TYPE` shows one with its parameters and formulas.\n"


def _first_sentence(layer: type[Layer]) -> str:
    first = inspect.getdoc(layer) or ""
    sentence = first.partition("\n\n")[0].replace("\n", " ")
    return sentence.partition(" Source: ")[0]


def _page(layer: type[Layer]) -> Iterator[str]:
    yield f"{layer.type}\n\n"
    yield from (f"  {line}".rstrip() + "\n" for line in (inspect.getdoc(layer) or "").splitlines())
    if layer.declared:
        yield "\nparameters (* may be given as a bare value)\n"
        names = [_spelled(p) for p in layer.declared.values()]
        wide = max(map(len, names)) + 2
        for name, declaration in zip(names, layer.declared.values(), strict=True):
            default = "required" if declaration.required else f"default: {default_text(declaration)}"
            yield f"  {name:<{wide}}{declaration.doc}; {default}\n"
            yield f"  {'':<{wide}}{declaration.kind.words}\n"
    names_elsewhere = [name.partition(" → ")[0] for name in layer.elsewhere]
    if names_elsewhere:
        yield f"\nelsewhere: {', '.join(names_elsewhere)}\n"


def _spelled(declaration: Parameter) -> str:
    letter = f" ({declaration.letter})" if declaration.letter else ""
    return f"{declaration.name}{'*' if declaration.main else ''}{letter}"


def default_text(declaration: Parameter) -> str:
    """A default as one would write it."""
    if declaration.shown_default is not None:
        return declaration.shown_default or "none"
    if isinstance(declaration.default, bool):
        return "true" if declaration.default else "false"
    if isinstance(declaration.default, tuple):
        return f"[{', '.join(map(str, declaration.default))}]"
    return str(declaration.default)
