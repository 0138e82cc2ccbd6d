"""Devices: amounts and cards as people write them, and the verdict on published runs and at its limits."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from analyzer.engine.memory.bounds import Bounds, largest_batch
from analyzer.engine.memory.devices import CARDS, CONTEXT, DeviceError, cards, read_device, read_memory
from analyzer.engine.memory.verdict import verdict

MIB, GIB = 1 << 20, 1 << 30

#: The memory of the A100 on which the published runs were made (GPUMemNet, arXiv 2602.17817).
A100 = 40_510 * MIB

# --- amounts ---


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("24GiB", (24 * 2**30, "GiB")),
        ("24 GiB", (24 * 2**30, "GiB")),
        (" 24GiB ", (24 * 2**30, "GiB")),
        ("24GB", (24 * 10**9, "GB")),
        ("24 gb", (24 * 10**9, "GB")),
        ("24gib", (24 * 2**30, "GiB")),
        ("16384MiB", (16 * 2**30, "MiB")),
        ("512KiB", (512 * 2**10, "KiB")),
        ("320kb", (320 * 10**3, "KB")),
        ("1.5TiB", (3 * 2**39, "TiB")),
        ("1B", (1, "B")),
    ],
)
def test_read_memory(text: str, amount: tuple[int, str]) -> None:
    assert read_memory(text) == amount


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("24", "`24` has no unit; write `24GiB` or `24GB`"),
        ("24G", "`24G` has no unit; write `24GiB` or `24GB`"),
        ("512 m", "`512 m` has no unit; write `512MiB` or `512MB`"),
        ("0GiB", "`0GiB` is not an amount of memory; a device has at least 1 B"),
        ("0.4B", "`0.4B` is not an amount of memory; a device has at least 1 B"),
        ("-5GiB", "`-5GiB` is neither a known card nor an amount of memory such as `24GiB` or `24GB`"),
        ("-309GiB", "`-309GiB` is neither a known card nor an amount of memory such as `24GiB` or `24GB`"),
        ("-3090", "`-3090` is neither a known card nor an amount of memory such as `24GiB` or `24GB`"),
        ("", "`` is neither a known card nor an amount of memory such as `24GiB` or `24GB`"),
        ("24 000 MiB", "`24 000 MiB` is neither a known card nor an amount of memory such as `24GiB` or `24GB`"),
        ("٣GiB", "`٣GiB` is neither a known card nor an amount of memory such as `24GiB` or `24GB`"),
        ("1\n2", r"`1\n2` is neither a known card nor an amount of memory such as `24GiB` or `24GB`"),
    ],
)
def test_what_is_no_memory(text: str, message: str) -> None:
    for read in (read_memory, read_device):
        with pytest.raises(DeviceError) as caught:
            read(text)
        assert str(caught.value) == message


def test_an_amount_is_a_device_named_as_it_was_written() -> None:
    device = read_device(" 24 GB ")
    assert (device.name, device.nominal, device.usable, device.capacity) == ("24 GB", 24 * 10**9, None, 24 * 10**9)
    assert device.source == "as written"


# --- cards ---


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("A100-40GB", "A100-40GB"),
        ("a100 40gb", "A100-40GB"),
        ("a100_40", "A100-40GB"),
        ("NVIDIA A100-SXM4-40GB", "A100-40GB"),  # as nvidia-smi writes them
        ("NVIDIA A100 80GB PCIe", "A100-80GB"),
        ("NVIDIA H100 80GB HBM3", "H100-80GB"),
        ("NVIDIA H100 NVL", "H100 NVL"),
        ("Tesla V100-SXM2-16GB", "V100-16GB"),
        ("Tesla P100-PCIE-16GB", "P100"),
        ("Tesla T4", "T4"),
        ("NVIDIA GeForce RTX 3090", "RTX 3090"),
        ("rtx3090", "RTX 3090"),
        ("3090", "RTX 3090"),
        ("rtx-4060-ti-16gb", "RTX 4060 Ti 16GB"),
        ("RTX 3080 12 GiB", "RTX 3080 12GB"),
        ("a10g", "A10G"),
        ("h100", "H100-80GB"),
        ("orin nano 8GB", "Jetson Orin Nano 8GB"),
    ],
)
def test_a_card_by_any_of_its_names(text: str, name: str) -> None:
    assert read_device(text).name == name


#: Of each card its memory in GB by NVIDIA's data sheet of that card (for GeForce the product page's "Standard Memory
#: Config"), and the total in MiB that `nvidia-smi` prints for it, as its users publish it ("24564MiB").
PUBLISHED: dict[str, tuple[int, int | None]] = {
    "P100": (16, 16_280),  # Tesla P100 PCIe data sheet; nvidia-smi of Colab and Kaggle
    "V100-16GB": (16, 16_160),  # Tesla V100 data sheet; nvidia-smi of AWS p3
    "V100-32GB": (32, 32_510),  # Tesla V100 data sheet; nvidia-smi of DGX-2
    "T4": (16, 15_360),  # T4 data sheet; nvidia-smi of Colab, error correction on
    "A10": (24, 23_028),  # A10 data sheet; error correction on
    "A10G": (24, 23_028),  # AWS g5; error correction on
    "A30": (24, 24_576),  # A30 data sheet
    "A40": (48, 46_068),  # A40 data sheet; error correction on
    "A100-40GB": (40, 40_510),  # A100 data sheet; the card of GPUMemNet (arXiv 2602.17817)
    "A100-80GB": (80, 81_920),  # A100 80GB data sheet
    "L4": (24, 23_034),  # L4 data sheet; error correction on
    "L40S": (48, 46_068),  # L40S data sheet; error correction on
    "H100-80GB": (80, 81_559),  # H100 data sheet, SXM
    "H100 NVL": (94, 95_830),  # H100 data sheet, NVL
    "H200": (141, 143_155),  # H200 data sheet; CUDA's total in the measurements on one, 616 MiB less than nvidia-smi's
    "RTX A6000": (48, 49_140),  # RTX A6000 data sheet; error correction is off by default
    "RTX 2080 Ti": (11, 11_264),
    "RTX 3060": (12, 12_288),
    "RTX 3070": (8, 8_192),
    "RTX 3080 10GB": (10, 10_240),
    "RTX 3080 12GB": (12, 12_288),
    "RTX 3090": (24, 24_576),
    "RTX 4060": (8, 8_188),
    "RTX 4060 Ti 8GB": (8, 8_188),
    "RTX 4060 Ti 16GB": (16, 16_380),
    "RTX 4070": (12, 12_282),
    "RTX 4080": (16, 16_376),
    "RTX 4090": (24, 24_564),
    "RTX 5080": (16, 16_303),
    "RTX 5090": (32, 32_607),
    "Jetson Orin Nano 4GB": (4, None),  # Jetson Orin data sheets; shared with the CPU
    "Jetson Orin Nano 8GB": (8, None),
    "Jetson AGX Orin 32GB": (32, None),
    "Jetson AGX Orin 64GB": (64, None),
}


def test_every_card_has_a_published_size() -> None:
    assert [card.name for card in CARDS] == list(PUBLISHED)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_card_has_its_published_bytes_and_is_found_by_its_name(name: str) -> None:
    gigabytes, mebibytes = PUBLISHED[name]
    device = read_device(name)
    assert (device.name, device.nominal) == (name, gigabytes * 2**30)
    assert device.usable == (None if mebibytes is None else mebibytes * 2**20)
    assert device.source.startswith("NVIDIA's data sheet")


def test_a_card_cannot_use_more_than_it_has_nor_much_less() -> None:
    """Error correction in ordinary memory takes a sixteenth and the driver a little."""
    for card in CARDS:
        assert card.usable is None or 0.93 * card.size * 1024 < card.usable <= card.size * 1024, card.name


def test_what_can_be_used_decides() -> None:
    device = read_device("A100-40GB")
    assert (device.nominal, device.capacity) == (40 * GIB, A100)
    jetson = read_device("Jetson AGX Orin 64GB")
    assert (jetson.capacity, jetson.source) == (64 * GIB, "NVIDIA's data sheet; shared with the CPU")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A100", "`A100` is sold with more than one memory; write `A100-40GB` or `A100-80GB`"),
        ("rtx 3080", "`rtx 3080` is sold with more than one memory; write `RTX 3080 10GB` or `RTX 3080 12GB`"),
        ("RTX 3091", "no card is called `RTX 3091`; did you mean `RTX 3090`?"),
        ("l40", "no card is called `l40`; did you mean `L40S`?"),
        ("H200X", "no card is called `H200X`; did you mean `H200`?"),
        ("rtx4909", "no card is called `rtx4909`; did you mean `RTX 4090`?"),
        ("RX 4090", "no card is called `RX 4090`; did you mean `RTX 4090`?"),
        ("RTX", "`RTX` is neither a known card nor an amount of memory such as `24GiB` or `24GB`"),
        ("mainframe", "`mainframe` is neither a known card nor an amount of memory such as `24GiB` or `24GB`"),
    ],
)
def test_what_is_no_card(text: str, message: str) -> None:
    with pytest.raises(DeviceError) as caught:
        read_device(text)
    assert str(caught.value) == message


def test_a_long_name_is_refused_in_one_short_line() -> None:
    with pytest.raises(DeviceError) as caught:
        read_device("x" * 100_000)
    assert len(str(caught.value)) < 160


# --- the verdict ---


@pytest.mark.parametrize(
    ("low", "high", "word", "reason"),
    [
        # 40,510 - 1,750 = 38,760 MiB = 40,642,805,760 B; 39.6 GiB are 40,510 MiB
        (
            30 * GIB,
            40_642_805_760,
            "fits",
            "the allocator may reserve 39.6 GiB with the context, exactly what the device has",
        ),
        (
            30 * GIB,
            40_642_805_761,
            "at risk",
            "the allocator may reserve 39.6 GiB with the context, 1 B more than the device has, while the run needs at "
            "least 31.7 GiB",
        ),
        (
            40_642_805_760,
            40_642_805_760 + GIB,
            "at risk",
            "the allocator may reserve 40.6 GiB with the context, 1.0 GiB more than the device has, while the run needs "
            "at least 39.6 GiB",
        ),
        (
            40_642_805_761,
            40_642_805_760 + GIB,
            "does not fit",
            "the run needs at least 39.6 GiB with the context, 1 B more than the device has",
        ),
    ],
)
def test_the_limits_of_the_verdict(low: int, high: int, word: str, reason: str) -> None:
    answer = verdict(Bounds(low, high), CONTEXT, A100)
    assert (answer.word, answer.reason) == (word, reason)
    assert (answer.low, answer.high) == (low + CONTEXT, high + CONTEXT)


@pytest.mark.parametrize(
    ("bound", "largest", "tried"),
    [
        # Two samples take 102 bytes, 1 a sample: 898 more would fit, so 901 in all do not. The line between the two
        # meets 1,000 at 900.
        (lambda batch: 100 + batch, 900, [1, 2, 901, 900]),
        # From 25 samples on 5 bytes each, 200 in all. The line from 2 (102 bytes) to 901 (4,505) meets 1,000 behind
        # 185 (925 bytes), halving leads to 543, and the line from 185 to 543 (2,715) to 200. Nothing up to 371 fits.
        (lambda batch: max(100 + batch, 5 * batch), 200, [1, 2, 901, 185, 543, 200, 371, 201]),
        (lambda batch: 1001, 0, [1]),
    ],
)
def test_the_largest_batch_is_found_in_few_steps(bound: Callable[[int], int], largest: int, tried: list[int]) -> None:
    """The batches that are tried are those that the docstring of `largest_batch` names, on a device of 1,000 bytes."""
    found: list[int] = []

    def noted(batch: int) -> int:
        found.append(batch)
        return bound(batch)

    assert largest_batch(noted, 1000) == largest
    assert found == tried


def test_the_context_is_a_setting() -> None:
    """10 to 12 GiB on 12 GiB: at risk beside 0.5 GiB, too much beside 2.5 GiB."""
    bounds = Bounds(10 * GIB, 12 * GIB)
    assert verdict(bounds, 0, 12 * GIB).word == "fits"
    assert verdict(bounds, GIB // 2, 12 * GIB).word == "at risk"
    assert verdict(bounds, 5 * GIB // 2, 12 * GIB).word == "does not fit"
    assert CONTEXT == 1_835_008_000  # 1,750 · 2^20


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("rtx4090", "RTX 4090"), ("RTX-4090", "RTX 4090"), ("GeForceRTX4090", "RTX 4090"), ("4090", "RTX 4090"),
        ("a100 80g", "A100-80GB"), ("A100-80", "A100-80GB"), ("A100_80GiB", "A100-80GB"), ("A10G", "A10G"),
        ("a10 24g", "A10"), ("TeslaT4", "T4"), ("RTX4060Ti-16G", "RTX 4060 Ti 16GB"), ("orin nano 8gb", "Jetson Orin Nano 8GB"),
    ],
)  # fmt: skip
def test_other_spellings_of_a_card(text: str, name: str) -> None:
    assert read_device(text).name == name


def test_every_card_is_read_by_its_own_name() -> None:
    assert [read_device(card.name).name for card in cards()] == [card.name for card in CARDS]
