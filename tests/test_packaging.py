"""The package: its name, its metadata, the readme for the package index, the man page, and what a wheel has in it."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import analyzer
from analyzer.cli.main import guarded
from analyzer.cli.parsers import parsers

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
HOOKS = ROOT / "docs" / "hatch_build.py"
needs_hatchling = pytest.mark.skipif(importlib.util.find_spec("hatchling") is None, reason="hatchling is not installed")


def module(path: Path) -> ModuleType:
    """A file that is not in a package, as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_the_distribution_has_a_name_that_is_free_and_the_command_keeps_its_own() -> None:
    assert PROJECT["project"]["name"] == "conv-analyzer"
    assert list(PROJECT["project"]["scripts"]) == ["analyzer"]


def test_the_metadata_is_complete_but_for_addresses() -> None:
    project = PROJECT["project"]
    assert {"name", "description", "license", "license-files", "authors", "requires-python", "keywords"} <= set(project)
    assert set(project["dynamic"]) == {"version", "readme"}
    assert not [address for address in project["urls"].values() if "example" in address]
    versions = [name for name in project["classifiers"] if re.search(r":: 3\.\d+$", name)]
    assert versions[0].endswith(project["requires-python"].removeprefix(">="))


def test_what_builds_the_package_is_pinned() -> None:
    assert all("==" in needed for needed in PROJECT["build-system"]["requires"])


def test_the_tests_have_what_builds_the_package() -> None:
    assert set(PROJECT["build-system"]["requires"]) <= set(PROJECT["project"]["optional-dependencies"]["test"])


def test_extras_that_are_named_exist() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    for path in (ROOT / "pyproject.toml", ROOT / ".ci" / "run", ROOT / "README.md", *ROOT.rglob("analyzer/**/*.py")):
        for names in re.findall(r"(?:conv-analyzer|-e \"?\.)\[([\w,]+)\]", path.read_text(encoding="utf-8")):
            assert set(names.split(",")) <= set(extras), path


def test_the_version_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["--version"]) == 0
    assert capsys.readouterr().out.split() == ["analyzer", analyzer.__version__]


@needs_hatchling
def test_links_of_the_readme_become_absolute_when_an_address_exists() -> None:
    text = "[a](docs/a.md#b) ![p](docs/p.svg) [x](https://example.org/x) [here](#here) `[no](link"
    made = module(HOOKS).absolute(text, "https://code.example.org/o/n/")
    assert made == (
        "[a](https://code.example.org/o/n/blob/HEAD/docs/a.md#b) ![p](https://code.example.org/o/n/blob/HEAD/docs/p.svg) "
        "[x](https://example.org/x) [here](#here) `[no](link"
    )
    assert module(HOOKS).absolute(text, "") == text


@needs_hatchling
def test_every_link_of_the_readme_becomes_absolute() -> None:
    made = module(HOOKS).absolute(README, "https://code.example.org/o/n")
    targets = re.findall(r"\]\(([^)\s]+)\)", made)
    assert targets
    assert [target for target in targets if not target.startswith(("https://", "#"))] == []


@needs_hatchling
def test_a_wheel_has_in_it_what_the_command_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hatchling.build import build_wheel

    monkeypatch.chdir(ROOT)
    wheel = zipfile.ZipFile(tmp_path / build_wheel(str(tmp_path)))
    names, metadata = set(wheel.namelist()), f"conv_analyzer-{analyzer.__version__}.dist-info"
    assert {f"analyzer/schemas/{path.name}" for path in (ROOT / "schemas").iterdir()} <= names
    assert {f"analyzer/example_models/{path.name}" for path in (ROOT / "example_models").glob("*.yaml")} <= names
    assert {"analyzer/py.typed", f"{metadata}/licenses/LICENSE"} <= names
    assert wheel.read(f"{metadata}/METADATA").decode("utf-8").endswith(README)
    page = f"conv_analyzer-{analyzer.__version__}.data/data/share/man/man1/analyzer.1"
    assert wheel.read(page).decode("utf-8") == module(ROOT / "docs" / "man.py").man_page()


def test_the_man_page_has_every_command_and_option() -> None:
    page = module(ROOT / "docs" / "man.py").man_page()
    plain = page.replace(r"\-", "-").replace(r"\e", "\\")
    for name, parser in parsers().items():
        assert name == "report" or f".SS analyzer {name}\n" in plain
        assert {option for option in parser._option_string_actions if option not in plain} == set()
    requests = {line.split(" ")[0] for line in page.splitlines() if line.startswith((".", "'"))}
    assert requests == {".TH", ".SH", ".SS", ".B", ".br", ".TP", ".PP", ".nf", ".fi"}


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="mandoc is not installed")
def test_the_man_page_is_a_correct_one() -> None:
    page = module(ROOT / "docs" / "man.py").man_page()
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "error"], input=page, capture_output=True, encoding="utf-8")
    assert done.stdout == ""
