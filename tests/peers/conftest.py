"""What the comparisons with frameworks share: the path of the benchmarks, and a summary of what was compared."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from comparison import Tally

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
os.environ.setdefault("KERAS_BACKEND", "torch")

_TALLIES = pytest.StashKey[dict[str, Tally]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_TALLIES] = {}


@pytest.fixture
def tallied(request: pytest.FixtureRequest) -> Callable[[str, Tally], None]:
    """Adds a tally to the summary that stands under the tests."""

    def add(framework: str, tally: Tally) -> None:
        found = request.config.stash[_TALLIES]
        found[framework] = found.get(framework, Tally()) + tally

    return add


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for framework, tally in config.stash[_TALLIES].items():
        alone = sum(tally.alone.values())
        terminalreporter.write_line(
            f"{framework}: {tally.compared:,} configurations compared, {len(tally.differences)} differences; "
            f"{tally.refused:,} refused by both, {alone:,} restrictions of the framework alone"
        )
