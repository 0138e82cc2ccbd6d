"""The cards' numbers, pinned: the data sheet's GB (of 2^30 bytes), the MiB that `nvidia-smi` prints as the total, the
compute capability and the multiprocessors.

Sources: NVIDIA's data sheets; `nvidia-smi` of each card; GPUMemNet's runs for the A100-40GB; CUDA's total on an H200
(150,109,880,320 bytes, `env.total` of the measurements on it, while `nvidia-smi` prints 143,771 MiB); NVIDIA's page
"CUDA GPU Compute Capability"; multiprocessors of the white papers of each architecture, as `deviceQuery` prints them.
`-`: no number is known.
"""

from __future__ import annotations

import pytest

from analyzer.engine.memory.devices import CARDS, CONTEXT, cards, read_device

PINNED = """\
P100: 16 16280 6.0 56
V100-16GB: 16 16160 7.0 80
V100-32GB: 32 32510 7.0 80
T4: 16 15360 7.5 40
A10: 24 23028 8.6 72
A10G: 24 23028 8.6 80
A30: 24 24576 8.0 56
A40: 48 46068 8.6 84
A100-40GB: 40 40510 8.0 108
A100-80GB: 80 81920 8.0 108
L4: 24 23034 8.9 58
L40S: 48 46068 8.9 142
H100-80GB: 80 81559 9.0 132
H100 NVL: 94 95830 9.0 132
H200: 141 143155 9.0 132
RTX A6000: 48 49140 8.6 84
RTX 2080 Ti: 11 11264 7.5 68
RTX 3060: 12 12288 8.6 28
RTX 3070: 8 8192 8.6 46
RTX 3080 10GB: 10 10240 8.6 68
RTX 3080 12GB: 12 12288 8.6 70
RTX 3090: 24 24576 8.6 82
RTX 4060: 8 8188 8.9 24
RTX 4060 Ti 8GB: 8 8188 8.9 34
RTX 4060 Ti 16GB: 16 16380 8.9 34
RTX 4070: 12 12282 8.9 46
RTX 4080: 16 16376 8.9 76
RTX 4090: 24 24564 8.9 128
RTX 5080: 16 16303 12.0 84
RTX 5090: 32 32607 12.0 170
Jetson Orin Nano 4GB: 4 - 8.7 4
Jetson Orin Nano 8GB: 8 - 8.7 8
Jetson AGX Orin 32GB: 32 - 8.7 14
Jetson AGX Orin 64GB: 64 - 8.7 16
"""


def test_every_card_has_its_numbers() -> None:
    rows = [line.rpartition(": ")[::2] for line in PINNED.splitlines()]
    for card, (name, numbers) in zip(CARDS, rows, strict=True):
        size, usable, compute, processors = numbers.split()
        expected = (name, int(size), None if usable == "-" else int(usable), compute, int(processors))
        found = (card.name, card.size, card.usable, ".".join(map(str, card.compute)), card.processors)
        assert found == expected


def test_a_card_is_read_with_both_numbers() -> None:
    card = read_device("RTX 4090")
    assert (card.nominal, card.usable, card.capacity) == (24 << 30, 24_564 << 20, 24_564 << 20)
    assert read_device("Jetson Orin Nano 8GB").capacity == 8 << 30


def test_tf32_came_with_ampere() -> None:
    """Compute capability 8.0; without it are Pascal, Volta and Turing."""
    without = [card.name for card in cards() if not card.tf32]
    assert without == ["P100", "V100-16GB", "V100-32GB", "T4", "RTX 2080 Ti"]
    assert read_device("24GiB").tf32


def test_an_amount_has_the_libraries_of_the_card_of_the_measurements() -> None:
    """`env.cc` of them is 9.0; an H200 has 132 multiprocessors. Its context is not that of a known card."""
    amount, measured = read_device("24GiB"), read_device("H200")
    assert (amount.compute, amount.processors) == (measured.compute, measured.processors) == ((9, 0), 132)
    assert amount.context == CONTEXT


@pytest.mark.parametrize(
    ("name", "context"),
    [
        ("H200", 770_506_752 - 35_651_584),  # used on the device after cuDNN, less what the allocator had reserved
        ("H100-80GB", 1_750 << 20),
        ("A100-40GB", 1_750 << 20),
        ("24GiB", 1_750 << 20),
    ],
)
def test_the_context_of_a_card(name: str, context: int) -> None:
    assert read_device(name).context == context
