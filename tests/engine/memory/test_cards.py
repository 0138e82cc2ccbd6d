"""The cards' memory, pinned: the data sheet's GB (of 2^30 bytes), and the MiB that `nvidia-smi` prints as the total.

Sources: NVIDIA's data sheets; `nvidia-smi` of each card; GPUMemNet's runs for the A100-40GB. `-`: no number is known.
"""

from __future__ import annotations

from analyzer.engine.memory.devices import CARDS, read_device

PINNED = """\
P100: 16 16280
V100-16GB: 16 16160
V100-32GB: 32 32510
T4: 16 15360
A10: 24 23028
A10G: 24 23028
A30: 24 24576
A40: 48 46068
A100-40GB: 40 40510
A100-80GB: 80 81920
L4: 24 23034
L40S: 48 46068
H100-80GB: 80 81559
H100 NVL: 94 95830
H200: 141 143771
RTX A6000: 48 49140
RTX 2080 Ti: 11 11264
RTX 3060: 12 12288
RTX 3070: 8 8192
RTX 3080 10GB: 10 10240
RTX 3080 12GB: 12 12288
RTX 3090: 24 24576
RTX 4060: 8 8188
RTX 4060 Ti 8GB: 8 8188
RTX 4060 Ti 16GB: 16 16380
RTX 4070: 12 12282
RTX 4080: 16 16376
RTX 4090: 24 24564
RTX 5080: 16 16303
RTX 5090: 32 32607
Jetson Orin Nano 4GB: 4 -
Jetson Orin Nano 8GB: 8 -
Jetson AGX Orin 32GB: 32 -
Jetson AGX Orin 64GB: 64 -
"""


def test_every_card_has_its_memory() -> None:
    rows = [line.rpartition(": ")[::2] for line in PINNED.splitlines()]
    expected = [
        (name, *(None if number == "-" else int(number) for number in numbers.split())) for name, numbers in rows
    ]
    assert list(CARDS) == expected


def test_a_card_is_read_with_both_numbers() -> None:
    card = read_device("RTX 4090")
    assert (card.nominal, card.usable, card.capacity) == (24 << 30, 24_564 << 20, 24_564 << 20)
    assert read_device("Jetson Orin Nano 8GB").capacity == 8 << 30
