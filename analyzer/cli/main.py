"""Runs the command that was asked for, and turns what goes wrong into one line and an exit code.

Exit codes: 0 fine; 1 the model is wrong; 2 the command line, a file or the output is at fault; 130 interrupted.
"""

from __future__ import annotations

import os
import sys

from analyzer.cli import INTERRUPTED, OUT_OF_MEMORY
from analyzer.cli.reserve import NO_MEMORY, give_back, is_memory_short
from analyzer.reporter import light

FINE, WRONG, FAULT = 0, 1, 2

#: The commands other than the report, each with what it does; each is the module of its name.
COMMANDS = {
    "check": "finds what is wrong or wasteful in networks; for people, pre-commit and build servers",
    "memory": "the memory that inference and training need, and whether it fits on a device",
    "diff": "the differences between two networks: a design review",
    "config": "the defaults that hold for a model, and where each comes from",
    "sizes": "the input sizes that a network accepts, and the input for a wanted output",
    "sweep": "every width and depth: what each variant costs, which fit, the largest that fits, the front",
    "explain": "the arithmetic of layers with their numbers: outputs, parameters, MACs, memory, receptive field",
    "convert": "writes a network, also of a PyTorch, ONNX, Keras, Darknet or Caffe file, as YAML, PyTorch or Keras code",
    "layers": "the layer types with their parameters, formulas and sources",
    "example": "prints an example model to start from",
    "schema": "prints the JSON Schema of model files, or checks files against it",
    "completion": "prints a script for bash, zsh or fish that completes commands, options and values",
}

_WELCOME = """\
analyzer calculates the output and the cost of every layer of a convolutional network, before any training code exists.

Begin with an example:
  analyzer example > model.yaml      a small network, with comments
  analyzer model.yaml                its table: shapes, weights, biases, memory, MACs; shared and locally connected

Then:
  analyzer example resnet50          one of the shipped networks (analyzer example --list)
  analyzer layers                    the layer types; analyzer layers conv shows one
  analyzer --help                    all options
"""


class UsageError(Exception):
    """The command line is at fault; the message is one line for the user."""


class WrittenInput(UsageError):
    """A command would write to a file that it reads."""


def main(arguments: list[str]) -> int:
    """Runs the command that `arguments` ask for and returns its exit code."""
    if not arguments:
        sys.stdout.write(_WELCOME)
        return FINE
    name = arguments[0] if arguments[0] in COMMANDS else "report"
    light.argparse()  # every command imports it
    __import__(f"analyzer.cli.{name}")  # `importlib` itself takes longer than most modules of the command
    code: int = sys.modules[f"analyzer.cli.{name}"].main(arguments[1:] if name != "report" else arguments)
    return code


def process(arguments: list[str]) -> int:
    """`main` for a whole process: prepares its streams, and returns its exit code."""
    if sys.stdin is None:  # closed by the shell; otherwise the next file that is opened would become stdin
        os.open(os.devnull, os.O_RDONLY)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the shell; whatever is written to it is dropped
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    code = guarded(arguments)
    try:
        sys.stderr.flush()
    except (OSError, ValueError):
        pass  # nobody is left to tell
    return code


def guarded(arguments: list[str]) -> int:
    """Runs `main`; whatever goes wrong ends in one line on stderr or none, never in a traceback."""
    try:
        return _guarded(arguments)
    finally:
        if "analyzer.cli.temporary" in sys.modules:
            sys.modules["analyzer.cli.temporary"].remove()


def _guarded(arguments: list[str]) -> int:
    from analyzer.loader.text.files import FileError
    from analyzer.settings import SettingError

    try:
        code = _ended(arguments)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        _abandon_stdout()
        _say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        _abandon_stdout()
        return FINE
    except WrittenInput as error:
        _say(str(error))
        return FAULT
    except SettingError as error:
        return _fault(error.text(_option), arguments)
    except (UsageError, FileError) as error:
        return _fault(str(error), arguments)
    except OSError as error:
        if is_memory_short():
            return _out_of_memory()
        _abandon_stdout()
        _say(f"the output cannot be written: {error.strerror or error}")
        return FAULT
    except RecursionError:
        return _fault("the model nests too deeply", arguments, WRONG)
    except MemoryError:
        return _out_of_memory()
    except Exception as error:
        if is_memory_short():
            return _out_of_memory()
        if os.environ.get("ANALYZER_DEBUG"):
            raise
        said = f"{type(error).__name__}: {error}; ANALYZER_DEBUG=1 shows where"
        return _fault(f"internal error in analyzer, not in your model: {said}", arguments)


def _out_of_memory() -> int:
    give_back()
    _say(NO_MEMORY)
    return OUT_OF_MEMORY


def _ended(arguments: list[str]) -> int:
    """`main`, whose parsers end the process after `--help` and `--version`."""
    try:
        return main(arguments)
    except SystemExit as end:
        return FINE if end.code is None else int(end.code)


def _fault(message: str, arguments: list[str], code: int = FAULT) -> int:
    """Says what is at fault, and that the file of `-o` is still the one before; returns the exit code."""
    from analyzer.cli.kept import kept, output_in

    for line in filter(None, (message, kept(output_in(arguments)))):
        _say(line)
    return code


def _option(setting: str) -> str:
    """The option that gives a setting; that of `tf32` says no."""
    return f"--{'no-' if setting == 'tf32' else ''}{setting.replace('_', '-')}"


def _say(message: str) -> None:
    """Writes one line to stderr, escaping what the stream cannot encode."""
    from analyzer.source import inert

    try:
        encoding = sys.stderr.encoding or "ascii"
        line = f"analyzer: {inert(message)}\n"
        sys.stderr.write(line.encode(encoding, "backslashreplace").decode(encoding))
        sys.stderr.flush()
    except OSError:
        pass


def _abandon_stdout() -> None:
    """Keeps the interpreter from flushing output at exit that cannot be written."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        pass  # a stream without a file, as tests have
