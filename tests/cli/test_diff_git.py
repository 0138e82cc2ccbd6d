"""`analyzer diff` and `check --against` in a repository: new, removed, moved and several models, readable revisions."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from commands import MODEL

from analyzer.cli.main import FAULT, FINE, WRONG, guarded
from analyzer.difference.schema import diff_schema

Said = pytest.CaptureFixture[str]

#: The checks' findings about these models are not what is tested.
ONLY = ("--select", "over-budget")
#: Three layers: (3·3·3 + 1)·4 + (4·2 + 2) = 122 parameters.
SMALL = "input: 8x8x3\nlayers:\n  - conv: {filters: 4, kernel: 3}\n  - global_avg_pool\n  - dense: 2\n"
#: Long enough that git sees a rename where one line changed.
LONG = "input: 32x32x3\ndefaults:\n  conv: {kernel: 3, padding: 1}\nlayers:\n" + "".join(
    f"  - conv: {{filters: {width}}}\n" for width in (8, 8, 16, 16, 32, 32, 64, 64)
)


def git(*arguments: str) -> str:
    """Runs git in the current folder, as somebody whose settings are not this machine's."""
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    named = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *named, *arguments], check=True, capture_output=True, env=environment, timeout=60)
    return done.stdout.decode()


def commit(**files: str | None) -> None:
    """Writes, or removes, models and commits them."""
    for name, text in files.items():
        path = Path("models", f"{name}.yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            path.unlink()
        else:
            path.write_text(text)
    git("add", "-A", "models")
    git("commit", "-m", "models")


@pytest.fixture
def repository(folder: Path) -> Path:
    """Two models in `models/`, committed as `main`."""
    git("init", "--initial-branch=main")
    commit(net=MODEL, long=LONG)
    git("tag", "v1")
    return folder


def compared(capsys: Said, *arguments: str, code: int = WRONG) -> Any:
    """The JSON of a comparison."""
    assert guarded(["diff", *arguments, "--format", "json"]) == code
    record = json.loads(capsys.readouterr().out)
    jsonschema.validate(record, diff_schema())
    return record


def refused(capsys: Said, *arguments: str) -> str:
    assert guarded(list(arguments)) == FAULT
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err


@pytest.mark.parametrize("name", ["git:main", "git:main:models/small.yaml", "main:models/small.yaml"])
def test_a_model_that_the_base_does_not_have_is_new(repository: Path, capsys: Said, name: str) -> None:
    Path("models/small.yaml").write_text(SMALL)
    record = compared(capsys, name, "models/small.yaml")
    assert record["old"] is None
    assert record["new"]["label"] == "models/small.yaml"
    assert record["counts"]["added"] == len(record["layers"]) == 3
    assert record["totals"]["shared"]["parameters"] == {"old": None, "new": 122}
    assert not record["equal"]
    for format in ("text", "markdown"):
        assert guarded(["diff", name, "models/small.yaml", "--format", format]) == WRONG
        out = capsys.readouterr().out
        assert "new" in out
        assert "git:main:models/small.yaml" in out
        assert "122" in out
    assert guarded(["diff", name, "models/small.yaml", "--exit-zero"]) == FINE


def test_a_model_that_was_removed(repository: Path, capsys: Said) -> None:
    commit(net=None)
    for names in (("git:v1", "models/net.yaml"), ("git:v1:models/net.yaml", "git:HEAD:models/net.yaml")):
        record = compared(capsys, *names)
        assert record["new"] is None
        assert record["old"]["label"] == "git:v1:models/net.yaml"
        assert record["counts"]["removed"] == len(record["layers"])


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("git:mian", "models/net.yaml", "the revision `mian` does not exist here; did you mean `main`?"),
        ("git:main:models/nte.yaml", "models/net.yaml", "did you mean `git:main:models/net.yaml`?"),
        ("mian:models/net.yaml", "models/net.yaml", "did you mean `main`?"),
        ("git:main", "models/nte.yaml", "the file `models/nte.yaml` does not exist at `main`; did you mean"),
        ("main", "models/net.yaml", "did you mean the revision `git:main`?"),
        ("main", "models", "did you mean the revision `git:main`?"),
        ("models/net.yaml", "models", "`models` is a folder, but `models/net.yaml` is a file"),
        ("git:main:models/net.yaml", "models", "`git:main:models/net.yaml` is a file"),
        ("git:main", "modles", "does not exist at `main`"),
    ],
)
def test_a_misspelled_name_is_refused(repository: Path, capsys: Said, first: str, second: str, said: str) -> None:
    assert said in refused(capsys, "diff", first, second)


@pytest.mark.parametrize("also_edited", [False, True])
@pytest.mark.parametrize("committed", [False, True])
def test_a_rename_is_followed(repository: Path, capsys: Said, also_edited: bool, committed: bool) -> None:
    git("mv", "models/long.yaml", "renamed.yaml")
    if also_edited:
        Path("renamed.yaml").write_text(LONG.replace("filters: 64", "filters: 48"))
        git("add", "renamed.yaml")
    if committed:
        git("commit", "-m", "renamed")
    record = compared(capsys, "git:v1", "renamed.yaml", code=WRONG if also_edited else FINE)
    assert (record["old"]["label"], record["new"]["label"]) == ("git:v1:models/long.yaml", "renamed.yaml")
    assert record["counts"]["added"] == record["counts"]["removed"] == 0


def test_a_rename_that_a_later_commit_hides_is_followed(repository: Path, capsys: Said) -> None:
    """Together the two commits leave too little in common for one comparison of trees."""
    git("mv", "models/long.yaml", "models/other.yaml")
    git("commit", "-m", "renamed")
    commit(other="# " + "x" * 900 + "\n" + LONG.replace("8x8", "8x9"))
    assert compared(capsys, "git:v1", "models/other.yaml", code=FINE)["old"]["label"] == "git:v1:models/long.yaml"


def test_a_name_with_a_colon_that_is_a_file_is_that_file(repository: Path, capsys: Said) -> None:
    Path("main:models").mkdir()
    Path("main:models/net.yaml").write_text(SMALL)
    record = compared(capsys, "main:models/net.yaml", "models/net.yaml")
    assert record["old"]["label"] == "main:models/net.yaml"
    assert "commit" not in record["old"]


def test_a_commit_is_short(repository: Path, capsys: Said) -> None:
    """A branch is shown with its commit, and a hash of 40 digits as a short one."""
    whole = git("rev-parse", "main").strip()
    short = git("rev-parse", "--short", "main").strip()
    Path("models/net.yaml").write_text(MODEL.replace("width: 20", "width: 24"))
    for format in ("text", "markdown", "json"):
        for name in ("git:main", f"git:{whole}"):
            assert guarded(["diff", name, "models/net.yaml", "--format", format]) == WRONG
            out = capsys.readouterr().out
            assert whole not in out
            assert short in out
            assert ("git:main:models/net.yaml" if name == "git:main" else f"git:{short}:models/net.yaml") in out


@pytest.fixture
def changed(repository: Path) -> Path:
    """A changed model, an added, a removed, a moved and an unchanged one, and YAML that is not a model."""
    commit(small=SMALL, gone=SMALL.replace("4,", "5,"), **{"deep/far": LONG.replace("64", "63")})
    Path("models/other.yaml").write_text("on: push\n")
    commit()
    git("tag", "base")
    commit(net=MODEL.replace("width: 20", "width: 24"), gone=None, new=SMALL.replace("dense: 2", "dense: 3"))
    git("mv", "models/deep/far.yaml", "models/near.yaml")
    git("commit", "-m", "moved")
    return repository


@pytest.mark.parametrize(
    "sides", [("git:base", "models/"), ("base:models", "git:HEAD:models"), ("git:base", "git:HEAD:models")]
)
def test_a_folder(changed: Path, capsys: Said, sides: tuple[str, str]) -> None:
    records = compared(capsys, *sides)
    known = {
        tuple(record[side] and Path(record[side]["label"].rpartition(":")[2]).stem for side in ("old", "new"))
        for record in records
    }
    assert known == {("net", "net"), (None, "new"), ("gone", None), ("far", "near")}
    assert [record["equal"] for record in records if record["old"] and "far" in record["old"]["label"]] == [True]
    for format in ("text", "markdown"):
        assert guarded(["diff", *sides, "--format", format]) == WRONG
        out = capsys.readouterr().out
        assert "1 changed, 1 added, 1 removed, 1 moved, 2 unchanged" in out
        assert "models/new.yaml" in out or "models&#47;new" in out


def test_an_unchanged_folder_is_one_line(changed: Path, capsys: Said) -> None:
    assert guarded(["diff", "git:HEAD", "models"]) == FINE
    assert capsys.readouterr().out.strip().endswith("models: 5 unchanged")
    assert compared(capsys, "git:HEAD", "models", code=FINE) == []
    Path("models/small.yaml").write_text("# the same model\n" + SMALL)
    assert guarded(["diff", "git:HEAD", "models"]) == FINE
    assert capsys.readouterr().out.strip().endswith("models: 5 unchanged")


def test_two_folders_without_git(folder: Path, capsys: Said) -> None:
    for name, text in (("a", SMALL), ("b", SMALL.replace("dense: 2", "dense: 3"))):
        Path(name).mkdir()
        Path(name, "net.yaml").write_text(text)
    (record,) = compared(capsys, "a", "b")
    assert (record["old"]["label"], record["new"]["label"]) == ("a/net.yaml", "b/net.yaml")


def test_a_wrong_model_in_a_folder(changed: Path, capsys: Said) -> None:
    """The others are compared; the exit code says that one was not, and an older comment stays."""
    Path("models/new.yaml").write_text("input: 8x8x3\nlayers:\n  - convv: 3\n")
    assert guarded(["diff", "git:base", "models", "--format", "markdown"]) == FAULT
    out, err = capsys.readouterr()
    assert "1 wrong" in out
    assert "models/new.yaml:3" in err
    Path("diff.md").write_text("older")
    assert guarded(["diff", "git:base", "models", "-o", "diff.md"]) == FAULT
    assert Path("diff.md").read_text() == "older"


def test_a_new_folder(repository: Path, capsys: Said) -> None:
    Path("more").mkdir()
    Path("more/net.yaml").write_text(SMALL)
    (record,) = compared(capsys, "git:main", "more/")
    assert record["old"] is None


def test_a_comment_about_many_models_fits(repository: Path, capsys: Said) -> None:
    """GitHub takes 65,536 characters; the biggest changes come first, the others are counted."""
    commit(**{f"net{n}": LONG.replace("16", str(16 + n)) for n in range(120)})
    git("tag", "many")
    commit(**{f"net{n}": LONG.replace("16", str(17 + n)).replace("64", str(64 + n)) for n in range(120)})
    assert guarded(["diff", "git:many", "models", "--format", "markdown"]) == WRONG
    out = capsys.readouterr().out
    assert len(out.encode()) < 65_536
    assert "120 changed" in out
    assert "more models left out" in out
    assert out.count("<details") == out.count("</details>")
    assert out.index("net119") < out.index("net50")


def test_a_new_model_may_grow(repository: Path, capsys: Said) -> None:
    """Limits on growth need a base; other limits hold."""
    Path("models/small.yaml").write_text(SMALL)
    for base in ("git:main", "git:main:models/small.yaml", "main:models/small.yaml"):
        arguments = ["check", "models/small.yaml", "--against", base, "--budget", "params=+5%", *ONLY]
        assert guarded(arguments) == FINE
        err = capsys.readouterr().err
        assert err.count("note: ") == err.count("\n") == 1
        assert "`models/small.yaml` is new" in err
        assert guarded([*arguments, "--quiet"]) == FINE
        assert capsys.readouterr().err == ""
    assert guarded(["check", "models", "--against", "git:main", "--budget", "params=+5%", *ONLY]) == FINE
    assert capsys.readouterr().err.count("note: ") == 1
    assert (
        guarded(
            [
                "check",
                "models/small.yaml",
                "--against",
                "git:main",
                "--budget",
                "params=+5%",
                "--budget",
                "params=100",
                *ONLY,
            ]
        )
        == WRONG
    )
    capsys.readouterr()
    assert "did you mean `main`" in refused(
        capsys, "check", "models/small.yaml", "--against", "git:mian", "--budget", "params=+5%"
    )
    wrong = ["check", "models/small.yaml", "--against", "git:main:models/nett.yaml", "--budget", "params=+5%", *ONLY]
    assert "did you mean `git:main:models/net.yaml`" in refused(capsys, *wrong)


def test_a_renamed_model_may_not_grow(repository: Path, capsys: Said) -> None:
    git("mv", "models/long.yaml", "models/other.yaml")
    Path("models/other.yaml").write_text(LONG.replace("filters: 64", "filters: 96"))
    git("add", "-A")
    assert guarded(["check", "models/other.yaml", "--against", "git:main", "--budget", "params=+5%", *ONLY]) == WRONG
    assert "git:main:models/long.yaml" in capsys.readouterr().out
