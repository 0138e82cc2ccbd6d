"""What a person may name as one side of a comparison: models, saved reports and revisions of git, and what is refused."""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import MODEL

from analyzer import analyze
from analyzer.cli import revisions
from analyzer.cli.inputs import Inputs
from analyzer.cli.main import UsageError
from analyzer.cli.sides import Side, read_side, read_sides
from analyzer.loader.expand.entry import SettingError
from analyzer.reporter.options import Failed

#: Two layers, the first frozen, the second with biases: (3·3·3 + 1)·4 = 112 and 4·2 + 2 = 10 parameters.
FROZEN = """\
input: 8x8x3
layers:
  - {conv: {filters: 4, kernel: 3}, frozen: true}
  - global_avg_pool:
  - dense: 2
"""


def asked(**options: Any) -> argparse.Namespace:
    """Options as the parser gives them."""
    return argparse.Namespace(
        **{
            "set": [],
            "input": [],
            "batch": None,
            "dtype": None,
            "configuration": None,
            "quiet": False,
            "inputs": Inputs(),
            **options,
        }
    )


def side(name: str, *, same: str | None = None, **options: Any) -> Side:
    """A side that can be read."""
    read = read_side(name, asked(**options), {}, same=same)
    assert isinstance(read, Side)
    return read


def refusal(name: str, *, same: str | None = None, **options: Any) -> str:
    """The one line with which a side is refused."""
    with pytest.raises(UsageError) as caught:
        read_side(name, asked(**options), {}, same=same)
    message = str(caught.value)
    assert "\n" not in message
    return message


def git(*arguments: str) -> None:
    """Runs git in the current folder, as somebody whose settings are not this machine's."""
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    named = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *named, *arguments], check=True, capture_output=True, env=environment, timeout=60)


@pytest.fixture
def repository(folder: Path) -> Path:
    """The folder as a repository: `net.yaml` and `models/deep.yaml` in a first commit `v1`, `net.yaml` wider since."""
    (folder / "models").mkdir()
    (folder / "models" / "deep.yaml").write_text(FROZEN)
    git("init", "--initial-branch=main")
    git("add", "net.yaml", "models")
    git("commit", "-m", "first")
    git("tag", "v1")
    (folder / "net.yaml").write_text(MODEL.replace("width: 20", "width: 24"))
    return folder


def test_a_model_is_analysed(folder: Path) -> None:
    """The textbook's layer: (8·8·3 + 1)·20 = 3,860 shared, 14·14·20·(8·8·3 + 1) = 756,560 local."""
    texts: dict[str, str] = {}
    read = read_side("net.yaml", asked(), texts)
    assert isinstance(read, Side)
    assert (read.label, read.text, read.saved, read.run) == ("net.yaml", MODEL, False, (1, "float32"))
    assert read.report["totals"]["shared"]["parameters"] == 3860
    assert read.report["totals"]["local"]["parameters"] == 756560
    assert texts == {"net.yaml": MODEL}


def test_options_reach_the_model(folder: Path) -> None:
    """Width 5: (8·8·3 + 1)·5 = 965; input 16x16x3: (16 − 8 + 2)/2 + 1 = 6; 2·6·6·5 numbers of 2 bytes are 720."""
    read = side("net.yaml", set=[("width", "5")], input=["16x16x3"], batch=2, dtype="float16")
    totals = read.report["totals"]
    assert (totals["shared"]["parameters"], totals["activation_bytes"]) == (965, 720)
    with pytest.raises(SettingError, match="did you mean `width`"):
        side("net.yaml", set=[("widht", "5")])


def test_stdin(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` is a model, or a report, by what it holds."""
    for data in (MODEL, json.dumps(analyze("net.yaml").to_dict())):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data.encode())))
        read = side("-")
        assert (read.label, read.report["totals"]["macs"]) == ("<stdin>", 14 * 14 * 20 * 8 * 8 * 3)
        assert read.saved == (data != MODEL)
    with pytest.raises(UsageError, match="read once"):
        read_sides("-", "-", asked(), {})


@pytest.mark.parametrize(("name", "said"), [("net.yml", "did you mean `net.yaml`"), (".", "is a folder")])
def test_a_file_that_cannot_be_read(folder: Path, name: str, said: str) -> None:
    """One line, with the nearest name."""
    assert said in refusal(name)


def test_a_wrong_model_is_collected(folder: Path) -> None:
    """A mistake in a model is no mistake of the command line."""
    texts: dict[str, str] = {}
    read = read_side("wrong.yaml", asked(), texts)
    assert isinstance(read, Failed)
    assert (read.file, read.diagnostics[0].span.line) == ("wrong.yaml", 3)  # type: ignore[union-attr]
    assert "wrong.yaml" in texts
    Path("latin.yaml").write_bytes(b"input: 8x8x3 # \xe9\n")
    assert isinstance(read_side("latin.yaml", asked(), {}), Failed)


@pytest.mark.parametrize("dumped", [{}, {"sort_keys": True, "indent": 2}], ids=["written", "sorted"])
@pytest.mark.parametrize("text", [MODEL, FROZEN], ids=["textbook", "frozen"])
def test_a_saved_report_is_what_was_saved(folder: Path, text: str, dumped: dict[str, Any]) -> None:
    """By content, whatever the file is called."""
    report = analyze(text, batch=3, dtype="bfloat16").to_dict()
    Path("old.txt").write_text("\ufeff" + json.dumps(report, **dumped), encoding="utf-8")
    read = side("old.txt")
    assert (read.report, read.saved, read.text, read.run) == (report, True, None, (3, "bfloat16"))


def test_every_example_survives(folder: Path) -> None:
    """What the command writes is read back, with all that the language has (tied, frozen, several inputs and outputs)."""
    from commands import ROOT

    files = sorted((ROOT / "example_models").glob("*.yaml"))
    assert len(files) > 20
    for file in files:
        report = analyze(file).to_dict()
        Path("saved.json").write_text(json.dumps(report))
        assert side("saved.json").report == json.loads(json.dumps(report)), file.name


def test_a_model_written_as_json_is_a_model(folder: Path) -> None:
    """JSON is YAML, so a brace alone makes no report."""
    Path("net.json").write_text('{"layers": [{"dense": 4}], "input": "3"}')
    assert side("net.json").report["totals"]["shared"]["parameters"] == 16


def _parameters(report: Any) -> None:
    report["totals"]["shared"]["parameters"] += 1


def _layer(report: Any) -> None:
    report["layers"][0]["shared"]["weights"] -= 1
    report["layers"][0]["shared"]["biases"] += 1


def _sums(report: Any) -> None:
    report["layers"][1]["cumulative"]["macs"] += 1


def _both(report: Any) -> None:
    report["layers"][0]["shared"]["biases"] += 1


def _trainable(report: Any) -> None:
    report["totals"]["declared"]["trainable"] = 122


def _macs(report: Any) -> None:
    report["totals"]["macs"] -= 5


def _gone(report: Any) -> None:
    report["layers"].pop()


def _fewer(report: Any) -> None:
    report["totals"]["shared"] = report["layers"][2]["shared"] | {"trainable": 10}


def _twice(report: Any) -> None:
    report["layers"][2]["name"] = report["layers"][0]["name"]


def _reads(report: Any) -> None:
    report["layers"][1]["inputs"] = ["nowhere"]


def _outputs(report: Any) -> None:
    report["outputs"] = {"gone": "2"}


def _output(report: Any) -> None:
    report["outputs"] = {"dense1": "3"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_parameters, "its totals have 123 parameters (shared), and its layers add up to 122"),
        (_layer, "running sums at `conv1`"),
        (_sums, "running sums at `global_avg_pool1`"),
        (_both, "parameters of `conv1` are not the sum of its weights and biases (shared)"),
        (_trainable, "its totals have 122 trainable (declared), and its layers add up to 10"),
        (_macs, "its totals have 3,891 macs, and its layers add up to 3,896"),  # 6·6·4·27 + 4·2
        (_gone, "its output `dense1` is not one of its layers"),
        (_fewer, "its totals have 8 weights (shared), and its layers add up to 116"),
        (_twice, "two of its layers are called `conv1`"),
        (_reads, "reads `nowhere`"),
        (_outputs, "its output `gone` is not one of its layers"),
        (_output, "its output `dense1` is 3, and the output of that layer is 2"),
    ],
)
def test_an_altered_report(folder: Path, change: Callable[[Any], None], said: str) -> None:
    """A report whose sums or names contradict each other is not compared with."""
    report = analyze(FROZEN).to_dict()
    change(report)
    Path("old.json").write_text(json.dumps(report))
    message = refusal("old.json")
    assert message.startswith("`old.json` was altered: ")
    assert said in message


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9, 0.999])
def test_a_truncated_report(folder: Path, share: float) -> None:
    """Wherever it ends, it is a report that was cut off, not a wrong model."""
    text = json.dumps(analyze(FROZEN).to_dict())
    Path("old.json").write_text(text[: max(int(len(text) * share), 12)])
    message = refusal("old.json")
    assert message.startswith("`old.json` ends in the middle")


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"format": 2, "layers": []}, "format 2, and this version reads format 1"),
        ({"format": True}, "format true"),
        ({"format": {"a": "x" * 999}}, "…"),
        ({"format": 1, "file": "a"}, "does not fit the report's schema: the file needs `name`"),
        ({"file": "a", "name": "b"}, "has no `format`"),
        ({"file": "a", "diagnostics": []}, "a model that was wrong"),
        ({"format": 1, "assumptions": {}}, "`analyzer memory`"),
        ([{"format": 1}, {"format": 1}], "contains 2 reports"),
    ],
)
def test_json_of_another_kind(folder: Path, record: Any, said: str) -> None:
    """Another version, a wrong model's report, the memory report, several reports."""
    Path("old.json").write_text(json.dumps(record))
    assert said in refusal("old.json")


@pytest.mark.parametrize(
    "text",
    [
        '{"format": NaN}',
        '{"format": 1e999}',
        '{"format": ' + "[" * 100_000,
        '{"format": ' + "9" * 5_000 + "}",
        '{"format": 1,, }',
        '{"format": 1} {"format": 1}',
    ],
    ids=["nan", "infinite", "deep", "digits", "comma", "two"],
)
def test_hostile_json(folder: Path, text: str) -> None:
    """One line each, no traceback."""
    Path("old.json").write_text(text)
    assert len(refusal("old.json")) < 300


def test_the_schema_refuses_other_values(folder: Path) -> None:
    """A text where a count belongs, a name that no report has: the place is said."""
    report = analyze(FROZEN).to_dict()
    report["layers"][1]["macs"] = "<script>"
    Path("old.json").write_text(json.dumps(report))
    assert "layers[1].macs" in refusal("old.json")
    report = {**analyze(FROZEN).to_dict(), "extra": 1}
    Path("old.json").write_text(json.dumps(report))
    assert "no key `extra`" in refusal("old.json")


def test_settings_need_a_model(folder: Path) -> None:
    """Nothing can be set in a report."""
    Path("old.json").write_text(json.dumps(analyze(FROZEN).to_dict()))
    assert "`--set` sets something in a model" in refusal("old.json", set=[("width", "5")])
    with pytest.raises(UsageError, match="both sides are saved reports"):
        read_sides("old.json", "old.json", asked(input=["8x8x3"]), {})


def test_two_sides_are_of_one_run(folder: Path) -> None:
    """A model beside a report is analysed as the report's run was; another one is refused, not compared."""
    Path("old.json").write_text(json.dumps(analyze("net.yaml", batch=4, dtype="float16").to_dict()))
    Path("one.json").write_text(json.dumps(analyze("net.yaml").to_dict()))
    first, second = read_sides("old.json", "net.yaml", asked(), {})
    assert isinstance(first, Side)
    assert isinstance(second, Side)
    assert first.run == second.run == (4, "float16")
    assert first.report["totals"] == second.report["totals"]
    with pytest.raises(UsageError, match="report of batch 4, float16, not of batch 8, float16"):
        read_sides("old.json", "net.yaml", asked(batch=8), {})
    with pytest.raises(UsageError, match=r"`one.json` is a report of batch 1, float32, not of batch 4, float16"):
        read_sides("old.json", "one.json", asked(), {})


def test_a_revision(repository: Path) -> None:
    """The file as it was: width 20 in the commit, 24 on the disk."""
    for name in ("git:HEAD", "git:main:net.yaml", "git:v1:./net.yaml", f"git:v1:{repository / 'net.yaml'}"):
        texts: dict[str, str] = {}
        read = read_side(name, asked(), texts, same="net.yaml")
        assert isinstance(read, Side)
        assert read.report["totals"]["shared"]["parameters"] == 3860
        assert read.text == MODEL
        assert texts == {read.label: MODEL}
    assert side("git:HEAD", same="net.yaml").label == "git:HEAD:net.yaml"
    first, second = read_sides("git:HEAD", "net.yaml", asked(), {})
    assert isinstance(first, Side)
    assert isinstance(second, Side)
    assert [s.report["totals"]["shared"]["parameters"] for s in (first, second)] == [3860, 193 * 24]


def test_paths_at_a_revision_are_gits(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the top of the repository, or from the current folder where they begin with a point."""
    monkeypatch.chdir(repository / "models")
    for name in ("git:v1:models/deep.yaml", "git:v1:./deep.yaml", "git:v1:../models/deep.yaml"):
        assert side(name).report["totals"]["shared"]["parameters"] == 122
    assert side("git:v1", same="deep.yaml").report["totals"]["shared"]["parameters"] == 122
    assert side("git:v1", same="../net.yaml").report["totals"]["shared"]["parameters"] == 3860
    assert "did you mean `git:v1:models/deep.yaml`" in refusal("git:v1:deep.yaml")


def test_a_file_of_another_repository(repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`git:REV` of a file asks the repository that the file is in."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    git("init", str(elsewhere))
    monkeypatch.chdir(elsewhere)
    read = side("git:v1", same="../net.yaml")
    assert read.report["totals"]["shared"]["parameters"] == 3860
    assert "the revision `v1` does not exist" in refusal("git:v1:net.yaml")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("git:mian:net.yaml", "the revision `mian` does not exist here; did you mean `main`?"),
        ("git:v1:nte.yaml", "the file `nte.yaml` does not exist at `v1`; did you mean `git:v1:net.yaml`?"),
        ("git:v1:deep.yaml", "did you mean `git:v1:models/deep.yaml`?"),
        ("git:v1:models", "is a folder"),
        ("git:v1:many.yaml", "the file `many.yaml` does not exist at `v1`"),
        ("git:v1", "needs a path"),
        ("git:v1:", "has no path"),
        ("git:", "has no revision"),
        ("git:--output=x:net.yaml", "has no revision"),
        ("git:v1..main:net.yaml", "does not exist here"),
        ("git:v1:\x1b[31m", "\\x1b"),
        ("git:v1:../net.yaml", "does not exist at"),
    ],
)
def test_what_is_not_at_a_revision(repository: Path, name: str, said: str) -> None:
    """One line, with the nearest."""
    message = refusal(name)
    assert said in message
    assert message.isprintable()


def test_a_shallow_clone(repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What most CI checks out lacks the base; the line says what brings it."""
    git("commit", "-a", "-m", "second")
    git("clone", "--depth=1", f"file://{repository}", str(tmp_path / "clone"))
    monkeypatch.chdir(tmp_path / "clone")
    assert "git fetch --unshallow" in refusal("git:HEAD~1:net.yaml")


def test_outside_a_repository(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said so, of the folder that it is about."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(folder.parent))
    assert refusal("git:main:net.yaml").endswith("the current folder is not in a git repository")
    assert refusal("git:main", same=str(folder / "net.yaml")).endswith(f"`{folder}` is not in a git repository")


def test_without_git(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No git, or one that hangs."""
    monkeypatch.setenv("PATH", str(folder))
    assert "was not found" in refusal("git:main:net.yaml")
    (folder / "git").write_text("#!/bin/sh\nexec /bin/sleep 5\n")
    (folder / "git").chmod(0o755)
    monkeypatch.setattr(revisions, "_PATIENCE", 0.2)
    assert "did not answer" in refusal("git:main:net.yaml")


def test_nothing_is_run_by_a_shell(repository: Path) -> None:
    """A name with a shell's signs is a name."""
    refusal("git:v1:$(touch here);`touch here`.yaml")
    refusal("git:$(touch here):net.yaml")
    assert not Path("here").exists()


def test_a_report_at_a_revision(repository: Path) -> None:
    """A saved report may be kept in git as well."""
    report = analyze(FROZEN).to_dict()
    Path("base.json").write_text(json.dumps(report))
    git("add", "base.json")
    git("commit", "-m", "base")
    assert side("git:HEAD:base.json").report == report


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="this system has no endless files")
@pytest.mark.parametrize(
    "command",
    [
        ("diff", "/dev/zero", "net.yaml"),
        ("diff", "net.yaml", "/dev/zero"),
        ("check", "net.yaml", "--against", "/dev/zero", "--budget", "params=+5%"),
        ("schema", "--check", "/dev/zero"),
        ("schema", "--report", "--check", "/dev/zero"),
        ("/dev/zero",),
        ("memory", "/dev/zero"),
    ],
)
def test_a_file_without_an_end_is_refused(folder: Path, command: tuple[str, ...]) -> None:
    """In 120 MB, of which the interpreter and its libraries take half."""
    limited = ["bash", "-c", 'ulimit -v 120000; exec "$0" "$@"', sys.executable, "-m", "analyzer"]
    done = subprocess.run([*limited, *command], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode in (1, 2)
    assert not done.stdout.strip("\n").count("\n")
    assert "/dev/zero" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_an_endless_pipe_ends_at_the_limit_of_a_model(folder: Path) -> None:
    limited = 'ulimit -v 120000; yes | "$0" -m analyzer diff - net.yaml'
    done = subprocess.run(
        ["bash", "-c", limited, sys.executable], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert "larger than 1,024 KiB" in done.stderr
