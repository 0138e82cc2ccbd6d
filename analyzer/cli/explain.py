"""`analyzer explain FILE [LAYER…]`: the arithmetic of layers, with their numbers put in."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import pairwise

from analyzer.cli.given import Given
from analyzer.cli.main import WRONG, UsageError
from analyzer.cli.models import doubts_about, mistakes_in, read_given
from analyzer.cli.options import add_format, add_model, add_options, batch_and_dtype, parsed
from analyzer.cli.output import complain, finish, format_of, kept_as_it_is, options_of, write
from analyzer.cli.parser import options_parser
from analyzer.engine.analysis import analyze_network
from analyzer.engine.explained.chosen import UnknownLayer
from analyzer.engine.explained.explain import explain_network
from analyzer.engine.explained.result import Explanation
from analyzer.reporter.explanation import FORMATS
from analyzer.reporter.options import Failed
from analyzer.source import shown
from analyzer.volume import read_sizes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser
    from typing import Any

#: What messages call the model of a volume and layers on the command line.
WRITTEN = "<command line>"

#: The endings of model files.
_ENDINGS = (".yaml", ".yml", ".json", ".pt2", ".onnx", ".keras", ".h5", ".cfg", ".prototxt")


def main(arguments: list[str]) -> int:
    """Explains the layers that `arguments` name; returns the exit code."""
    asked = parsed(parser(), arguments, "words")
    if not asked.words:
        raise UsageError(
            "no model is given; `analyzer explain 32x32x3 'conv: {K: 20, F: 8, S: 2, P: 1}'` needs no file"
        )
    first, *rest = asked.words
    written = is_volume(first) and not os.path.lexists(first)
    _check_one_file(first, rest, written=written)
    format = format_of(asked, FORMATS, sources=[] if written else [first])
    texts: dict[str, str] = {}
    given = Given(WRITTEN, model_text(first, rest).encode()) if written else read_given(first, asked)
    report = given if isinstance(given, Failed) else _explanation(given, () if written else rest, asked, texts)
    options = options_of(asked, format)
    if isinstance(report, Failed) or not report.refused:
        return finish(asked, [report], texts, format, options)
    untouched = kept_as_it_is(asked)
    if untouched is None:
        write(asked, format.render([report], options))
    faults = [] if untouched is None else [untouched]
    complain(report.refused, faults, texts, color=asked.color, width=asked.width)
    return WRONG


def parser() -> ArgumentParser:
    """The options of `analyzer explain`."""
    found = options_parser(
        "analyzer explain",
        "Shows the arithmetic of layers, with their numbers put in: output, weights, biases, MACs, memory, what is kept "
        "for the backward pass, receptive field.",
        usage="analyzer explain [options] FILE [LAYER…]\n       analyzer explain [options] VOLUME LAYER…",
        epilog="A LAYER of a file is the name of a layer, of a block, or of an input; without names, all layers are "
        "explained.\nWithout a file: analyzer explain 32x32x3 'conv: {K: 20, F: 8, S: 2, P: 1}' 'max_pool: 2'",
    )
    found.add_argument("words", nargs="*", metavar="FILE", help="a model file, or a volume; then layers; - is stdin")
    add_format(found, FORMATS, "the explanation")
    add_options(found, "mode", "batch", "dtype")
    add_model(found)
    return found


def is_volume(word: str) -> bool:
    """Whether a word is a volume: whole sizes only."""
    sizes = read_sizes(word)
    return sizes is not None and None not in sizes


def model_text(volume: str, layers: Sequence[str]) -> str:
    """The model of a volume and layers as its file would be; a layer of several lines stays one item.

    >>> print(model_text("32x32x3", ["conv: {K: 20, F: 8}", "max_pool: 2"]))
    input: 32x32x3
    layers:
      - conv: {K: 20, F: 8}
      - max_pool: 2
    <BLANKLINE>
    """
    if not layers:
        raise UsageError(f"a layer is needed after the volume: `analyzer explain {volume} 'conv: {{K: 20, F: 8}}'`")
    for layer, following in pairwise(layers):
        if layer.endswith(":") and following.startswith("{"):  # the shell has split a layer at its spaces
            raise UsageError(f"quote each layer, since it has spaces: '{shown(layer)} {{…}}'")
    items = ["  - " + "\n    ".join(layer.splitlines() or [""]) for layer in layers]
    return "\n".join([f"input: {volume}", "layers:", *items, ""])


def _check_one_file(first: str, rest: Sequence[str], *, written: bool) -> None:
    """Refuses a second file, since the command explains one model, and a layer that is written beside a file."""
    for word in rest if not written else ():
        if ": " in word:
            raise UsageError(
                f"`{shown(word)}` is no name; layers are written after a volume: `analyzer explain 32x32x3 …`"
            )
        if word == "-" or word.lower().endswith(_ENDINGS):
            raise UsageError(f"`analyzer explain` takes one model: `{shown(first)}` or `{shown(word)}`")


def _explanation(given: Given, names: Sequence[str], asked: Any, texts: dict[str, str]) -> Explanation | Failed:
    """The explanation of a model; of a network that was refused, up to the refusal."""
    label = given.label
    read = mistakes_in(given, asked, texts)
    if isinstance(read, Failed):
        return read
    model, network, mistakes = read
    if mistakes and not (network.nodes or network.refused):
        return Failed(label, mistakes)
    batch, dtype = batch_and_dtype(asked, asked.words[0], model.training)
    analysis = analyze_network(
        network,
        name="" if label == WRITTEN else model.name,
        file=model.file,
        batch=batch,
        dtype=dtype,
        diagnostics=() if mistakes else doubts_about(model, network),
    )
    try:
        return explain_network(analysis, names, mode=asked.mode, mistakes=mistakes)
    except UnknownLayer as error:
        if mistakes:
            return Failed(label, mistakes)
        raise UsageError(str(error)) from None
