"""`analyzer convert FILE`: a network, read from any format, as a model in YAML or as code."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.cli.main import FINE, UsageError
from analyzer.cli.models import check_files, doubts_about, read_network
from analyzer.cli.options import add_files, add_format, add_model, parsed
from analyzer.cli.output import complain, finish, format_of, heard, note, options_of, write
from analyzer.cli.parser import options_parser
from analyzer.diagnostics import ModelError
from analyzer.engine.network import Network
from analyzer.loader.parse.description import Model
from analyzer.loader.writing import write as written
from analyzer.loader.writing.head import loses_comments
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
    format = format_of(asked, FORMATS, sources=asked.files, option="--to")
    if asked.flat and format.name != "yaml":
        raise UsageError(f"`--flat` is about YAML; it does not apply to `--to {format.name}`")
    texts: dict[str, str] = {}
    read = read_network(asked.files[0], asked, texts)
    options = options_of(asked, format)
    if not isinstance(read, Failed):
        try:
            text = written(*read, format.name, flat=asked.flat)
        except ModelError as error:
            read = Failed(asked.files[0], error.diagnostics)
    if isinstance(read, Failed):
        return finish(asked, [read], texts, format, options)
    _tell(asked, *read, format, texts)
    write(asked, format.render(text, options))
    return FINE


def _tell(asked: Any, model: Model, network: Network, format: Format, texts: dict[str, str]) -> None:
    """Writes to stderr what people should know about the network, and what the result lacks."""
    complain((), (), texts, doubts=heard(asked, doubts_about(model, network)), color=asked.color, width=asked.width)
    if format.name == "yaml" and loses_comments(model):
        note(asked, f"comments of {model.file} are not kept")


def parser() -> ArgumentParser:
    """The options of `analyzer convert`."""
    found = options_parser(
        "analyzer convert",
        "Writes a network, read from YAML, PyTorch, ONNX, Keras, Darknet or Caffe, as a model in YAML or as code "
        "for PyTorch or Keras.",
        usage="analyzer convert [options] FILE",
    )
    add_files(found)
    found.add_argument("--flat", action="store_true", help="YAML with one item for each layer, and groups as sequences")
    add_format(found, FORMATS, "the result", option="--to")
    add_model(found)
    return found


def _text(text: str, options: Options) -> Iterator[str]:
    """The text as it is: a program reads it, and any stream that cannot encode a sign escapes it."""
    yield text


FORMATS = by_name(
    Format("yaml", "a model in YAML", _text, (".yaml", ".yml")),
    Format("torch", "PyTorch code", _text, (".py",)),
    Format("keras", "Keras code", _text, (".py",)),
)
