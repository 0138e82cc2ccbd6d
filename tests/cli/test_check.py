"""`analyzer check`: what is asked of which file, how it ends, and the settings that stand beside the models."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from commands import COMMAND, MODEL, ROOT, WRONG, run, shell

from analyzer.checks import run as running
from analyzer.checks.found import Found
from analyzer.checks.subject import Subject
from analyzer.cli.check_settings import pattern_of
from analyzer.cli.main import UsageError, guarded, main

Said = pytest.CaptureFixture[str]

#: The three codes of `stand_ins`, and a file's line where they find something.
ALL = ["TEST101", "TEST102", "TEST201"]


def _check(code: str, name: str, severity: str) -> SimpleNamespace:
    def check(subject: Subject) -> Iterator[Found]:
        yield Found(f"{name} of `{subject.rows[0].name}`", subject.rows[0].node)

    return SimpleNamespace(CODE=code, NAME=name, SEVERITY=severity, __doc__=f"Title of {name}.\n\nBody.\n", check=check)


@pytest.fixture(autouse=True)
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error, a warning and a note about the first layer instead of the shipped checks; no service around."""
    found = [_check(ALL[0], "first", "error"), _check(ALL[1], "second", "warning"), _check(ALL[2], "third", "note")]
    monkeypatch.setattr(running, "checks", lambda: found)
    for name in ("GITHUB_ACTIONS", "GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)


def codes(capsys: Said, *arguments: str) -> list[str]:
    """The codes that are found, file by file."""
    guarded(["check", *arguments, "--format", "json"])
    out, err = capsys.readouterr()
    assert err == ""
    read = json.loads(out)
    return [found["code"] for record in (read if isinstance(read, list) else [read]) for found in record["diagnostics"]]


def refused(capsys: Said, *arguments: str) -> str:
    """The one line with which a command is refused."""
    assert guarded(["check", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("analyzer: ")
    assert err.count("\n") == 1
    return err.removeprefix("analyzer: ").rstrip("\n")


# --------------------------------------------------------------------------------------------------------------------
# What is asked, and how it ends.


@pytest.mark.parametrize(
    ("arguments", "code", "last"),
    [
        (["net.yaml"], 1, "1 model checked: 1 error, 1 warning, 1 note"),
        (["net.yaml", "--exit-zero"], 0, "1 model checked: 1 error, 1 warning, 1 note"),
        (["net.yaml", "--select", "TEST102"], 1, "1 model checked: 1 warning"),
        (["net.yaml", "--select", "third"], 0, "1 model checked: 1 note"),
        (["net.yaml", "--ignore", "TEST1"], 0, "1 model checked: 1 note"),
        (["net.yaml", "--ignore", "TEST1,third"], 0, "1 model is fine"),
        (["net.yaml", "--ignore", "TEST1", "--ignore", "third"], 0, "1 model is fine"),
        (["net.yaml", "--severity", "warning"], 1, "1 model checked: 1 error, 1 warning"),
        (["net.yaml", "--ignore", "TEST101", "--severity", "error"], 0, "1 model is fine"),
        (["wrong.yaml", "--ignore", "TEST"], 1, "1 model checked: 1 error"),
        (["wrong.yaml", "--exit-zero"], 0, "1 model checked: 1 error"),
        (["net.yaml", "many.yaml", "--ignore", "TEST"], 0, "2 models are fine"),
        (["net.yaml", "elsewhere/net.yaml", "--ignore", "TEST"], 2, "1 model is fine"),
        (["net.yaml", "elsewhere/net.yaml", "--exit-zero"], 2, "1 model checked: 1 error, 1 warning, 1 note"),
    ],
)
def test_how_it_ends_is_the_same_in_every_format(
    folder: Path, capsys: Said, arguments: list[str], code: int, last: str
) -> None:
    assert guarded(["check", *arguments]) == code
    out, err = capsys.readouterr()
    assert out.splitlines()[-1] == last
    assert err == ("analyzer: file `elsewhere/net.yaml` does not exist\n" if "elsewhere/net.yaml" in arguments else "")
    for format in ("concise", "json", "github", "markdown", "gitlab", "sarif", "junit"):
        assert guarded(["check", *arguments, "--format", format]) == code, format
        out, err = capsys.readouterr()
        assert err == (
            "analyzer: file `elsewhere/net.yaml` does not exist\n" if "elsewhere/net.yaml" in arguments else ""
        )


def test_what_it_says(folder: Path, capsys: Said) -> None:
    assert guarded(["check", "net.yaml", "--select", "second"]) == 1
    out, _ = capsys.readouterr()
    assert out == (
        "warning[TEST102]: second of `conv1`\n"
        "  ╭─ net.yaml:4:5\n"
        "4 │   - conv: {filters: $width, kernel: 8, stride: 2, padding: 1}\n"
        "  │     " + "^" * len("conv: {filters: $width, kernel: 8, stride: 2, padding: 1}") + "\n"
        "\n"
        "1 model checked: 1 warning\n"
    )


def test_a_model_that_does_not_load_stands_beside_the_others(folder: Path, capsys: Said) -> None:
    (folder / "expect.yaml").write_text(MODEL.replace("padding: 1}", "padding: 1}\n    expect: 14x14x21"))
    assert codes(capsys, "wrong.yaml", "net.yaml", "expect.yaml", "--select", "TEST201") == [
        "MODEL102", "TEST201", "EXPECT201",
    ]  # fmt: skip


def test_the_model_that_is_set(folder: Path, capsys: Said) -> None:
    """`--set` and `--input` reach the network: a kernel of 8 does not fit into 4x4."""
    assert codes(capsys, "net.yaml", "--set", "width=8", "--select", "TEST201") == ["TEST201"]
    assert codes(capsys, "net.yaml", "--input", "4x4x3") == ["SHAPE201"]
    assert "no variable `widht`; did you mean `width`?" in refused(capsys, "net.yaml", "--set", "widht=8")


def test_stdin_output_and_endings(folder: Path) -> None:
    done = run("check", "-", "--format", "concise", stdin=WRONG.encode(), cwd=folder)
    assert (done.returncode, done.stdout[:22]) == (1, b"<stdin>:3:5: error MOD")
    done = run("check", "wrong.yaml", "-o", "found.sarif", cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"")
    assert json.loads((folder / "found.sarif").read_text())["version"] == "2.1.0"
    done = run("check", "wrong.yaml", "-o", "wrong.yaml", cwd=folder)
    assert (done.returncode, done.stderr[:33]) == (2, b"analyzer: `wrong.yaml` is the mod")
    assert (folder / "wrong.yaml").read_text() == WRONG


def test_github_by_itself_in_its_workflows(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(folder.parent))
    assert guarded(["check", "net.yaml", "--select", "TEST102"]) == 1
    path = f"{folder.name}/net.yaml"
    assert capsys.readouterr().out == f"::warning file={path},line=4,col=5,title=TEST102::second of `conv1`\n"
    assert guarded(["check", "net.yaml", "--select", "TEST102", "--format", "text"]) == 1
    assert capsys.readouterr().out.endswith("1 model checked: 1 warning\n")
    guarded(["check", "net.yaml", "-o", "found.txt"])
    assert (folder / "found.txt").read_text().endswith("1 model checked: 1 error, 1 warning, 1 note\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no model is given; `analyzer example > model.yaml` writes one to start from"),
        (["-", "-"], "stdin (`-`) can be read once"),
        (["net.yaml", "--select", "TSET101"], "no check is called `TSET101`; did you mean `TEST101`?"),
        (["net.yaml", "--ignore", "secnd"], "no check is called `secnd`; did you mean `second`?"),
        (["net.yaml", "--select", "zzz"], "no check is called `zzz`; `analyzer check --list` shows the checks"),
        (["net.yaml", "--select", ","], "`--select`: a code or a name is needed"),
        (["--explain", "TEST10"], None),
        (["--explain", "TSET101"], "no check is called `TSET101`; did you mean `TEST101`?"),
        (["net.yaml", "--severity", "warnings"], "`--severity` must be `error`, `warning` or `note`, not `warnings`; did you mean `warning`?"),
        (["net.yaml", "--format", "sarf"], "did you mean `sarif`?"),
    ],
)  # fmt: skip
def test_refusals(folder: Path, capsys: Said, arguments: list[str], message: str | None) -> None:
    if message is None:  # the beginning of a code is no mistake
        assert guarded(["check", *arguments]) == 0
        assert capsys.readouterr().out.count("Title of") == 2
    else:
        assert refused(capsys, *arguments).endswith(message)


def test_pages_and_list(capsys: Said) -> None:
    assert guarded(["check", "--explain", "second"]) == 0
    assert capsys.readouterr().out == "TEST102 second (warning)\n\nTitle of second.\n\nBody.\n"
    assert guarded(["check", "--list"]) == 0
    assert capsys.readouterr().out == (
        "TEST101  first   error    Title of first.\n"
        "TEST102  second  warning  Title of second.\n"
        "TEST201  third   note     Title of third.\n"
    )


def test_the_shipped_checks_have_pages() -> None:
    """Every line of the list leads to a page that begins with what the list says."""
    listed = run("check", "--list").stdout.decode().splitlines()
    assert any(line.startswith("CHECK101  unread-pixels") for line in listed)
    pages = run("check", "--explain", "CHECK").stdout.decode()
    for line in listed:
        code, name, severity, title = line.split(maxsplit=3)
        assert f"{code} {name} ({severity})\n\n{title}\n" in pages


def test_a_stream_that_encodes_little(folder: Path) -> None:
    (folder / "net.yaml").write_text(MODEL + "  - {dense: 10, name: Größe-×}\n")
    for format in ("text", "concise", "json", "github", "markdown", "gitlab", "sarif", "junit"):
        done = run("check", "net.yaml", "--format", format, cwd=folder, PYTHONIOENCODING="ascii")
        assert done.returncode in (0, 1)
        assert (done.stdout.isascii(), done.stderr) == (True, b"")


# --------------------------------------------------------------------------------------------------------------------
# Settings beside the models.


@pytest.fixture
def tree(folder: Path) -> Path:
    """A repository with models in `old/` and `old/deep/`."""
    (folder / ".git").mkdir()
    (folder / "old" / "deep").mkdir(parents=True)
    for place in ("old", "old/deep"):
        (folder / place / "net.yaml").write_text(MODEL)
    return folder


def test_the_nearest_file_holds(tree: Path, capsys: Said) -> None:
    (tree / "pyproject.toml").write_text('[tool.analyzer]\nselect = ["TEST101"]\n')
    (tree / "old" / ".analyzer.toml").write_text('select = ["second"]\n')
    assert codes(capsys, "net.yaml", "old/net.yaml", "old/deep/net.yaml") == ["TEST101", "TEST102", "TEST102"]
    (tree / ".analyzer.toml").write_text('ignore = ["TEST1"]\n')
    assert codes(capsys, "net.yaml") == ["TEST201"]
    assert sorted(codes(capsys, "net.yaml", "--no-config")) == ALL


def test_a_pyproject_of_others_is_passed_by(tree: Path, capsys: Said) -> None:
    (tree / "pyproject.toml").write_text('[tool.analyzer]\nselect = ["TEST101"]\n')
    (tree / "old" / "pyproject.toml").write_text('[project]\nname = "analyzer-of-others"\n')
    (tree / "old" / "deep" / "pyproject.toml").write_text("this is not valid TOML")
    assert codes(capsys, "old/deep/net.yaml") == ["TEST101"]


def test_the_search_ends_where_a_repository_begins(tree: Path, capsys: Said) -> None:
    (tree / ".analyzer.toml").write_text('select = ["TEST101"]\n')
    (tree / "old" / ".git").write_text("gitdir: elsewhere\n")  # as a worktree has it
    assert sorted(codes(capsys, "old/deep/net.yaml")) == ALL
    (tree / "old" / "pyproject.toml").write_text('[tool.analyzer]\nselect = ["TEST102"]\n')
    assert codes(capsys, "old/deep/net.yaml") == ["TEST102"]


def test_stdin_has_the_settings_of_the_current_folder(tree: Path) -> None:
    (tree / ".analyzer.toml").write_text('select = ["CHECK101"]\nexit_zero = true\n')
    done = run("check", "-", stdin=WRONG.encode(), cwd=tree)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, b"1 model checked: 1 error")


def test_options_win(tree: Path, capsys: Said) -> None:
    (tree / ".analyzer.toml").write_text('select = ["TEST1"]\nignore = ["TEST101"]\nseverity = "error"\n')
    assert codes(capsys, "net.yaml") == []
    assert codes(capsys, "net.yaml", "--severity", "note") == ["TEST102"]
    assert codes(capsys, "net.yaml", "--ignore", "TEST102") == ["TEST101"]
    assert codes(capsys, "net.yaml", "--select", "TEST101") == ["TEST101"]
    assert codes(capsys, "net.yaml", "--select", "TEST", "--ignore", "TEST2", "--severity", "note") == ALL[:2]


def test_exit_zero_of_one_folder_is_not_that_of_another(tree: Path, capsys: Said) -> None:
    (tree / "old" / ".analyzer.toml").write_text("exit-zero = true\n")
    assert guarded(["check", "old/net.yaml"]) == 0
    assert guarded(["check", "old/net.yaml", "net.yaml"]) == 1
    capsys.readouterr()


def test_codes_ignored_in_some_files(tree: Path, capsys: Said) -> None:
    (tree / ".analyzer.toml").write_text('[per-file-ignores]\n"old/*.yaml" = ["TEST1"]\n"old/deep/" = ["third"]\n')
    assert sorted(codes(capsys, "net.yaml")) == ALL
    assert codes(capsys, "old/net.yaml") == ["TEST201"]
    assert codes(capsys, "old/deep/net.yaml") == ALL[:2]
    assert codes(capsys, "old/net.yaml", "--select", "TEST102") == []


@pytest.mark.parametrize(
    ("glob", "path", "fits"),
    [
        ("net.yaml", "net.yaml", True),
        ("net.yaml", "a/b/net.yaml", True),
        ("*.yml", "a/net.yaml", False),
        ("a/*.yaml", "a/net.yaml", True),
        ("a/*.yaml", "a/b/net.yaml", False),
        ("a/*.yaml", "b/a/net.yaml", False),
        ("./a/*.yaml", "a/net.yaml", True),
        ("a/**", "a/b/c/net.yaml", True),
        ("a/**/n?t.yaml", "a/net.yaml", True),
        ("**/b/*", "a/b/net.yaml", True),
        ("a/", "a/b/net.yaml", True),
        ("a.c", "abc", False),
        ("[a]", "a", False),
        ("../up/*.yaml", "../up/net.yaml", True),
    ],
)
def test_patterns(glob: str, path: str, fits: bool) -> None:
    assert bool(pattern_of(glob).fullmatch(path)) is fits


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('selct = ["TEST1"]', "unknown key `selct`; did you mean `select`?"),
        ("zzz = 1", "unknown key `zzz`; its keys are `mode`, `depth`, `columns`, `sort`, `top`, `batch`, `dtype`, `optimizer`, `device`, `context`, `color`, `width`, `select`, `ignore`, `severity`, `exit-zero` and `per-file-ignores`"),
        ('select = "TEST1"', '`select` must be a list of codes or names, such as ["CHECK101"], not `TEST1`'),
        ("ignore = [1]", '`ignore` must be a list of codes or names, such as ["CHECK101"], not [1]'),
        ('ignore = ["TSET101"]', "`ignore`: no check is called `TSET101`; did you mean `TEST101`?"),
        ('severity = "warn"', "`severity` must be `error`, `warning` or `note`, not `warn`; did you mean `warning`?"),
        ("exit_zero = 1", "`exit_zero` must be `true` or `false`, not 1"),
        ("exit_zero = true\nexit-zero = true", "`exit_zero` and `exit-zero` are the same key"),
        ('[per-file-ignores]\n"a.yaml" = "TEST1"', '`per-file-ignores` `a.yaml` must be a list of codes or names, such as ["CHECK101"], not `TEST1`'),
        ('[per-file-ignores]\n"a.yaml" = ["TSET101"]', "`per-file-ignores`: no check is called `TSET101`; did you mean `TEST101`?"),
        ("per-file-ignores = 1", '`per-file-ignores` must be a table of patterns and lists of codes, such as {"old/*.yaml" = ["CHECK101"]}, not 1'),
    ],
)  # fmt: skip
def test_a_mistake_in_the_settings_is_one_line(tree: Path, capsys: Said, text: str, message: str) -> None:
    (tree / ".analyzer.toml").write_text(text)
    assert refused(capsys, "net.yaml") == f"`.analyzer.toml`: {message}"
    (tree / ".analyzer.toml").unlink()
    table = text.replace("[per-file", "[tool.analyzer.per-file") if text.startswith("[") else f"[tool.analyzer]\n{text}"
    (tree / "pyproject.toml").write_text(table)
    assert refused(capsys, "old/net.yaml") == f"`pyproject.toml` [tool.analyzer]: {message}"
    assert guarded(["check", "net.yaml", "--no-config"]) == 1
    capsys.readouterr()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"select = [", "`.analyzer.toml` is not valid TOML: "),
        (b"a = " + b"[" * 100_000, "`.analyzer.toml` nests too deeply"),
        (b'select = ["\xff"]', "`.analyzer.toml` is not UTF-8"),
        (b"#" * (1 << 20) + b"\n", "`.analyzer.toml` is larger than 1,024 KiB, too large for a configuration"),
    ],
    ids=["cut", "deep", "bytes", "large"],
)
def test_settings_that_cannot_be_read(tree: Path, capsys: Said, data: bytes, message: str) -> None:
    (tree / ".analyzer.toml").write_bytes(data)
    assert refused(capsys, "net.yaml").startswith(message)


def test_a_folder_of_that_name(tree: Path, capsys: Said) -> None:
    (tree / ".analyzer.toml").mkdir()
    assert refused(capsys, "net.yaml") == "`.analyzer.toml` is a folder, not a configuration"


def test_hostile_keys_of_the_settings_are_inert(tree: Path, capsys: Said) -> None:
    (tree / ".analyzer.toml").write_text('"\\u001b[31m\\u202e\\n" = 1\n')
    assert refused(capsys, "net.yaml").startswith(r"`.analyzer.toml`: unknown key `\x1b[31m\u202e\n`; ")


# --------------------------------------------------------------------------------------------------------------------
# The hook, the action, and the cold start.


def test_the_hook_is_the_command() -> None:
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert (hook["id"], hook["language"]) == ("analyzer-check", "python")
    assert (hook["entry"], hook["args"]) == ("analyzer check --skip-others", ["--"])
    assert hook["files"] == r"\.ya?ml$"


def test_the_check_of_the_action(folder: Path) -> None:
    """The step that checks, with a shell as a runner has it: patterns, options, and names that would be commands."""
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    step = action["runs"]["steps"][-1]
    assert set(step["env"].values()) == {"${{ inputs.files }}", "${{ inputs.args }}"}
    assert "${{" not in step["run"]  # an input is no part of a script
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "deep.yaml").write_text(WRONG)
    (folder / "bin").mkdir()
    program = folder / "bin" / "analyzer"
    program.write_text(f'#!/bin/sh\nexec {" ".join(COMMAND)} "$@"\n')
    program.chmod(0o755)

    def ran(files: str, args: str = "") -> tuple[int, str]:
        (folder / "analyzer").mkdir(exist_ok=True)
        (folder / "analyzer" / "bin").unlink(missing_ok=True)
        (folder / "analyzer" / "bin").symlink_to(folder / "bin")
        script = f"set -eo pipefail\n{step['run']}"
        done = shell(
            script, folder, ANALYZER_FILES=files, ANALYZER_ARGS=args, RUNNER_TEMP=str(folder), GITHUB_ACTIONS="true"
        )
        return done.returncode, done.stdout.decode()

    code, said = ran("a/**/*.yaml", "--severity error")
    assert (code, said.count("::error file=a/b/deep.yaml,line=3")) == (1, 1)
    assert ran("a/**/*.yaml\nmany.yaml", "--format concise --exit-zero")[0] == 0
    assert ran("nothing/*.yaml")[0] == 2
    assert ran("$(touch${IFS}made) `touch made`; touch made")[0] == 2
    assert not (folder / "made").exists()


def test_nothing_heavy_on_the_way_of_a_check() -> None:
    """Without settings beside the models: no jsonschema, no TOML."""
    heavy = {"jsonschema", "tabulate", "dataclasses", "difflib", "inspect", "typing", "tomllib", "tomli", "numpy"}
    script = (
        f"import sys; sys.path[:0] = {[str(ROOT), *sys.path]!r}; from analyzer.cli.main import main;"
        "code = main(['check', sys.argv[1], '--format', 'concise', '--no-config']);"
        "print(code, *sys.modules, file=sys.stderr)"
    )
    model = str(ROOT / "example_models" / "textbook.yaml")
    done = subprocess.run([sys.executable, "-S", "-c", script, model], capture_output=True, text=True, check=True)
    code, *modules = done.stderr.split()
    assert code == "0"
    assert heavy.intersection(modules) == set()


def test_a_folder_stands_for_the_models_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    below = tmp_path / "below"
    below.mkdir()
    (tmp_path / ".hidden").mkdir()
    for path in (tmp_path / "b.yaml", below / "a.yml", tmp_path / ".hidden" / "c.yaml"):
        path.write_text("input: 32x32x3\nlayers:\n  - conv: {filters: 8, kernel: 3}\n", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("no model", encoding="utf-8")
    main(["check", str(tmp_path), "--no-config", "--format", "json"])
    assert [Path(one["file"]) for one in json.loads(capsys.readouterr().out)] == [tmp_path / "b.yaml", below / "a.yml"]


def test_a_folder_without_models(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no model found in"):
        main(["check", str(tmp_path)])
