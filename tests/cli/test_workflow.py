"""The workflow of docs/ci.md, run as it is in a scratch repository with an `origin`, for each kind of pull request."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from commands import ROOT

SMALL = "input: 8x8x3\nlayers:\n  - conv: {filters: 4, kernel: 3}\n  - global_avg_pool\n  - dense: 2\n"
LONG = "input: 32x32x3\ndefaults:\n  conv: {kernel: 3, padding: 1, act: relu}\nlayers:\n" + "".join(
    f"  - conv: {{filters: {width}}}\n" for width in (8, 8, 16, 16, 32, 32, 64, 64)
)
#: A stand-in for GitHub's command: it keeps what it is asked, and the comment.
GH = '#!/bin/sh\necho "$@" >> "$SAID"\ncp diff.md "$COMMENT"\n'


def steps(name: str) -> list[dict[str, Any]]:
    """The steps with a script of the workflow with this name, without the installation."""
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    (found,) = [
        workflow
        for block in re.findall(r"^```yaml\n(.*?)^```", page, re.S | re.M)
        if (workflow := yaml.safe_load(block)).get("name") == name
    ]
    (job,) = found["jobs"].values()
    return [step for step in job["steps"] if "run" in step and "pip install" not in step["run"]]


class Pull:
    """A clone on a branch of an `origin`, in which a pull request is prepared; `run` runs the workflow on it."""

    def __init__(self, folder: Path) -> None:
        self.origin, self.work, self.bin = (folder / name for name in ("origin", "work", "bin"))
        self.comment, self.said, self.summary = (folder / name for name in ("comment.md", "said", "summary.md"))
        self.bin.mkdir()
        self._command("analyzer", f'#!/bin/sh\nexec "{sys.executable}" -m analyzer "$@"\n')
        self._command("gh", GH)
        (self.origin / "models").mkdir(parents=True)
        for name, text in (("net", LONG), ("small", SMALL)):
            (self.origin / "models" / f"{name}.yaml").write_text(text)
        self.git(self.origin, "init", "--initial-branch=main")
        self.git(self.origin, "add", ".")
        self.git(self.origin, "commit", "-m", "models")
        self.git(folder, "clone", str(self.origin), str(self.work))
        self.git(self.work, "switch", "--create", "change")
        self.models = self.work / "models"

    def _command(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def git(self, folder: Path, *arguments: str) -> None:
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        named = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
        command = ["git", "-C", str(folder), *named, *arguments]
        subprocess.run(command, check=True, capture_output=True, env=environment, timeout=60)

    def run(self) -> dict[str, subprocess.CompletedProcess[str]]:
        """Commits what was changed and runs the steps, each as GitHub's bash runs it."""
        self.git(self.work, "add", "-A")
        self.git(self.work, "commit", "-m", "change")
        environment = {
            **os.environ,
            "PATH": os.pathsep.join((str(self.bin), os.environ["PATH"])),
            "PYTHONPATH": str(ROOT),
            "PYTHONIOENCODING": "utf-8",
            "GITHUB_ACTIONS": "true",
            "GITHUB_BASE_REF": "main",
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "NUMBER": "7",
            "GH_TOKEN": "token",
            "SAID": str(self.said),
            "COMMENT": str(self.comment),
        }
        return {
            step["name"]: subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=self.work,
                env=environment,
                capture_output=True,
                encoding="utf-8",
                timeout=120,
                check=False,
            )
            for step in steps("review of models")
        }

    def passes(self) -> str:
        """The comment, after every step passed."""
        for name, done in self.run().items():
            assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
        assert self.said.read_text().startswith("pr comment 7 --body-file diff.md")
        assert self.summary.read_text(encoding="utf-8").startswith("### analyzer check: ")
        return self.comment.read_text(encoding="utf-8")


@pytest.fixture
def pull(tmp_path: Path) -> Pull:
    return Pull(tmp_path)


def test_an_added_model(pull: Pull) -> None:
    (pull.models / "new.yaml").write_text(SMALL.replace("dense: 2", "dense: 3"))
    comment = pull.passes()
    assert "1 added, 2 unchanged" in comment
    assert "| `models/new.yaml` | added |" in comment


def test_a_model_in_a_new_folder(pull: Pull) -> None:
    (pull.models / "deep" / "er").mkdir(parents=True)
    (pull.models / "deep" / "er" / "new.yaml").write_text(SMALL)
    assert "| `models/deep/er/new.yaml` | added |" in pull.passes()


def test_a_moved_model(pull: Pull) -> None:
    (pull.models / "old").mkdir()
    (pull.models / "net.yaml").rename(pull.models / "old" / "first.yaml")
    comment = pull.passes()
    assert "1 moved, 1 unchanged" in comment
    assert "`git:origin/main:models/net.yaml`" not in comment.split("<details", 1)[0]


def test_a_moved_and_changed_model(pull: Pull) -> None:
    (pull.models / "net.yaml").unlink()
    (pull.models / "first.yaml").write_text(LONG.replace("relu", "silu"))
    comment = pull.passes()
    assert "1 changed, 1 unchanged" in comment
    assert "| `defaults.conv.act` | `relu` | `silu` | 8 layers |" in comment
    assert "`git:origin/main:models/net.yaml` (" in comment


def test_a_changed_model(pull: Pull) -> None:
    (pull.models / "small.yaml").write_text(SMALL.replace("global_avg_pool", "global_max_pool"))
    assert "| `models/small.yaml` | changed |" in pull.passes()


def test_a_model_that_grew(pull: Pull) -> None:
    """The comment is there, and the limit stops the pull request: 9·64·64 + 64 = 36,928 of 73,608 became more."""
    (pull.models / "net.yaml").write_text(LONG.replace("filters: 64", "filters: 96"))
    done = pull.run()
    assert [step.returncode for step in done.values()] == [0, 0, 1]
    assert "grew by" in done["Limit"].stdout
    assert "::error file=models/net.yaml" in done["Limit"].stdout
    assert "1 changed, 1 unchanged" in pull.comment.read_text(encoding="utf-8")


def test_a_removed_model(pull: Pull) -> None:
    (pull.models / "small.yaml").unlink()
    comment = pull.passes()
    assert "1 removed, 1 unchanged" in comment
    assert "| `models/small.yaml` | removed |" in comment


def test_the_last_model_is_removed(pull: Pull) -> None:
    """The folder does not exist any more; the steps that check are skipped by their conditions."""
    for path in pull.models.glob("*.yaml"):
        path.unlink()
    done = pull.run()
    assert done["Compare"].returncode == 0, done["Compare"].stderr
    assert "2 removed, 0 unchanged" in pull.comment.read_text(encoding="utf-8")
    for step in steps("review of models"):
        assert ("hashFiles('models/**/*.yaml') != ''" in step["if"]) == (done[step["name"]].returncode != 0)


def test_several_models(pull: Pull) -> None:
    """Three are added, one is changed, one is moved; YAML that is not a model does not count."""
    for number in range(3):
        (pull.models / f"new{number}.yaml").write_text(SMALL.replace("dense: 2", f"dense: {number + 3}"))
    (pull.models / "net.yaml").rename(pull.models / "first.yaml")
    (pull.models / "small.yaml").write_text(SMALL.replace("kernel: 3", "kernel: 2"))
    (pull.models / "labels.yaml").write_text("classes: [a, b]\n")
    assert "1 changed, 3 added, 1 moved, 0 unchanged" in pull.passes()


def test_a_wrong_model(pull: Pull) -> None:
    """The step fails with the findings; the summary has them too."""
    (pull.models / "small.yaml").write_text(SMALL.replace("conv", "convv"))
    done = pull.run()
    assert done["Compare"].returncode == 2
    assert "models/small.yaml:3" in done["Compare"].stderr
    assert done["Limit"].returncode == 1
    assert "**does not load**" in pull.summary.read_text(encoding="utf-8")


def test_the_base_moved_on(pull: Pull) -> None:
    """Another change was merged since: `origin/main` is what the runner fetched."""
    (pull.origin / "models" / "small.yaml").write_text(SMALL.replace("dense: 2", "dense: 4"))
    pull.git(pull.origin, "commit", "-am", "another")
    pull.git(pull.work, "fetch", "origin")
    pull.git(pull.work, "merge", "origin/main")
    (pull.models / "new.yaml").write_text(SMALL)
    assert "1 added, 2 unchanged" in pull.passes()
