"""`analyzer config [FILE]`: the defaults that hold for a model or a folder, each with where it comes from."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping

from analyzer.cli.configuration import OWN, SHARED, Settings, may_be_ours, short
from analyzer.cli.declared import OPTIONS
from analyzer.cli.main import FINE, UsageError
from analyzer.cli.models import label_of, read_network
from analyzer.cli.options import add_format, add_model, parsed
from analyzer.cli.output import finish, format_of, note, write
from analyzer.cli.parser import options_parser
from analyzer.diagnostics import SEVERITIES
from analyzer.record import Record
from analyzer.reporter.format import Format, by_name
from analyzer.reporter.options import Failed, Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser
    from typing import Any

BUILT_IN = "built-in"

#: What `training` of a model may give besides options that several commands have, with the built-in values.
_TRAINING = {
    "weight-decay": 0, "step": "foreach", "loss": "cross_entropy", "autocast": None, "checkpoint": None, "accumulate": 1,
    "ema": False, "master-weights": False, "ranks": 1, "strategy": None, "layout": "channels_first", "tf32": True,
}  # fmt: skip

#: The settings of `analyzer check`, with the built-in values.
_OF_CHECK = {"select": [], "ignore": [], "severity": SEVERITIES[-1], "exit-zero": False, "per-file-ignores": {}}


class Found(Record):
    """The defaults for a file: each value with where it comes from, by the option's name."""

    file: str | None
    configuration: str | None
    values: Mapping[str, tuple[Any, str]]


def main(arguments: list[str]) -> int:
    """Prints the defaults for the file that `arguments` name, or for the current folder; returns the exit code."""
    asked = parsed(parser(), arguments)
    if len(asked.files) > 1:
        raise UsageError(f"`analyzer config` takes one model or folder, not {len(asked.files)}")
    format = format_of(asked, FORMATS, sources=asked.files)
    file = asked.files[0] if asked.files else None
    training: Mapping[str, Any] = {}
    if file is not None and not os.path.isdir(file):
        texts: dict[str, str] = {}
        read = read_network(file, asked, texts)
        if isinstance(read, Failed):
            return finish(asked, [read], texts, format, Options())
        training = read[0].training
    settings = Settings() if asked.configuration is None else asked.configuration.of(file or "-")
    write(asked, format.render(_found(file, settings, training), Options()))
    _second(asked, settings)
    return FINE


def parser() -> ArgumentParser:
    """The options of `analyzer config`."""
    found = options_parser(
        "analyzer config",
        "Shows the defaults that hold for a model, and where each comes from: built-in, the configuration "
        f"({OWN}, or [tool.analyzer] in {SHARED}), or `training` in the model.",
        usage="analyzer config [options] [FILE]",
    )
    found.add_argument("files", nargs="*", metavar="FILE", help="a model or a folder (default: the current folder)")
    add_format(found, FORMATS, "the defaults")
    add_model(found)
    return found


def _found(file: str | None, settings: Settings, training: Mapping[str, Any]) -> Found:
    """The value of each option, and where it comes from."""
    usual = {**{name: option().default for name, option in OPTIONS.items()}, **_TRAINING, **_OF_CHECK}
    written = {name.replace("_", "-"): value for name, value in training.items()}
    values = {}
    for name, value in usual.items():
        if name in written:
            values[name] = written[name], f"training in {label_of(file or '-')}"
        elif name in settings.values:
            values[name] = settings.values[name], settings.label
        else:
            values[name] = value, BUILT_IN
    return Found(None if file is None else label_of(file), settings.label or None, values)


def _second(asked: Any, settings: Settings) -> None:
    """Notes a file that has settings too, and that nobody reads: a folder's own file wins."""
    other = os.path.join(settings.folder, SHARED)
    if settings.label.endswith(OWN) and os.path.exists(other):
        from analyzer.cli.configured import settings_in

        data = asked.inputs.read(other)
        if may_be_ours(data) and settings_in(data, short(other), shared=True) is not None:
            note(asked, f"[tool.analyzer] in `{short(other)}` is not read, because `{settings.label}` is beside it")


def _text(found: Found, options: Options) -> Iterator[str]:
    """A line for each value."""
    lines = [(name, _shown(name, value), source) for name, (value, source) in found.values.items()]
    wide = [max(len(line[place]) for line in lines) for place in (0, 1)]
    for name, value, source in lines:
        yield f"{name:<{wide[0]}}  {options.fit(value):<{wide[1]}}  {options.fit(source)}\n"


def _shown(name: str, value: Any) -> str:
    """A value as a configuration has it; `-` for none."""
    value = _plain(value)
    if value is None or value == [] or value == {}:
        return "-"
    if isinstance(value, list):
        return ",".join(value)
    return json.dumps(value) if isinstance(value, dict | bool) else _spelled(name, value)


def _spelled(name: str, value: Any) -> str:
    return OPTIONS[name]().spell(value) if name in OPTIONS else str(value)


def _plain(value: Any) -> Any:
    """A value as JSON has it: a device by its name."""
    from analyzer.engine.memory.devices import Device

    return value.name if isinstance(value, Device) else value


def _json(found: Found, options: Options) -> Iterator[str]:
    """One object, with each value and where it comes from."""
    yield f'{{"format": 1, "file": {json.dumps(found.file)}, "configuration": {json.dumps(found.configuration)},\n "values": {{'
    before = "\n  "
    for name, (value, source) in found.values.items():
        yield f'{before}"{name}": {json.dumps({"value": _plain(value), "from": source})}'
        before = ",\n  "
    yield "\n }}\n"


FORMATS = by_name(
    Format("text", "a line for each default", _text),
    Format("json", "an object, for programs", _json, (".json",)),
)
