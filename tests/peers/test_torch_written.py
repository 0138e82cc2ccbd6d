"""PyTorch code that was written of networks, run on the `meta` device: parameters, buffers, volumes and MACs.

Every case of the catalogue, random configurations of windows, random pairs of layers, and random networks. The MACs are
half the operations that `FlopCounterMode` counts, to the unit; no type is left out.

`python tests/peers/test_torch_written.py FIRST LAST` compares the pairs of other seeds.
"""

from __future__ import annotations

import contextlib
import io
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: written code is not run")

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1])]

from building import place, read_yaml, volume  # noqa: E402
from configurations import DRAWS, configurations  # noqa: E402
from pairs import Pair  # noqa: E402
from random_networks import Drawn  # noqa: E402

from analyzer.diagnostics import ModelError, Refusal  # noqa: E402
from analyzer.engine.analysis import analyze_network  # noqa: E402
from analyzer.engine.network import Network  # noqa: E402
from analyzer.loader.writing.torch import write_torch  # noqa: E402

pytestmark = pytest.mark.peer

CASES = Path(__file__).parents[1] / "layers" / "cases"
TYPES = [path.stem for path in sorted(CASES.glob("*.yaml")) if path.stem != "custom"]


def differences(network: Network) -> str:
    """What the code of a network has otherwise than its report; empty where all is equal."""
    from torch.utils.flop_counter import FlopCounterMode

    names: dict[str, Any] = {"__name__": "written"}
    exec(compile(write_torch(network, {"name": "written"}), "written", "exec"), names)
    made, read = [], []
    kind, said = names["Written"], io.StringIO()

    def seen() -> Any:
        """The network that `main` makes, and what it gives to it."""
        made.append(kind())
        made[0].register_forward_pre_hook(lambda _, inputs: read.append(inputs))
        return made[0]

    names["Written"] = seen
    with contextlib.redirect_stdout(said), FlopCounterMode(display=False) as counter:
        if names["main"]():
            return said.getvalue()
    with torch.device("meta"), torch.no_grad():
        outputs = made[0](*[one.expand(3, *one.shape[1:]) for one in read[0]])
    first = outputs[0] if isinstance(outputs, tuple) else outputs
    whole = analyze_network(network)
    expected = sum(row.declared.buffers for row in whole.rows), sum(row.macs for row in whole.rows)
    buffers = sum(one.numel() for one in made[0].buffers() if one.is_floating_point())
    found = buffers, counter.get_total_flops() // 2
    if not all(node.layer.stored for node in network.nodes) and first.shape[0] != 3:
        return f"the output has a batch of {first.shape[0]} for one of 3"
    return "" if found == expected else f"buffers and MACs: {found}, the report says {expected}"


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """torch warns of `padding="same"` with an even kernel."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


@pytest.mark.parametrize("type_", TYPES)
def test_every_case_of_the_catalogue(type_: str) -> None:
    for case in read_yaml(CASES / f"{type_}.yaml"):
        if "refused" not in case:
            inputs = case["input"] if isinstance(case["input"], list) else [case["input"]]
            network, _ = place(type_, [volume(one) for one in inputs or ["8x8x3"]], **case.get("parameters") or {})
            assert not differences(network), case


@pytest.mark.parametrize("type_", DRAWS)
def test_random_windows(type_: str) -> None:
    compared = 0
    for rank in (1, 2, 3):
        for one in configurations(type_, rank, 30):
            try:
                network, _ = place(type_, list(one.inputs), **one.written)
            except Refusal:
                continue
            assert not differences(network), str(one)
            compared += 1
    assert compared > 30


def test_random_pairs() -> None:
    assert not differing(range(100))


def differing(seeds: range) -> dict[int, str]:
    """What is not equal, by the seed of the pair; torch refuses a few."""
    found = {}
    for seed in seeds:
        pair = Pair(seed)
        try:
            wrong = differences(pair.network)
        except ModelError:
            continue
        if wrong:
            found[seed] = f"{pair.names}: {wrong}"
    return found


@pytest.mark.parametrize("seed", range(12))
def test_random_networks(seed: int) -> None:
    assert not differences(Drawn(seed).network)


if __name__ == "__main__":
    print(differing(range(int(sys.argv[1]), int(sys.argv[2]))))
