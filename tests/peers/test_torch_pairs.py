"""The memory of 300 random pairs of layers against a real step of torch on the CPU, byte by byte.

What is alive at the end of the forward pass, and the peaks of the forward and the backward pass, are read from torch's
profiler, without the scratch memory of kernels. `python tests/peers/test_torch_pairs.py FIRST LAST` compares other seeds.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: memory is not compared with it")

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1])]

from comparison import Tally  # noqa: E402
from memory_torch import train_real  # noqa: E402
from pairs import Pair  # noqa: E402
from test_torch_memory import ours  # noqa: E402
from torch_modules import Module, Unsupported  # noqa: E402

from analyzer.engine.memory.settings import Run  # noqa: E402

pytestmark = pytest.mark.peer

SETTINGS: dict[str, Any] = {"batch": 4, "optimizer": "sgd", "step": "loop"}
COMPARED = ("saved_activation_bytes", "peak_forward", "peak_backward")

#: The pairs that differ, each with the reason.
DIFFERENT: dict[int, str] = {
    67: "a GRU's last step: torch makes the zeros of its gradient before it frees the output",
    72: "the same; and it frees its first state where the input needs no gradient",
    78: "32 bytes: a bias behind a copied input gets its gradient before the copy of the gradient",
    96: "variables of a function for attention in windows, which end one after the other",
    151: "the same",
    172: "256 bytes: torch repeats the beta of an instance norm inside of the call",
    253: "attention in windows with one head: two copies of each window, one of them for its padding",
    303: "a GRU's input, which is alive only where it needs a gradient",
}


def difference(pair: Pair) -> list[int] | None:
    """By how much each number differs from torch's; None where torch cannot run the pair.

    The modules of a `blur_pool` and of relative positions have buffers that the catalogue does not count.
    """
    try:
        module = Module(pair.network)
        row = train_real(module, module.samples, classes=module.classes, **SETTINGS)
    except (Unsupported, RuntimeError, ValueError):
        return None
    found = ours(pair.network, Run(**SETTINGS))
    more = row["buffers_bytes"] - found["buffers_bytes"]
    return [found[key] - row[key] + more * (key != "saved_activation_bytes") for key in COMPARED]


def differences(seeds: range) -> tuple[int, dict[int, tuple[list[str], list[int]]]]:
    """The number of pairs compared, and those that differ: their layers, and by how much."""
    torch.set_num_threads(1)
    gc.collect()
    gc.freeze()  # every step collects garbage; torch itself is none
    compared, found = 0, {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for seed in seeds:
            pair = Pair(seed)
            by = difference(pair)
            compared += by is not None
            if by is not None and any(by):
                found[seed] = pair.names, by
    gc.unfreeze()
    return compared, found


def test_pairs(tallied: Any) -> None:
    """In a process of its own: what other tests leave to the garbage collector would be counted here."""
    command = [sys.executable, __file__, "0", "316"]
    *found, last = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    compared = int(last.split()[0])
    assert compared >= 300
    assert {int(line.split()[0]) for line in found} == set(DIFFERENT), found
    assert len(DIFFERENT) <= 9
    tally = Tally()
    tally.agreed = compared - len(found)
    tallied("memory of pairs of layers in torch", tally)


if __name__ == "__main__":
    count, others = differences(range(int(sys.argv[1]), int(sys.argv[2])))
    for number, (layers, amounts) in others.items():
        print(number, *layers, amounts)
    print(f"{count} compared, {len(others)} differ")
