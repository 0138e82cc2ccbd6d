"""`analyzer sizes FILE`: which sizes of its input a network accepts."""

from __future__ import annotations

import argparse

from analyzer.cli.main import FINE, WRONG, UsageError
from analyzer.cli.models import check_files, network_of, parsed_model, read_given, settings_of
from analyzer.cli.options import add_files, add_format, add_model, parsed
from analyzer.cli.output import complain, finish, format_of, heard, note, options_of, write
from analyzer.cli.parser import options_parser
from analyzer.diagnostics import ModelError
from analyzer.engine.sizing.result import Sizes
from analyzer.loader.expand.sizes import is_size, sizes_of
from analyzer.reporter.options import Failed
from analyzer.reporter.sizes import FORMATS
from analyzer.reporter.sizes.words import tried_in_words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_EPILOG = """\
The sizes that are tried are 1 to 256, and 64 on each side of the file's size and of --near; --range gives others.
`--output 64x64` asks for the input of this output; any other value of --output, and every value of -o, is a file.

exit codes: 0 a size is accepted; 1 none is, or none gives the wanted output; 2 the command line or a file is at fault."""


def main(arguments: list[str]) -> int:
    """Answers which sizes the network that `arguments` name accepts; returns the exit code."""
    asked = parsed(parser(), arguments)
    check_files(asked.files)
    if len(asked.files) > 1:
        raise UsageError(f"`analyzer sizes` takes one model, not {len(asked.files)}")
    format = format_of(asked, FORMATS, sources=asked.files)
    texts: dict[str, str] = {}
    sizes = _sizes(asked, texts)
    options = options_of(asked, format)
    if isinstance(sizes, Failed):
        return finish(asked, [sizes], texts, format, options)
    why = [] if any(one.accepted for one in sizes.answers) else [_nothing(sizes)]
    complain(heard(asked, sizes.diagnostics), why, texts, color=asked.color, width=asked.width)
    write(asked, format.render([sizes], options))
    return FINE if sizes.found else WRONG


def parser() -> argparse.ArgumentParser:
    """The options of `analyzer sizes`."""
    found = options_parser(
        "analyzer sizes",
        "Says which sizes of its input a network accepts, by placing it with each, and at which of them no pixel is lost.",
        usage="analyzer sizes [options] FILE",
        epilog=_EPILOG,
    )
    add_files(found)
    add = found.add_argument
    add("--of", metavar="NAME", help="the input that is asked about (default: the first)")
    add("--near", metavar="SIZE", help="the nearest accepted sizes to this one, such as 358x358 (default: the file's)")
    add("--range", metavar="A:B", help="try the sizes from A to B, such as 1:512, and no others")
    more = "; `--output 64x64`: the input for this output"
    add_format(found, FORMATS, "the answer", action=_SizeOrFile, more=more)
    add_model(found)
    found.set_defaults(wanted=None)
    return found


class _SizeOrFile(argparse.Action):
    """`--output` with a size asks for the input of this output; with anything else it names the file, as `-o` does."""

    def __call__(self, parser: object, namespace: Any, values: Any, option_string: str | None = None) -> None:
        if option_string == "--output" and values is not None and is_size(values):
            namespace.wanted = values
        else:
            namespace.output = values


def _sizes(asked: Any, texts: dict[str, str]) -> Sizes | Failed:
    """The answer about the file, or what is wrong with it; its text goes to `texts`."""
    (file,) = asked.files
    given = read_given(file, asked)
    if isinstance(given, Failed):
        return given
    try:
        model, problems = parsed_model(given, asked, texts)
        if model is not None and not problems:
            wanted = {"of": asked.of, "near": asked.near, "range": asked.range, "output": asked.wanted}
            set, input = settings_of(given, asked)
            if given.format is not None:
                note(
                    asked,
                    "the layers are those of the file's own input; a size that the file calculates stays as it is",
                )
            return sizes_of(model, **wanted, set=set, input=input)
    except ModelError as error:
        return Failed(given.label, error.diagnostics)
    failed = network_of(given, asked, texts)  # with the mistakes that appear only when it is expanded
    assert isinstance(failed, Failed)
    return failed


def _nothing(sizes: Sizes) -> str:
    """The message that no size is accepted."""
    one = sizes.answers[-1]
    largest = sizes.largest[sizes.input].pretty()
    tried = tried_in_words(one.tried)
    return f"`{sizes.file}` accepts no size of {tried}; the mistake above is that of the largest, {largest}"
