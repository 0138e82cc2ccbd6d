"""One browser for all tests, a page that must not complain, and pages that are written once for all who open them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from opening import EXAMPLES, Opening, chromium, write

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """The path of the page of a command line, in which a name of an example and a YAML text are files too."""

    @cache
    def page(*arguments: str) -> Path:
        folder = tmp_path_factory.mktemp("page")
        return write(folder, *(as_file(argument, folder, place) for place, argument in enumerate(arguments)))

    def as_file(argument: str, folder: Path, place: int) -> str:
        example = EXAMPLES / f"{argument}.yaml"
        if "\n" in argument:
            path = folder / f"net{place or ''}.yaml"
            path.write_text(argument, encoding="utf-8")
            return str(path)
        return str(example) if not argument.startswith("-") and example.exists() else argument

    return page


@pytest.fixture
def opened(browser: Browser, written: Callable[..., Path]) -> Iterator[Opening]:
    """Opens pages. A console message, an error or a request of one of them fails the test."""
    opening = Opening(browser, written)
    yield opening
    for context in browser.contexts:
        context.close()
    assert not opening.complaints, "\n".join(opening.complaints)
