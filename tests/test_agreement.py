"""docs/agreement.md is what benchmarks/agreement.py makes, and reaches what it promises; no framework is needed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

import agreement  # noqa: E402
import peers  # noqa: E402
from counters import TRAPS  # noqa: E402


def test_the_page_is_up_to_date() -> None:
    kept = (ROOT / "docs" / "agreement.md").read_text("utf-8")
    assert kept == agreement.page(), "python benchmarks/agreement.py > docs/agreement.md"


def test_at_least_two_thousand_windows_were_drawn_against_torch() -> None:
    windows = ("conv", "depthwise_conv", "conv_transpose", "max_pool", "avg_pool", "lp_pool")
    assert sum(agreement.PEERS["configurations"]["torch 2.13.0"][type_]["compared"] for type_ in windows) >= 2_000


def test_at_least_sixty_measured_networks_are_an_example() -> None:
    assert len(agreement.agreeing()) >= 60


def test_a_network_listed_as_different_differs() -> None:
    entries = {entry["name"]: entry for entry in agreement.NETWORKS["networks"]}
    rows = {agreement.key_of(row): row for row in agreement.examples.TABLE}
    for name, file, variables in agreement.DIFFERENT:
        assert agreement.difference(entries[name], rows[file, variables]), name


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_is_counted_by_hand(name: str) -> None:
    assert peers.our_counts()["traps"][name] == TRAPS[name].macs


def test_recorded_counts_of_this_project_are_its_counts() -> None:
    kept = peers.json.loads(peers.FILE.read_text("utf-8"))["tools"]["analyzer"]
    assert {key: kept[key] for key in ("macs", "parameters", "traps")} == peers.our_counts()
    assert (kept["macs"], kept["parameters"]) == (peers.MACS, peers.PARAMETERS)
