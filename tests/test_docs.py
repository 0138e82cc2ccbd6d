"""The pages: made parts are up to date, models load, commands run, links lead somewhere, and each index is complete."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from test_house import FLOORS

import analyzer
from analyzer.checks.page import Page
from analyzer.checks.run import checks
from analyzer.cli.check_settings import CheckSettings, check_settings
from analyzer.cli.configuration import Configuration
from analyzer.cli.inputs import Inputs
from analyzer.cli.main import guarded
from analyzer.layers import CATALOGUE
from analyzer.reporter.analysis import FORMATS

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
LANGUAGE = ROOT / "docs" / "language.md"
CI = ROOT / "docs" / "ci.md"
CHECKS = {path.stem: path for path in sorted((ROOT / "docs" / "checks").glob("[!R]*.md"))}
MODELS = [
    (path, number, text)
    for path in PAGES
    for number, text in enumerate(re.findall(r"```yaml\n(.*?)```", path.read_text(encoding="utf-8"), re.S), 1)
    if re.search(r"^layers:", text, re.M) and re.search(r"^inputs?:", text, re.M) and not text.startswith("# wrong")
]


def _make() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_make", ROOT / "docs" / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    if str(ROOT / "docs") not in sys.path:
        sys.path.append(str(ROOT / "docs"))  # as for `python docs/make.py`
    spec.loader.exec_module(module)
    return module


def test_the_made_pages_are_what_the_code_makes() -> None:
    made: dict[Path, str] = _make().pages()
    differ = [path.name for path, text in made.items() if path.read_text(encoding="utf-8") != text]
    assert not differ, "run: python docs/make.py"
    for folder in ("layers", "checks"):
        assert {path for path in made if path.parent == ROOT / "docs" / folder} == set(
            (ROOT / "docs" / folder).iterdir()
        )


def test_the_commands_of_a_page_run_in_one_folder() -> None:
    page = (
        "```yaml\n# a.yaml\ninput: 32x32x3\nlayers: [dense: 10]\n```\n\nThen:\n\n```console\n$ cp a.yaml b.yaml\n"
        "$ ls *.yaml\nstale\n```\n\n```console\n$ analyzer b.yaml --top 1 \\\n  --format csv | wc -l\n```\n"
    )
    _make()
    made = importlib.import_module("console").ran(page)
    assert "$ cp a.yaml b.yaml\n$ ls *.yaml\na.yaml\nb.yaml\n```" in made
    assert "$ analyzer b.yaml --top 1 \\\n  --format csv | wc -l\n2\n```" in made


def test_check_tells_a_difference_apart(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    make = _make()
    assert make.main(["--check"]) == 0
    monkeypatch.setattr(make, "pages", lambda: {LANGUAGE: "another text"})
    assert make.main(["--check"]) == 1
    assert "docs/language.md differs; run: python docs/make.py" in capsys.readouterr().out


def test_every_type_has_its_page_and_its_place_in_the_index() -> None:
    index = (ROOT / "docs" / "layers" / "README.md").read_text(encoding="utf-8")
    for name in CATALOGUE:
        assert f"[`{name}`]({name}.md)" in index


@pytest.mark.parametrize(("path", "number", "text"), MODELS, ids=[f"{path.stem}-{n}" for path, n, _ in MODELS])
def test_every_model_on_a_page_loads(path: Path, number: int, text: str) -> None:
    assert analyzer.analyze(text).rows


def test_the_language_page_has_models_that_load() -> None:
    assert len([number for path, number, _ in MODELS if path == LANGUAGE]) >= 12


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        file, _, heading = target.partition("#")
        page = (path.parent / file).resolve() if file else path
        assert page.exists(), f"{path.name} links to {target}"
        if heading:
            headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.M)
            assert heading in {re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-") for words in headings}


@pytest.mark.parametrize("index", [ROOT / "docs" / folder / "README.md" for folder in ("", "decisions", "how_to")])
def test_an_index_lists_every_page_of_its_folder(index: Path) -> None:
    pages = {path.name for path in index.parent.glob("*.md")} - {"README.md"}
    assert pages <= set(re.findall(r"\]\(([^)/#]+\.md)\)", index.read_text(encoding="utf-8")))


def test_the_navigation_of_the_site_has_every_page() -> None:
    spec = importlib.util.spec_from_file_location("conf", ROOT / "docs" / "conf.py")
    assert spec is not None
    assert spec.loader is not None
    conf = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(conf)
    listed = {"README"}
    for index in (path for path in PAGES if path.name == "README.md"):
        source, folder = [index.read_text(encoding="utf-8")], index.parent.relative_to(ROOT / "docs")
        conf.navigation(None, "README", source)
        trees = "".join(re.findall(r"^```{toctree}\n(.*?)^```", source[0], re.S | re.M))
        listed |= {str(folder / page) for page in re.findall(r"<(.*)>$", trees, re.M)}
    assert listed == {str(path.relative_to(ROOT / "docs").with_suffix("")) for path in PAGES}


PYTHON = ["api.md", "README.md", "sizes.md", "sweep.md", "tutorial.md"]


@pytest.mark.parametrize("page", [*PYTHON, *sorted(os.listdir(ROOT / "docs" / "how_to"))])
def test_the_python_of_a_page_runs(
    page: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    path = ROOT / "docs" / page
    for block in blocks(path if path.exists() else ROOT / "docs" / "how_to" / page, "python"):
        if "to_dataframe" in block:
            pytest.importorskip("pandas")
        if not block.startswith((">>> ", "analyzer.")):  # examples run as doctests; signatures are no programs
            exec(compile(block, page, "exec"), {})


def test_the_readme_names_every_format_of_the_report() -> None:
    (row,) = re.findall(r"^\| another format \|.*$", (ROOT / "README.md").read_text(encoding="utf-8"), re.M)
    assert set(FORMATS) - {"table"} <= set(re.findall(r"\w+", row))


@pytest.mark.parametrize("path", [ROOT / "README.md", *PAGES], ids=lambda path: str(path.relative_to(ROOT)))
def test_prose_is_wrapped(path: Path) -> None:
    """Lines of at most 120 characters; tables, code, and pages made from docstrings may have longer ones."""
    if path.parent.name in ("layers", "checks"):
        return
    prose = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.S | re.M)
    assert [line for line in prose.splitlines() if len(line) > 120 and not line.startswith(("|", "- **"))] == []


def test_the_foreign_format_of_the_development_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = blocks(ROOT / "docs" / "development.md", "python")
    exec(compile(block, "development.md", "exec"), {})
    assert capsys.readouterr().out.startswith(f"{(8 * 8 * 3 + 1) * 20 + (13 * 13 * 20 + 1) * 10} [Diagnostic(")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_page_names_a_machine(path: Path) -> None:
    assert not re.search(r"(?<![\w.])/(home|work|root|tmp|Users)/", path.read_text(encoding="utf-8"))


# --------------------------------------------------------------------------------------------------------------------
# The checks.


def blocks(path: Path, kind: str) -> list[str]:
    """The code blocks of a page in one language."""
    return re.findall(rf"^```{kind}\n(.*?)^```", path.read_text(encoding="utf-8"), re.S | re.M)


def test_every_check_has_its_page_and_its_place_in_the_index() -> None:
    index = (ROOT / "docs" / "checks" / "README.md").read_text(encoding="utf-8")
    assert set(CHECKS) == {check.NAME for check in checks()}
    for page in map(Page, checks()):
        assert f"| [`{page.code}`]({page.name}.md) | `{page.name}` | {page.severity} | {page.title} |\n" in index


@pytest.mark.parametrize("name", CHECKS)
def test_a_page_of_a_check_shows_what_the_command_says(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.delenv("COLUMNS", raising=False)
    fires, change = blocks(CHECKS[name], "yaml")
    (shown,) = blocks(CHECKS[name], "console")
    command, _, expected = shown.partition("\n")
    model = tmp_path / "model.yaml"
    model.write_text(fires, encoding="utf-8")
    guarded(command.removeprefix("$ analyzer ").split())
    assert capsys.readouterr().out == expected
    model.write_text(change, encoding="utf-8")
    assert guarded(command.removeprefix("$ analyzer ").split()) == 0
    assert capsys.readouterr().out == "1 model is fine\n"


def test_what_the_index_says_of_comments(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A comment can ignore findings from three places."""
    (fires, _), comment = blocks(CHECKS["bias-before-norm"], "yaml"), "# analyzer: ignore[CHECK202] on purpose"
    model = tmp_path / "model.yaml"
    layer = next(line for line in fires.splitlines() if "conv" in line)
    for text, code in (
        (fires, 1),
        (fires.replace(layer, f"{layer}  {comment}"), 0),
        (fires.replace(layer, f"  {comment}\n{layer}"), 0),
        (f"{comment}\n{fires}", 0),
        (f"{fires}{comment}\n", 1),
    ):
        model.write_text(text, encoding="utf-8")
        assert guarded(["check", str(model), "--no-config"]) == code, text
    capsys.readouterr()


# --------------------------------------------------------------------------------------------------------------------
# The pages for those who change the code.

ARCHITECTURE, DEVELOPMENT = (ROOT / "docs" / f"{name}.md" for name in ("architecture", "development"))
GLOSSARY = re.findall(r"^\| .*\| `analyzer\.([\w.]+)`[\w ]* \|$", ARCHITECTURE.read_text(encoding="utf-8"), re.M)


@pytest.mark.parametrize("name", GLOSSARY)
def test_a_word_of_the_glossary_has_its_class(name: str) -> None:
    module, _, thing = f"analyzer.{name}".rpartition(".")
    assert hasattr(importlib.import_module(module), thing), f"docs/architecture.md: {name}"


def test_the_glossary_is_read() -> None:
    assert len(GLOSSARY) >= 40


@pytest.mark.parametrize("page", [ARCHITECTURE, DEVELOPMENT], ids=lambda page: page.stem)
def test_files_that_a_page_names_exist(page: Path) -> None:
    rooms = "analyzer|benchmarks|docs|example_models|schemas|tests"
    named = set(re.findall(rf"`((?:{rooms})/[\w/.]*)`", page.read_text(encoding="utf-8")))
    later = {"analyzer/loader/formats/"}  # made when it is needed
    assert [name for name in sorted(named - later) if not (ROOT / name).exists()] == []


def test_the_tests_that_hold_a_principle_exist() -> None:
    house = (ROOT / "tests" / "test_house.py").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", ARCHITECTURE.read_text(encoding="utf-8")))
    assert len(named) >= 8
    assert [name for name in sorted(named) if f"def {name}(" not in house] == []


def test_the_picture_has_every_room_on_its_floor() -> None:
    picture = re.findall(r"^```\n( 7 .*?)^```", ARCHITECTURE.read_text(encoding="utf-8"), re.S | re.M)[0]
    drawn, floor = {}, 7
    for line in picture.splitlines():
        number = re.match(r" (\d)  ", line)
        floor = int(number[1]) if number else floor
        rooms = re.findall(r"^ [\d ]  (\w+)/ ", line) or (re.findall(r"(\w+)\.py", line) if floor == 0 else [])
        drawn.update(dict.fromkeys(rooms, floor))
    rooms = {path.stem for path in (ROOT / "analyzer").iterdir() if (path / "__init__.py").exists()}
    modules = {path.stem for path in (ROOT / "analyzer").glob("*.py")} - {"__init__", "__main__", "api", "testing"}
    assert drawn == {name: FLOORS[name] for name in rooms | modules}


# --------------------------------------------------------------------------------------------------------------------
# The page about pre-commit and CI.

#: A network without a finding, and two changes that a pull request may make to it.
NET = """\
input: 48x48x3
layers:
  - conv: {filters: 32, kernel: 7, stride: 2, padding: same, norm: batch_norm, bias: false, act: relu}
  - max_pool: 2
  - conv: {filters: 32, kernel: 3, padding: 1, act: relu}
  - max_pool: 2
  - conv: {filters: 48, kernel: 3, padding: 1, act: relu}
  - conv: {filters: 64, kernel: 3, padding: 1, act: relu}
  - global_avg_pool
  - dense: 10
"""
FINE = NET.replace("dense: 10", "dense: 12")
WASTEFUL = NET.replace("bias: false, ", "").replace("filters: 64", "filters: 8192")  # 6·6·8192·3·3·48 = 127 M MACs


def scripts(value: Any) -> Iterator[str]:
    """The scripts of a workflow, step by step."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in ("run", "script"):
                yield from [item] if isinstance(item, str) else item
            else:
                yield from scripts(item)
    elif isinstance(value, list):
        for item in value:
            yield from scripts(item)


def lines() -> list[str]:
    """The commands of the page that need only a clone, in their order."""
    found = []
    for kind, block in re.findall(r"^```(sh|yaml)\n(.*?)^```", CI.read_text(encoding="utf-8"), re.S | re.M):
        for script in [block] if kind == "sh" else scripts(yaml.safe_load(block)):
            found += script.splitlines()
    return [line for line in found if re.match(r"(analyzer|git) ", line)]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone on a branch; its `main` has `models/net.yaml` and `models/wide.yaml`. `bin/analyzer` is beside it."""
    origin, work, command = tmp_path / "origin", tmp_path / "work", tmp_path / "bin" / "analyzer"
    (origin / "models").mkdir(parents=True)
    (origin / "models" / "net.yaml").write_text(NET)
    (origin / "models" / "wide.yaml").write_text(NET.replace("filters: 48", "filters: 64"))
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m analyzer "$@"\n')
    command.chmod(0o755)
    for folder, *arguments in (
        (origin, "init", "--quiet", "--initial-branch=main"),
        (origin, "add", "."),
        (origin, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message=models"),
        (tmp_path, "clone", "--quiet", str(origin), str(work)),
        (work, "switch", "--quiet", "--create", "change"),
    ):
        subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)
    return work


def shell(line: str, clone: Path) -> Any:
    """Runs a line of the page as in a pull request to `main`."""
    environment = {
        **os.environ,
        "PATH": os.pathsep.join((str(clone.parent / "bin"), os.environ["PATH"])),
        "PYTHONPATH": str(ROOT),
        "PYTHONIOENCODING": "utf-8",
        "GITHUB_BASE_REF": "main",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
    }
    for name in ("GITHUB_ACTIONS", "GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        environment.pop(name, None)
    return subprocess.run(["bash", "-c", line], cwd=clone, env=environment, capture_output=True, encoding="utf-8")


def test_the_commands_of_the_ci_page_run(clone: Path) -> None:
    (clone / "models" / "net.yaml").write_text(FINE)
    assert len(lines()) >= 20
    for line in lines():
        done = shell(line, clone)
        different = line.startswith("analyzer diff") and "--exit-zero" not in line and "released.json" not in line
        assert done.returncode == different, f"{line}\n{done.stdout}{done.stderr}"
        assert "analyzer: " not in done.stderr, line
    assert json.loads((clone / "analyzer.sarif").read_text())["version"] == "2.1.0"
    assert isinstance(json.loads((clone / "codequality.json").read_text()), list)
    assert ElementTree.parse(clone / "junit.xml").getroot().tag == "testsuites"
    assert (clone / "diff.md").read_text(encoding="utf-8").startswith("###")


def test_the_guards_of_the_ci_page_stop_a_network_that_grows(clone: Path) -> None:
    guarded = [line for line in lines() if "=+" in line]
    assert len(guarded) >= 6
    for line in (line for line in lines() if line not in guarded and not line.startswith("analyzer check")):
        shell(line, clone)  # what the guards need: a fetch, a saved report
    (clone / "models" / "net.yaml").write_text(WASTEFUL)
    for line in guarded:
        done = shell(f"{line} --select CHECK5", clone)
        assert done.returncode == 1, f"{line}\n{done.stdout}{done.stderr}"
        assert "grew by" in done.stdout


def test_the_hook_and_the_action_are_as_the_ci_page_has_them() -> None:
    pages = [yaml.safe_load(block) for block in blocks(CI, "yaml")]
    hooks = [hook for page in pages for repository in page.get("repos", ()) for hook in repository["hooks"]]
    known = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hooks
    assert {hook["id"] for hook in hooks} <= {hook["id"] for hook in known}
    inputs = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["inputs"]
    steps = [step for page in pages for job in page.get("jobs", {}).values() for step in job["steps"]]
    given = [step["with"] for step in steps if step.get("uses", "").startswith("OWNER/analyzer@")]
    assert given
    for names in given:
        assert set(names) <= set(inputs)
        assert {name for name, one in inputs.items() if one.get("required")} <= set(names)


@pytest.mark.parametrize("page", [ROOT / "docs" / "tutorial.md", CI, ROOT / "action.yml"], ids=lambda page: page.name)
def test_actions_are_pinned_to_a_commit(page: Path) -> None:
    used = re.findall(r"^ *- uses: (\S+)(.*)$", page.read_text(encoding="utf-8"), re.M)
    assert used or page.name == "action.yml"
    for action, comment in used:
        pinned = re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action) and re.fullmatch(r" # v\d+\.\d+\.\d+", comment)
        assert pinned or action == "OWNER/analyzer@REV"


def test_the_configuration_of_the_ci_page_is_one(tmp_path: Path) -> None:
    (table,) = blocks(CI, "toml")
    (tmp_path / "pyproject.toml").write_text(table)
    asked = argparse.Namespace(select=None, ignore=None, severity=None, exit_zero=False)

    def settings(file: str) -> CheckSettings:
        path = str(tmp_path / "models" / file)
        return check_settings(Configuration(Inputs()).of(path), asked, path)

    found = settings("net.yaml")
    assert (found.ignore, found.severity, found.exit_zero) == (["CHECK303"], "warning", False)
    assert settings("old/a/net.yaml").ignore == ["CHECK303", "CHECK2"]
    assert settings("a_draft.yaml").ignore == ["CHECK303", "linear-pair"]


def test_the_configuration_of_its_page_has_only_keys_that_exist(tmp_path: Path) -> None:
    (table,) = blocks(ROOT / "docs" / "configuration.md", "toml")
    (tmp_path / "pyproject.toml").write_text(table)
    assert Configuration(Inputs()).of(str(tmp_path)).values["device"].name == "RTX 4090"
