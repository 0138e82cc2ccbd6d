"""`analyzer completion`: the scripts complete in the shells that are installed, and what is said without shtab."""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analyzer.checks.run import checks
from analyzer.cli.main import COMMANDS, guarded
from analyzer.cli.parsers import parsers
from analyzer.layers import CATALOGUE

needs_shtab = pytest.mark.skipif(importlib.util.find_spec("shtab") is None, reason="shtab is not installed")

#: What completes a line in each shell and prints the words. In bash and zsh a script does what the Tab key does.
BASH = """\
source "$SCRIPT"
COMP_WORDS=($LINE); [[ $LINE == *" " ]] && COMP_WORDS+=("")
COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
_shtab_analyzer
printf '%s\\n' "${COMPREPLY[@]}"
"""
FISH = 'source "$SCRIPT"; complete -C "$LINE"'
ZSH = """\
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PS1=; autoload -Uz compinit; compinit -u -D; eval "$(<$SCRIPT)"; : > "$WORDS"'
zpty -w shell 'compadd() {
  local -a found; builtin compadd -A found "$@"; print -rl -- $found >> "$WORDS"; builtin compadd "$@"; }'
zpty -w shell 'bindkey "^I" complete-word; : > "$WORDS.ready"'
until [[ -e $WORDS.ready ]]; do sleep 0.05; done
zpty -w -n shell "$LINE"$'\\t'
zpty -w -n shell $'\\C-u: > "$WORDS.done"\\n'
for pause in {1..200}; do [[ -e $WORDS.done ]] && break; sleep 0.05; done
cat "$WORDS"
zpty -d shell
"""
SHELLS = {"bash": BASH, "zsh": ZSH, "fish": FISH}


@functools.cache
def made(shell: str) -> bytes:
    """The script for a shell."""
    return subprocess.run(
        [sys.executable, "-m", "analyzer", "completion", shell], capture_output=True, check=True
    ).stdout


def completed(shell: str, line: str, folder: Path) -> set[str]:
    """The words that a shell offers for a line, without their descriptions."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script, words = folder / f"analyzer.{shell}", folder / "words.txt"
    script.write_bytes(made(shell))
    environment = {**os.environ, "SCRIPT": str(script), "WORDS": str(words), "LINE": line, "HOME": str(folder)}
    done = subprocess.run(
        [shell, "-c", SHELLS[shell]], cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=60
    )
    return {word.partition("\t")[0].strip() for word in done.stdout.splitlines()}


@pytest.fixture
def models(tmp_path: Path) -> Path:
    (tmp_path / "net.yaml").write_text("input: 3\n")
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "models").mkdir()
    return tmp_path


LINES: list[tuple[str, set[str], set[str]]] = [
    ("analyzer ", {*COMMANDS, "net.yaml"}, {"notes.txt", "report"}),
    ("analyzer me", {"memory"}, {"check", "net.yaml"}),
    ("analyzer net.yaml --mo", {"--mode"}, {"--depth", "--budget"}),
    ("analyzer net.yaml --mode ", {"both", "shared", "local", "declared"}, {"net.yaml"}),
    ("analyzer net.yaml --format ", {"table", "json", "csv", "markdown", "latex", "html", "mermaid", "dot"}, {"sarif"}),
    ("analyzer net.yaml --sort m", {"macs", "memory"}, {"layer"}),
    ("analyzer memory net.yaml --optimizer ", {"adam", "sgd", "lion"}, {"net.yaml"}),
    ("analyzer memory net.yaml --sort sh", {"shared.saved"}, {"shared.weights"}),
    ("analyzer explain ", {"net.yaml"}, {"notes.txt"}),
    ("analyzer memory --dtype b", {"bfloat16", "bool"}, {"float32"}),
    ("analyzer check ", {"net.yaml"}, {"notes.txt", "memory"}),
    ("analyzer check --format s", {"sarif"}, {"json"}),
    ("analyzer check --explain CHECK20", {"CHECK201", "CHECK202"}, {"CHECK101"}),
    ("analyzer example res", {"resnet50", "resnet18"}, {"unet"}),
    ("analyzer layers con", {"conv", "conv_transpose", "concat"}, {"dense"}),
    ("analyzer completion ", {"bash", "zsh", "fish"}, {"net.yaml"}),
]  # fmt: skip


@needs_shtab
@pytest.mark.parametrize(("line", "offered", "not_offered"), LINES, ids=[line for line, *_ in LINES])
@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_completes(shell: str, line: str, offered: set[str], not_offered: set[str], models: Path) -> None:
    words = completed(shell, line, models)
    assert offered <= words
    assert not words & not_offered


@needs_shtab
@pytest.mark.parametrize("shell", ["bash", "fish"])
def test_a_list_completes_after_its_last_comma(shell: str, models: Path) -> None:
    words = completed(shell, "analyzer net.yaml --columns layer,outp", models)
    assert "layer,output" in words


@needs_shtab
@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_has_every_option_of_every_command(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["completion", shell]) == 0
    script = capsys.readouterr().out
    for parser in parsers().values():
        for option in parser._option_string_actions:
            assert (option if shell != "fish" else f" {option.lstrip('-')} ") in script
    for word in (*CATALOGUE, *(check.CODE for check in checks())):
        assert word in script


def test_without_the_package_one_line_names_the_extra(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert guarded(["completion", "bash"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == 'analyzer: completion needs shtab; `pip install "conv-analyzer[completion]"` installs it\n'


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "a shell is needed: `bash`, `zsh` or `fish`"),
        (["bsh"], "the shell must be `bash`, `zsh` or `fish`, not `bsh`; did you mean `bash`?"),
        (["bash", "zsh"], "`zsh` is one argument too many"),
    ],
)
def test_a_wrong_shell(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["completion", *arguments]) == 2
    assert capsys.readouterr() == ("", f"analyzer: {said}\n")


def test_the_parsers_need_nothing_but_python() -> None:
    """The package is built with them, where only the build's own requirements are installed."""
    code = (
        "import sys\n"
        "for name in ('yaml', 'tabulate', 'jsonschema', 'tomli'):\n    sys.modules[name] = None\n"
        "from analyzer.cli.parsers import parsers\nprint(len(parsers()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert int(done.stdout) == len(COMMANDS) + 1
