"""Devices: how much memory each has, and what its kernels and libraries depend on.

A device is an amount (`24GiB`, `24GB`) or the name of a card. A vendor's GB of a card's memory is 2^30 bytes. Programs
can use a little less of it, since the driver and error correction take a part, so a card has both numbers.

Sources: NVIDIA's data sheets, its architectures' white papers (multiprocessors) and its page "CUDA GPU Compute
Capability"; for the A100-40GB the runs published with GPUMemNet (arXiv 2602.17817).
"""

from __future__ import annotations

import re

from analyzer.diagnostics import listed, nearest
from analyzer.record import Record
from analyzer.settings import SettingError
from analyzer.source import shown
from analyzer.units import read_amount

_MIB, _GIB = 1 << 20, 1 << 30

#: Bytes that a process takes on a card beside its tensors: CUDA's context, the loaded kernels, cuDNN and cuBLAS.
#: 1,750 MiB is what the runs published with GPUMemNet took (CUDA 11 on an A100; the least of the 1,124 that did not
#: fail took 1,697 MiB). CUDA 12 and later load a kernel when it is first used, which takes less than half of that; but
#: nobody knows the version of a reader, so it stays where a card has no measured one.
CONTEXT = 1750 << 20


class Card(Record):
    """A card of `CARDS`.

    name        as NVIDIA calls it
    size        its memory by NVIDIA's data sheet, in GB of 2^30 bytes
    usable      the part of it that programs can use, in MiB: the total that `nvidia-smi` prints, with error correction
                where that is the card's default; for the A100-40GB the total of the card in GPUMemNet's runs, for the
                H200 the total that CUDA gave in the runs below. None where no such number is known: a Jetson shares its
                memory with the CPU
    compute     its compute capability
    processors  its multiprocessors
    context     bytes that a process takes beside its tensors; for the H200 what torch 2.11 with CUDA 13.0, cuBLAS and
                cuDNN 9.19 took when these had run
    """

    name: str
    size: int
    usable: int | None
    compute: tuple[int, int]
    processors: int
    context: int = CONTEXT


CARDS = (
    Card("P100", 16, 16_280, (6, 0), 56),
    Card("V100-16GB", 16, 16_160, (7, 0), 80),
    Card("V100-32GB", 32, 32_510, (7, 0), 80),
    Card("T4", 16, 15_360, (7, 5), 40),
    Card("A10", 24, 23_028, (8, 6), 72),
    Card("A10G", 24, 23_028, (8, 6), 80),
    Card("A30", 24, 24_576, (8, 0), 56),
    Card("A40", 48, 46_068, (8, 6), 84),
    Card("A100-40GB", 40, 40_510, (8, 0), 108),
    Card("A100-80GB", 80, 81_920, (8, 0), 108),
    Card("L4", 24, 23_034, (8, 9), 58),
    Card("L40S", 48, 46_068, (8, 9), 142),
    Card("H100-80GB", 80, 81_559, (9, 0), 132),
    Card("H100 NVL", 94, 95_830, (9, 0), 132),
    Card("H200", 141, 143_155, (9, 0), 132, context=734_855_168),
    Card("RTX A6000", 48, 49_140, (8, 6), 84),
    Card("RTX 2080 Ti", 11, 11_264, (7, 5), 68),
    Card("RTX 3060", 12, 12_288, (8, 6), 28),
    Card("RTX 3070", 8, 8_192, (8, 6), 46),
    Card("RTX 3080 10GB", 10, 10_240, (8, 6), 68),
    Card("RTX 3080 12GB", 12, 12_288, (8, 6), 70),
    Card("RTX 3090", 24, 24_576, (8, 6), 82),
    Card("RTX 4060", 8, 8_188, (8, 9), 24),
    Card("RTX 4060 Ti 8GB", 8, 8_188, (8, 9), 34),
    Card("RTX 4060 Ti 16GB", 16, 16_380, (8, 9), 34),
    Card("RTX 4070", 12, 12_282, (8, 9), 46),
    Card("RTX 4080", 16, 16_376, (8, 9), 76),
    Card("RTX 4090", 24, 24_564, (8, 9), 128),
    Card("RTX 5080", 16, 16_303, (12, 0), 84),
    Card("RTX 5090", 32, 32_607, (12, 0), 170),
    Card("Jetson Orin Nano 4GB", 4, None, (8, 7), 4),
    Card("Jetson Orin Nano 8GB", 8, None, (8, 7), 8),
    Card("Jetson AGX Orin 32GB", 32, None, (8, 7), 14),
    Card("Jetson AGX Orin 64GB", 64, None, (8, 7), 16),
)

#: The card that the rules about CUDA were measured on.
_MEASURED = next(card for card in CARDS if card.name == "H200")

#: The source of an amount that is not a card's.
_WRITTEN = "as written"

#: Words that a card's name may have or lack: `NVIDIA GeForce RTX 4090`, `A100-SXM4-40GB`, `H100 80GB HBM3`.
_FILLER = re.compile(r"nvidia|geforce|tesla|jetson|rtx|sxm\d?|pcie|hbm\d?e?")
#: A size of memory in a card's name: `80GB`, `80G`, `80GiB`.
_SIZE = re.compile(r"^(\d+)g(?:i?b)?$")

#: Beginnings of a card's name that are its maker's words.
_MAKERS = ("nvidia", "geforce", "tesla", "jetson", "rtx")


class DeviceError(SettingError):
    """A text is neither a card nor an amount of memory; the message is one line for people."""


class Device(Record):
    """A device that a run should fit on.

    `name` is the card's, or the amount as it was written. `nominal` is its memory in bytes as the vendor or the writer
    gives it, `usable` the part of it that programs can use, None where that is not known. `source` says where the
    numbers come from. `compute` is its compute capability, `processors` the number of its multiprocessors, `context`
    the bytes that a process takes there beside its tensors. An amount has the first two of the card that the rules
    about CUDA were measured on. Libraries keep more there than on earlier cards, so what such a card needs is in it.
    """

    name: str
    nominal: int
    source: str
    usable: int | None = None
    compute: tuple[int, int] = _MEASURED.compute
    processors: int = _MEASURED.processors
    context: int = CONTEXT

    @property
    def capacity(self) -> int:
        """The bytes that the verdict is about: `usable` if it is known, otherwise `nominal`."""
        return self.nominal if self.usable is None else self.usable

    @property
    def tf32(self) -> bool:
        """Whether its convolutions can run in TF32: from compute capability 8.0 on (Ampere)."""
        return self.compute >= (8, 0)


def read_device(text: str) -> Device:
    """The device that `text` names, or that has the memory that `text` gives: `A100-80GB`, `rtx 4090`, `24GiB`.

    Case, spaces, hyphens and the vendor's own words (NVIDIA, GeForce, Tesla, SXM4 …) make no difference. The name of a
    card that is sold with several sizes of memory must include the size. Raises DeviceError for anything else, with the
    nearest card.

    >>> read_device("nvidia a100-sxm4-40gb").name, read_device("24GiB").capacity
    ('A100-40GB', 25769803776)
    """
    known = _cards_by_key()
    key = "" if text.strip()[:1] in ("+", "-") else _key(text)  # no card begins with a sign
    cards = known.get(key, [])
    if len(cards) == 1:
        return cards[0]
    if cards:
        names = listed(card.name for card in cards)
        raise DeviceError(f"`{shown(text)}` is sold with more than one memory; write {names}")
    near = None if _amount(text) else _nearest(text, key, known)
    if near:
        raise DeviceError(f"no card is called `{shown(text)}`; did you mean `{near}`?")
    return Device(text.strip(), read_memory(text)[0], _WRITTEN)


def cards() -> list[Device]:
    """Every card that is known, in the order of `CARDS`."""
    return [_device(card) for card in CARDS]


def gigabytes(device: Device) -> str | None:
    """The number of an amount that was written in GB of 10^9 bytes; None for any other device.

    >>> gigabytes(read_device("24 GB")), gigabytes(read_device("24GiB"))
    ('24', None)
    """
    if device.source != _WRITTEN or _read(device.name, "")[1] != "GB":
        return None
    return device.name.upper().removesuffix("GB").strip()


def read_memory(text: str) -> tuple[int, str]:
    """An amount of memory as (bytes, unit): GiB and MiB are 2^30 and 2^20 bytes, GB and MB 10^9 and 10^6.

    Raises DeviceError for an amount without a unit of bytes or of less than one byte.

    >>> read_memory("24 GiB"), read_memory("24gb")
    ((25769803776, 'GiB'), (24000000000, 'GB'))
    """
    return _read(text, "neither a known card nor an amount of memory")


def _read(text: str, otherwise: str) -> tuple[int, str]:
    """An amount of memory as (bytes, unit); `otherwise` says what a text without an amount is."""
    amount = _amount(text)
    written = shown(text.strip())
    if amount is None:
        raise DeviceError(f"`{written}` is {otherwise} such as `24GiB` or `24GB`")
    size, unit = amount
    if not unit.endswith("B"):
        number = written.rstrip("kKmMgGtTpP ")
        prefix = unit or "G"
        raise DeviceError(f"`{written}` has no unit; write `{number}{prefix}iB` or `{number}{prefix}B`")
    if size < 1:
        raise DeviceError(f"`{written}` is not an amount of memory; a device has at least 1 B")
    return size, unit


def read_context(text: str) -> int:
    """The bytes of an amount as `read_memory` reads it, or 0.

    >>> read_context("600MiB"), read_context("0")
    (629145600, 0)
    """
    amount = read_amount(text)
    if amount is not None and amount[0] == 0:
        return 0
    return _read(text, "not an amount of memory")[0]


def _amount(text: str) -> tuple[int, str] | None:
    """As `read_amount`, in any case of the unit."""
    number = text.strip().rstrip("kKmMgGtTpPiIbB")
    unit = text.strip()[len(number) :].upper()
    return read_amount(number + unit.replace("IB", "iB"))


def _key(name: str) -> str:
    """The part of a card's name that tells it from others."""
    words = [word for word in re.split(r"[^a-z0-9]+", name.lower()) if not _FILLER.fullmatch(word)]
    key = "".join(_SIZE.sub(r"\1", word) for word in words).removesuffix("gb").removesuffix("gib")
    for maker in _MAKERS:  # written without a space: `GTX1080`, `geforcertx4090`
        key = key.removeprefix(maker)
    return key


def _nearest(text: str, key: str, known: dict[str, list[Device]]) -> str | None:
    """The card whose key, or whose whole name, is the nearest to what was written."""
    near = nearest(key, known)
    if near:
        return known[near][0].name
    return nearest(text, (card.name for card in CARDS)) if key else None


def _device(card: Card) -> Device:
    shared = card.usable is None
    return Device(
        card.name,
        card.size * _GIB,
        f"NVIDIA's data sheet; {'shared with the CPU' if shared else 'usable as its driver reports it'}",
        usable=None if card.usable is None else card.usable * _MIB,
        compute=card.compute,
        processors=card.processors,
        context=card.context,
    )


def _cards_by_key() -> dict[str, list[Device]]:
    """The cards by their keys, with and without their size of memory; several where a name has several sizes."""
    known: dict[str, list[Device]] = {}
    for card in CARDS:
        base = card.name.removesuffix(f"{card.size}GB")
        for key in {_key(base), _key(f"{base} {card.size}GB")}:
            known.setdefault(key, []).append(_device(card))
    return known
