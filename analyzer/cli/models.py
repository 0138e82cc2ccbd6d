"""How the commands read models: from a file or stdin, with the settings of the command line."""

from __future__ import annotations

import os
from collections.abc import Sequence

from analyzer.cli.given import Given
from analyzer.cli.main import COMMANDS, UsageError
from analyzer.diagnostics import UNREADABLE, Diagnostic, ModelError, in_order, nearest
from analyzer.engine.network import Network
from analyzer.loader.expand.expansion import expand, settled
from analyzer.loader.parse.description import Model
from analyzer.loader.parse.file import parse
from analyzer.loader.text.files import FileError, decode
from analyzer.reporter.options import Failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def check_files(files: Sequence[str]) -> None:
    """Refuses a command line without a model, or with stdin twice."""
    if not files:
        raise UsageError("no model is given; `analyzer example > model.yaml` writes one to start from")
    if files.count("-") > 1:
        raise UsageError("stdin (`-`) can be read once")


def read_network(file: str, asked: Any, texts: dict[str, str]) -> tuple[Model, Network] | Failed:
    """The model of one file and its network, or the mistakes in it. Its text goes to `texts`."""
    given = read_given(file, asked)
    return given if isinstance(given, Failed) else network_of(given, asked, texts)


def read_given(file: str, asked: Any) -> Given | Failed:
    """One file as it was given, or why it cannot be read."""
    try:
        return asked.inputs.model(file)  # type: ignore[no-any-return]  # `asked` is what argparse makes
    except FileError as error:
        return Failed(label_of(file), [Diagnostic(UNREADABLE, f"{error}{hint(file)}", None)])


def label_of(file: str) -> str:
    """The name of a file, or of stdin, for people."""
    return "<stdin>" if file == "-" else file


def network_of(given: Given, asked: Any, texts: dict[str, str]) -> tuple[Model, Network] | Failed:
    """The model of a file and its network, or the mistakes in it. The file's text goes to `texts`."""
    read = mistakes_in(given, asked, texts)
    if isinstance(read, Failed):
        return read
    model, network, mistakes = read
    return Failed(given.label, mistakes) if mistakes else (model, network)


def mistakes_in(
    given: Given, asked: Any, texts: dict[str, str]
) -> tuple[Model, Network, Sequence[Diagnostic]] | Failed:
    """The model of a file, its network and the mistakes in it: the network then has the layers that could be placed.

    `Failed` where there is no network at all. The file's text goes to `texts`.
    """
    try:
        model, problems = parsed_model(given, asked, texts)
        if model is None:
            return Failed(given.label, problems)
        set, input = settings_of(given, asked)
        network, found = expand(model, set=set, input=input)
        model, unsettled = settled(model, set, None if problems or found else network)
        if vars(asked).get("dtype") is not None:
            network.store(None)
    except ModelError as error:
        return Failed(given.label, error.diagnostics)
    return model, network, in_order([*problems, *found, *unsettled])


def parsed_model(given: Given, asked: Any, texts: dict[str, str]) -> tuple[Model | None, list[Diagnostic]]:
    """The model of a file and the mistakes in its structure; the model is None after some. Its text goes to `texts`.

    Raises `ModelError` for bytes that are no text.
    """
    if given.format is None:
        texts[given.label] = decode(given.data, given.label)
        parsed = parse(texts[given.label], given.label)
        return parsed.model, parsed.problems
    from analyzer.loader.formats import read, texts_of  # most models are YAML

    inputs = inputs_of(asked)
    if given.call is not None:
        from analyzer.cli.running import run  # few models are callables

        if mistakes := run(given, inputs, asked, texts):
            return None, mistakes
        inputs = None if given.format == "pt2" else inputs  # torch has exported the network for them
    try:
        model, problems = read(given.path, inputs, dict(asked.set), label=given.label, format=given.format)
        if model is None:
            texts.update(texts_of(given.path, given.label, problems))
        else:
            texts.update(model.texts)
            if model.text:
                texts[given.label] = model.text
            if given.call is not None:
                model.name = given.call.built
    except FileError as error:
        return None, [Diagnostic(UNREADABLE, str(error), None)]
    return model, problems


def settings_of(given: Given, asked: Any) -> tuple[dict[str, Any], dict[str, str] | str | None]:
    """The variables and input volumes for the expansion of a model; a reader of another format has taken its own."""
    return (dict(asked.set), inputs_of(asked)) if given.format is None else ({}, None)


def doubts_about(model: Model, network: Network) -> Sequence[Diagnostic]:
    """The notes about a network, and what makes all of its numbers those of another one, though every layer fits."""
    if not network.doubtful:
        return tuple(network.notes)
    from analyzer.checks.doubts import doubts  # the checks are imported where there may be a doubt

    return *doubts(network, model), *network.notes


def inputs_of(asked: Any) -> dict[str, str] | str | None:
    """The volumes of `--input`: one for the first input, or several by name."""
    if len(asked.input) == 1 and "=" not in asked.input[0]:
        return str(asked.input[0])
    volumes = {}
    for text in asked.input:
        name, equals, volume = text.partition("=")
        if not equals:
            raise UsageError(f"with several `--input`, each needs a name: `--input name={text}`")
        volumes[name] = volume
    return volumes or None


def hint(file: str) -> str:
    """The end of the message about a file that does not exist: what may have been meant."""
    if file == "-" or "\0" in file or os.path.lexists(file):
        return ""
    if file.lower().startswith(("http://", "https://", "ftp://")):
        from shlex import quote

        return f"; it is an address: download the file first, `curl -LO {quote(_raw(file))}`"
    target, colon, built = file.rpartition(":")
    if colon and os.path.isfile(f"{target}.py"):
        return f"; did you mean `{target}.py:{built}`?"
    if colon and target.endswith(".py") and os.path.isfile(target):
        return f"; a callable in it is written `{target}:NAME`, with arguments `{target}:NAME(width=2)`"
    folder, name = os.path.split(file)
    try:
        names = os.listdir(folder or ".")
    except OSError:
        return ""
    near = nearest(name, names)
    if near is not None and near != name:
        return f"; did you mean `{os.path.join(folder, near)}`?"
    if not folder and name.isidentifier():
        near = nearest(name, COMMANDS)
        return f"; did you mean the command `{near}`?" if near is not None else "; a model file ends in .yaml"
    return ""


def _raw(address: str) -> str:
    """The address of a file itself, where a service's page that shows the file is given.

    >>> _raw("https://github.com/owner/name/blob/main/net.yaml")
    'https://raw.githubusercontent.com/owner/name/main/net.yaml'
    """
    start, blob, rest = address.partition("/blob/")
    if start.startswith("https://github.com/"):
        return (
            f"https://raw.githubusercontent.com/{start.removeprefix('https://github.com/')}/{rest}" if blob else address
        )
    return f"{start}/{'raw' if start.endswith('/-') else 'resolve'}/{rest}" if blob else address
