"""One parser of the whole command line, with what each word of it can be, for the scripts of `analyzer completion`."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from analyzer.cli.main import COMMANDS
from analyzer.cli.parsers import parsers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The shells, each with the command that sets its completion up for good.
SHELLS = {
    "bash": "analyzer completion bash > ~/.local/share/bash-completion/completions/analyzer",
    "zsh": 'analyzer completion zsh > "${fpath[1]}/_analyzer"',
    "fish": "analyzer completion fish > ~/.config/fish/completions/analyzer.fish",
}
#: Model files, and the saved reports that `diff` and `schema` read too.
_MODELS = ("*.yaml", "*.yml")
_REPORTS = (*_MODELS, "*.json")


def script(shtab: Any, shell: str) -> str:
    """The script for a shell. The report's files are added here: `shtab` completes files or subcommands, not both."""
    root = _root(shtab)
    models = shtab.glob(*_MODELS)
    defined, function = models["preamble"].get(shell, ""), models[shell]
    if shell == "bash":
        places = "_shtab_analyzer_pos_0_nargs=1\n_shtab_analyzer_pos_1_nargs='*'\n"
        places += "".join(f"_shtab_analyzer_pos_{place}_COMPGEN={function}\n" for place in (0, 1))
        return str(shtab.complete(root, shell, preamble=defined + places)) + "\n"
    if shell == "fish":
        files = f"complete -c analyzer -n _shtab_analyzer_using -ka '{function}' -d 'a model'\n"
        return f"{shtab.complete(root, shell, preamble=defined)}\n{files}"
    return str(shtab.complete(root, shell, preamble=_ZSH.format(models=function, names=" ".join(COMMANDS)))) + "\n"


def _root(shtab: Any) -> argparse.ArgumentParser:
    """A parser with a subcommand for each command; its own options are the report's, the command without a name."""
    commands = argparse.ArgumentParser(add_help=False)
    subparsers = commands.add_subparsers()
    found = parsers()
    for name, parser in found.items():
        for action in parser._actions:  # where shtab reads them, with their `complete`
            _complete(name, action, shtab)
    report = found.pop("report")
    for name, parser in found.items():
        about = COMMANDS[name]
        subparsers.add_parser(name, parents=[parser], add_help=False, description=about, help=about)
    root = argparse.ArgumentParser("analyzer", parents=[commands, report], add_help=False)
    for action in root._actions:
        if action.dest == "files":
            action.help = argparse.SUPPRESS  # `script` adds them
    return root


def _complete(command: str, action: argparse.Action, shtab: Any) -> None:
    """Says how an option or an operand is completed, where its choices do not say it."""
    metavar = str(action.metavar)
    if action.choices:
        return
    if action.dest in _LISTS:
        name, words = _LISTS[action.dest]
        complete: Any = _listed(name, words(command))
    elif action.dest in _WORDS:
        action.choices = _WORDS[action.dest](command)
        return
    elif action.dest in ("output", "python"):
        complete = shtab.FILE
    elif metavar in ("BASE", "OLD NEW") or (action.dest, metavar) == ("check", "FILE"):
        complete = shtab.glob(*_REPORTS)
    elif metavar == "FILE":
        complete = shtab.glob(*_MODELS)
    else:
        return
    vars(action)["complete"] = complete


def _columns(command: str) -> list[str]:
    if command == "memory":
        from analyzer.reporter.memory.layers import COLUMNS, METRICS
    else:
        from analyzer.reporter.analysis.columns import COLUMNS, METRICS
    return [*COLUMNS, *METRICS, "help"]


def _codes(command: str) -> list[str]:
    from analyzer.checks.run import checks

    return [word for check in checks() for word in (check.CODE, check.NAME)]


def _types(command: str) -> list[str]:
    from analyzer.layers import CATALOGUE

    return list(CATALOGUE)


def _examples(command: str) -> list[str]:
    from analyzer.cli.example import examples

    return list(examples())


def _cards(command: str) -> list[str]:
    from analyzer.engine.memory.devices import CARDS

    return ["list", *(card.name.replace(" ", "-") for card in CARDS)]


#: The words that an option or an operand can be, by its name; and those of which it can be a list with commas.
_WORDS: dict[str, Callable[[str], list[str]]] = {
    "depth": lambda command: ["auto", "all", "1", "2", "3"],
    "sort": lambda command: _columns(command)[:-1],
    "explain": _codes,
    "device": _cards,
    "checkpoint": lambda command: ["blocks", "sqrt"],
    "type": _types,
    "name": _examples,
    "shell": lambda command: list(SHELLS),
}
_LISTS = {"columns": ("columns", _columns), "select": ("codes", _codes), "ignore": ("codes", _codes)}


def _listed(name: str, words: list[str]) -> dict[str, Any]:
    """How each shell completes a list of words with commas between them."""
    function, spaced = f"_analyzer_{name}", " ".join(words)
    return {
        "bash": function,
        "zsh": f"_values -s , {name} {spaced}",
        "fish": f"({function})",
        "preamble": {
            "bash": f'{function}() {{\n  local before=""\n  [[ $1 == *,* ]] && before=${{1%,*}},\n'
            f'  compgen -P "$before" -W "{spaced}" -- "${{1##*,}}"\n}}',
            "fish": f"function {function}\n  set -l before (string match -r '^.*,' -- (commandline -ct))\n"
            f'  printf "$before%s\\n" {spaced}\nend',
        },
    }


#: In zsh a command's options would otherwise complete as the report's options of the same name.
_ZSH = """\
functions[_analyzer_commands]=$functions[_shtab_analyzer_commands]
_shtab_analyzer_commands() {{
  _alternative "commands:command:_analyzer_commands" "files:model:{models}"
}}

functions[_analyzer_first]=$functions[_shtab_analyzer]
_shtab_analyzer() {{
  local names=({names}) options=_shtab_analyzer_$words[2]_options
  if (( CURRENT == 2 )); then
    _analyzer_first
  elif (( $names[(Ie)$words[2]] )); then
    shift words
    (( CURRENT -= 1 ))
    _arguments -s "${{(@P)options}}"
  else
    _arguments -s $_shtab_analyzer_options "*:model:{models}"
  fi
}}"""
