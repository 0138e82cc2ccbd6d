"""`--`, files whose names look like options, and the YAML files that `analyzer check` skips."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml
from commands import MODEL, ROOT, shell

from analyzer.cli.main import guarded
from analyzer.loader.text.top import has_key

Said = pytest.CaptureFixture[str]

WORKFLOW = "name: ci\non: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps: [{run: ls}]\n"
SKIPPED = "analyzer: skipped 1 YAML file that has no `layers`, `input` or `inputs` at the top\n"


# --------------------------------------------------------------------------------------------------------------------
# Names like options.


@pytest.mark.parametrize("name", ["-x.yaml", "-onet.yaml", "--exit-zero", "--", "-omany.yaml", "--output=net.yaml"])
@pytest.mark.parametrize("command", ["", "check ", "memory ", "diff net.yaml ", "schema --check "])
def test_behind_two_dashes_everything_is_a_file(command: str, name: str, folder: Path, capsys: Said) -> None:
    (folder / name).write_text(MODEL)
    assert guarded([*command.split(), "--", name]) == 0
    assert capsys.readouterr().err == ""
    assert (folder / "net.yaml").read_text() == MODEL


def test_options_come_before_the_two_dashes(folder: Path, capsys: Said) -> None:
    (folder / "-x.yaml").write_text(MODEL)
    assert guarded(["net.yaml", "--format", "json", "--", "-x.yaml", "many.yaml"]) == 0
    assert [one["file"] for one in json.loads(capsys.readouterr().out)] == ["net.yaml", "-x.yaml", "many.yaml"]
    assert guarded(["--", "net.yaml", "--format"]) == 2
    assert capsys.readouterr().err == "analyzer: file `--format` does not exist\n"


@pytest.mark.parametrize("name", ["-onew.yaml", "--exit-zero", "--output=new.yaml", "--select=x.yaml"])
@pytest.mark.parametrize("command", ["", "check ", "memory ", "diff net.yaml "])
def test_what_is_an_option_and_a_file_is_refused(command: str, name: str, folder: Path, capsys: Said) -> None:
    """As pre-commit and `*.yaml` pass the name of a file."""
    (folder / "new.yaml").write_text("old")
    os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
    (folder / name).write_text(MODEL)
    assert guarded([*command.split(), name, "net.yaml"]) == 2
    said = f"analyzer: `{name}` is an option and a file; write `./{name}`, or `--` before the files\n"
    assert capsys.readouterr().err.startswith(said)
    assert (folder / "new.yaml").read_text() == "old"


def test_the_hook_takes_every_name_for_a_file(folder: Path) -> None:
    """As pre-commit calls it: the entry, the arguments, the names of the files."""
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    command = " ".join([hook["entry"].removeprefix("analyzer "), *hook["args"]])
    (folder / "-onet2.yaml").write_text(MODEL)
    (folder / "net2.yaml").write_text("old")
    (folder / "workflow.yaml").write_text(WORKFLOW)
    done = shell(f"$analyzer {command} -onet2.yaml net.yaml workflow.yaml", folder)
    assert (done.returncode, done.stdout) == (0, b"2 models are fine\n")
    assert done.stderr.decode() == SKIPPED
    assert (folder / "net2.yaml").read_text() == "old"
    done = shell(f"$analyzer {command} workflow.yaml", folder)
    assert (done.returncode, done.stdout, done.stderr.decode()) == (0, b"", SKIPPED)


# --------------------------------------------------------------------------------------------------------------------
# What is no model.


@pytest.mark.parametrize(
    ("text", "is_model"),
    [
        ("layers: []", True),
        ("input: 3\n", True),
        ("inputs: {a: 3}\n", True),
        ("\n# a comment\n---\nname: x\ninput: 3\n", True),
        ("'layers': []", True),
        ('{"name": "x", "layers": []}', True),
        ("? layers\n: []", True),
        ("!model\nlayers: []", True),
        ("  name: x\n  layers: []\n", True),
        ("\ufefflayers: []", True),
        ("a: [1, {b: 2}]\n? [1, 2]\n: 3\nlayers: []\n", True),
        ("name: [1\nlayers: []\n", True),  # a mistake hides no model
        ("layers: [\n", True),
        ("name: !unknown x\nlayers: *a\n", True),
        (WORKFLOW, False),
        ("", False),
        ("# nothing\n", False),
        ("- layers: []\n", False),
        ("[layers]", False),
        ("layers", False),
        ("model: {layers: [], input: 3}\n", False),
        ("name: layers\n", False),
        ("a: &a {layers: 1}\nb: *a\n", False),
        ("layer: []\nInput: 3\n", False),
        ("a: 1\n---\nlayers: []\n", False),
        ("{{ if .Values.x }}\nkind: Service\n", False),
        ("script: !reference [a, b]\n", False),
        ("a: [1\n  layers: 3\n", False),
        ("layersx: [\n", False),
    ],
)  # fmt: skip
def test_a_model_has_certain_keys_at_the_top(text: str, is_model: bool) -> None:
    assert has_key(text.encode(), ("layers", "input", "inputs")) is is_model
    assert has_key(text.encode("utf-16"), ("layers", "input", "inputs")) is is_model


def test_bytes_that_are_no_text() -> None:
    assert not has_key(bytes(range(256)) * 4, ("layers",))
    assert has_key(b"name: Caf\xe9\nlayers: []\n", ("layers",))


@pytest.fixture
def mixed(folder: Path) -> Path:
    """A folder `all` with a model, a wrong model, two other files, a pipe and a link to nothing."""
    (folder / "all" / "below").mkdir(parents=True)
    (folder / "all" / "net.yaml").write_text(MODEL)
    (folder / "all" / "wrong.yaml").write_text("input: 3x3x3\n")
    (folder / "all" / "workflow.yml").write_text(WORKFLOW)
    (folder / "all" / "below" / "empty.yaml").write_text("")
    os.mkfifo("all/pipe.yaml")
    (folder / "all" / "link.yaml").symlink_to("nowhere")
    return folder


def files(out: str) -> list[str]:
    return [one["file"] for one in json.loads(out)]


def test_a_folder_is_its_models(mixed: Path, capsys: Said) -> None:
    assert guarded(["check", "all", "--format", "json"]) == 1
    out, err = capsys.readouterr()
    assert files(out) == ["all/net.yaml", "all/wrong.yaml"]
    assert err == (
        "analyzer: skipped 2 YAML files that have no `layers`, `input` or `inputs` at the top and 2 that are not regular "
        "files\n"
    )


def test_who_names_a_file_wants_it_checked(mixed: Path, capsys: Said) -> None:
    assert guarded(["check", "all", "all/workflow.yml", "--format", "json"]) == 2
    assert files(capsys.readouterr().out) == ["all/net.yaml", "all/wrong.yaml", "all/workflow.yml"]
    assert guarded(["check", "--skip-others", "net.yaml", "all/workflow.yml", "many.yaml", "--format", "json"]) == 0
    out, err = capsys.readouterr()
    assert (files(out), err) == (["net.yaml", "many.yaml"], SKIPPED)


def test_a_file_that_cannot_be_read_is_not_skipped(mixed: Path, capsys: Said) -> None:
    assert guarded(["check", "--skip-others", "missing.yaml", "all/pipe.yaml"]) == 2
    assert capsys.readouterr().err == (
        "analyzer: file `missing.yaml` does not exist\nanalyzer: `all/pipe.yaml` is a pipe, not a model file\n"
    )


@pytest.mark.parametrize("format", ["text", "concise", "json", "github", "markdown", "gitlab", "sarif", "junit"])
def test_only_others(format: str, mixed: Path, capsys: Said) -> None:
    """Somebody who names a folder expects models in it; a hook is given whatever was changed."""
    assert guarded(["check", "all/below", "--format", format]) == 2
    said = "no model found; skipped 1 YAML file that has no `layers`, `input` or `inputs` at the top"
    assert capsys.readouterr() == ("", f"analyzer: {said}\n")
    assert guarded(["check", "--skip-others", "all/workflow.yml", "--format", format]) == 0
    assert capsys.readouterr().err == SKIPPED


def test_a_configuration_beside_others_is_not_read(mixed: Path, capsys: Said) -> None:
    (mixed / "all" / "below" / ".analyzer.toml").write_text("wrong")
    assert guarded(["check", "all"]) == 1
    capsys.readouterr()
