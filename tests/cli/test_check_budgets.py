"""`analyzer check`: budgets from the command line, and the guards of a review against a base."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from analyzer import analyze
from analyzer.cli.main import guarded

Said = pytest.CaptureFixture[str]

#: 8·8·3·20 + 20 = 3,860 parameters and 14·14·20·8·8·3 = 752,640 MACs; its budget is broken by width 26: 5,018.
NET = """\
input: 32x32x3
vars: {width: 20}
layers:
  - conv: {filters: $width, kernel: 8, stride: 2, padding: 1}
budget: {params: 5K}
"""


@pytest.fixture
def net(folder: Path) -> Path:
    """The folder with a `net.yaml` that has a budget."""
    (folder / "net.yaml").write_text(NET)
    return folder


def check(capsys: Said, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    """The exit code, and the findings about budgets."""
    code = guarded(["check", "--no-config", "--select", "CHECK501", "--format", "json", *arguments])
    out, err = capsys.readouterr()
    assert err == ""
    found: list[dict[str, Any]] = []

    def gather(value: Any) -> None:
        if isinstance(value, dict) and value.get("code") == "CHECK501":
            found.append(value)
        elif isinstance(value, (dict, list)):
            for item in value.values() if isinstance(value, dict) else value:
                gather(item)

    gather(json.loads(out))
    return code, found


def refused(capsys: Said, *arguments: str) -> str:
    """The one line with which the command line is refused."""
    assert guarded(["check", "--no-config", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err


def test_the_files_budget(net: Path, capsys: Said) -> None:
    """Kept at width 20; broken at width 26, at the line of the limit."""
    assert check(capsys, "net.yaml") == (0, [])
    code, found = check(capsys, "net.yaml", "--set", "width=26")
    assert code == 1
    assert [(one["line"], one["message"]) for one in found] == [
        (5, "`params` is 5.018K, 0.018K (0.4 %) over its budget of 5K")
    ]


def test_the_command_line_wins(net: Path, capsys: Said) -> None:
    """A limit of the same key replaces the file's, another one stands beside it."""
    assert check(capsys, "net.yaml", "--set", "width=26", "--budget", "params=6K")[0] == 0
    code, found = check(capsys, "net.yaml", "--budget", "params=1K..3K", "--budget", "macs=1M..")
    assert code == 1
    assert [one["message"] for one in found] == [
        "`params` is 3.86K, 0.86K (28.7 %) over its budget of 3K",
        "`macs` is 0.7526M, 0.2474M (24.7 %) under the minimum of its budget, 1M",
    ]


@pytest.mark.parametrize(
    ("option", "written", "said"),
    [
        ("--budget", "parms=5M", "a budget has no `parms`; did you mean `params`?"),
        ("--budget", "params=5MB", "`params` takes an amount such as `26M` or `4.2G`, not `5MB`"),
        ("--budget", "weight_memory=lots", "such as `150MiB` or `1.5GB`, not `lots`"),
        ("--budget", "params", "write it as `params=5M`, not `params`"),
        ("--budget", "params<=5M", "write it as `params=5M`"),
        ("--budget", "params=..", "has no limit"),
        ("--budget", "params=5M..1M", "the minimum of `params=5M..1M` is above its maximum"),
        ("--budget", "params=1M..x", "not `x`"),
        ("--budget", "params=-5", "not `-5`"),
        ("--budget", "macs=+5 percent", "`macs` takes an amount such as `26M` or `4.2G` (or `+5%`)"),
        ("--budget", "mcas=+5%", "did you mean `macs`?"),
    ],
)
def test_what_is_no_limit(net: Path, capsys: Said, option: str, written: str, said: str) -> None:
    """One line each, with the nearest key or an example."""
    message = refused(capsys, "net.yaml", option, written)
    assert message.startswith(f"analyzer: `{option}`: ")
    assert said in message


def test_a_base_and_its_guards_go_together(net: Path, capsys: Said) -> None:
    """Either alone does nothing, which is said rather than done."""
    assert "needs a base" in refused(capsys, "net.yaml", "--budget", "params=+5%")
    assert "needs what may grow" in refused(capsys, "net.yaml", "--against", "net.yaml")
    guard = ("--against", "-", "--budget", "params=+5%")
    assert "can be read once" in refused(capsys, "net.yaml", "many.yaml", *guard)
    assert "can be read once" in refused(capsys, "-", *guard)


@pytest.mark.parametrize(
    ("guard", "breaks"),
    # 3,860 → 4,053 with width 21: 193 more, which is exactly 5 %.
    [
        ("params=+193", False),
        ("params=+192", True),
        ("params=+5%", False),
        ("params=+4.99%", True),
        ("layers=+0", False),
        ("macs=+0%", True),
        ("weight_memory=+771B", True),
        ("weight_memory=+772B", False),
    ],
)
@pytest.mark.parametrize("base", ["main.yaml", "old.json"])
def test_guards(net: Path, capsys: Said, guard: str, breaks: bool, base: str) -> None:
    """Both kinds, against a model and a saved report."""
    (net / "main.yaml").write_text(NET)
    (net / "old.json").write_text(json.dumps(analyze("net.yaml").to_dict()))
    (net / "net.yaml").write_text(NET.replace("20", "21"))
    code, found = check(capsys, "net.yaml", "--against", base, "--budget", guard)
    assert (code, len(found)) == ((1, 1) if breaks else (0, 0))
    for one in found:
        assert f"against {base}; +" in one["message"]


def test_a_guards_message(net: Path, capsys: Said) -> None:
    """How much more, of what, and what is allowed."""
    (net / "main.yaml").write_text(NET)
    (net / "net.yaml").write_text(NET.replace("20", "21"))
    _, found = check(capsys, "net.yaml", "--against", "main.yaml", "--budget", "params=+0.1K")
    assert found[0]["message"] == "`params` grew by 0.193K (5.0 %) against main.yaml; +0.1K is allowed"
    assert found[0]["notes"] == ["4,053 − 3,860 = 193", "most in `conv1` 4,053 (100.0 %)"]


def test_against_a_revision(net: Path, capsys: Said) -> None:
    """`git:REV` is each file as it was."""
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    for arguments in (("init",), ("add", "net.yaml", "many.yaml"), ("commit", "-m", "first")):
        subprocess.run(["git", *who, *arguments], check=True, capture_output=True, env=environment, timeout=60)
    (net / "net.yaml").write_text(NET.replace("20", "21"))
    code, found = check(capsys, "net.yaml", "many.yaml", "--against", "git:HEAD", "--budget", "params=+1%")
    assert code == 1
    assert [one["message"] for one in found] == [
        "`params` grew by 193 (5.0 %) against git:HEAD:net.yaml; +1% is allowed"
    ]
    assert "the revision `HAED` does not exist" in refused(
        capsys, "net.yaml", "--against", "git:HAED", "--budget", "params=+1%"
    )


def test_a_base_that_does_not_serve(net: Path, capsys: Said) -> None:
    """A report without peaks, one of another run, a wrong model, none at all: one line each."""
    (net / "old.json").write_text(json.dumps(analyze("net.yaml", batch=2).to_dict()))
    guard = ("--budget", "params=+1%")
    assert "`old.json` has no `depth`; name the model, or `git:REV`" in refused(
        capsys, "net.yaml", "--against", "old.json", "--budget", "depth=+1"
    )
    assert "is a report of batch 2, float32" in refused(
        capsys, "net.yaml", "--against", "old.json", "--budget", "activation_memory=+1%"
    )
    assert "the base `wrong.yaml:3` has a mistake" in refused(capsys, "net.yaml", "--against", "wrong.yaml", *guard)
    assert "did you mean `net.yaml`?" in refused(capsys, "net.yaml", "--against", "ent.yaml", *guard)
    (net / "old.json").write_text('{"format": 1')
    assert "cut off" in refused(capsys, "net.yaml", "--against", "old.json", *guard)


def test_a_finding_without_a_place_goes_into_every_format(net: Path, capsys: Said) -> None:
    """A limit of the command line stands on no line of the file."""
    for format in ("text", "concise", "json", "github", "markdown", "gitlab", "sarif", "junit"):
        code = guarded(["check", "--no-config", "net.yaml", "--budget", "params=1K", "--format", format])
        out, err = capsys.readouterr()
        assert (code, err) == (1, ""), format
        assert "over its budget of 1K" in out, format
