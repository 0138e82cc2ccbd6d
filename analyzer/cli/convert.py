"""`analyzer convert FILE --flat`: a network, read from any format, as a flat model in YAML."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.cli.main import FINE, UsageError
from analyzer.cli.models import check_files, doubts_about, read_network
from analyzer.cli.options import add_files, add_format, add_model, parsed
from analyzer.cli.output import complain, finish, format_of, heard, options_of, write
from analyzer.cli.parser import options_parser
from analyzer.engine.network import Network
from analyzer.loader.parse.description import Model
from analyzer.loader.text.tree import Mapping, plain_value
from analyzer.loader.writing.flat import write_flat
from analyzer.reporter.foreign import read_from
from analyzer.reporter.format import Format, by_name
from analyzer.reporter.options import Failed, Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser
    from typing import Any


def main(arguments: list[str]) -> int:
    """Writes the network of the file that `arguments` name; returns the exit code."""
    asked = parsed(parser(), arguments)
    check_files(asked.files)
    if len(asked.files) > 1:
        raise UsageError(f"`analyzer convert` takes one model, not {len(asked.files)}")
    if not asked.flat:
        raise UsageError("`analyzer convert` needs `--flat`: it writes one item for each layer, and no other form yet")
    format = format_of(asked, FORMATS, sources=asked.files)
    texts: dict[str, str] = {}
    read = read_network(asked.files[0], asked, texts)
    options = options_of(asked, format)
    if isinstance(read, Failed):
        return finish(asked, [read], texts, format, options)
    model, network = read
    complain((), (), texts, doubts=heard(asked, doubts_about(model, network)), color=asked.color, width=asked.width)
    write(asked, format.render(read, options))
    return FINE


def parser() -> ArgumentParser:
    """The options of `analyzer convert`."""
    found = options_parser(
        "analyzer convert",
        "Writes a network, read from YAML, PyTorch, ONNX, Keras, Darknet or Caffe, as a model in YAML with every layer under its name.",
        usage="analyzer convert [options] --flat FILE",
    )
    add_files(found)
    found.add_argument(
        "--flat", action="store_true", help="one item for each layer, and groups as sequences (required)"
    )
    add_format(found, FORMATS, "the model")
    add_model(found)
    return found


def _yaml(read: tuple[Model, Network], options: Options) -> Iterator[str]:
    """The network as YAML, with the notes about it as comments at the top."""
    model, network = read
    return write_flat(network, _head(model), list(_comments(model, network)))


def _head(model: Model) -> dict[str, Any]:
    """The keys of the model that are not about the network: its name, the settings of a run, the budget."""
    head: dict[str, Any] = {"name": model.name}
    if model.description is not None:
        head["description"] = model.description
    if model.training:
        head["training"] = {key: value for key, value in model.training.items() if value is not None}
    budget = model.tree.get("budget") if isinstance(model.tree, Mapping) and model.budget else None
    if budget is not None and not model.unsettled:
        head["budget"] = plain_value(budget)
    return head


def _comments(model: Model, network: Network) -> Iterator[str]:
    source = network.source
    made = "" if source is None else f" ({', '.join(read_from(source))})"
    yield f"Written by `analyzer convert --flat` from {model.file}{made}."
    if network.weights_dtype is not None:
        yield f"Its weights are {network.weights_dtype}."
    for note in network.notes:
        somewhere = note.span is not None and (note.span.in_text or note.span.label)
        place = f" ({note.span.said})" if note.span is not None and somewhere else ""
        yield f"{note.severity}: {note.message}{place}"


FORMATS = by_name(Format("yaml", "a model in YAML", _yaml, (".yaml", ".yml")))
