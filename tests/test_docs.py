"""The pages: those made from code are as the code makes them, and every model on them loads."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

import analyzer
from analyzer.layers import CATALOGUE

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
LANGUAGE = ROOT / "docs" / "language.md"
MODELS = [
    (path, number, text)
    for path in (LANGUAGE, *sorted((ROOT / "docs" / "layers").glob("*.md")))
    for number, text in enumerate(re.findall(r"```yaml\n(.*?)```", path.read_text(encoding="utf-8"), re.S), 1)
    if re.search(r"^layers:", text, re.M) and re.search(r"^inputs?:", text, re.M)
]


def _make() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_make", ROOT / "docs" / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_made_pages_are_what_the_code_makes() -> None:
    made: dict[Path, str] = _make().pages()
    differ = [path.name for path, text in made.items() if path.read_text(encoding="utf-8") != text]
    assert not differ, "run: python docs/make.py"
    assert {path for path in made if path.parent.name == "layers"} == set((ROOT / "docs" / "layers").iterdir())


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


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_page_names_a_machine(path: Path) -> None:
    assert not re.search(r"(?<![\w.])/(home|work|root|tmp|Users)/", path.read_text(encoding="utf-8"))
