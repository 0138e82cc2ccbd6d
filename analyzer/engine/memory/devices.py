"""Devices: how much memory each has.

A device is an amount (`24GiB`, `24GB`) or the name of a card. A vendor's GB of a card's memory is 2^30 bytes. Programs
can use a little less of it, since the driver and error correction take a part, so a card has both numbers.

Sources: NVIDIA's data sheets; for the A100-40GB the runs published with GPUMemNet (arXiv 2602.17817).
"""

from __future__ import annotations

import re

from analyzer.diagnostics import listed, nearest
from analyzer.record import Record
from analyzer.settings import SettingError
from analyzer.source import shown
from analyzer.units import read_amount

_MIB, _GIB = 1 << 20, 1 << 30

#: Each card: its name; its memory by NVIDIA's data sheet, in GB of 2^30 bytes; the usable part in MiB. The usable part
#: is the total that `nvidia-smi` prints, with error correction where that is the card's default, and for the A100-40GB
#: the total of the card in GPUMemNet's runs. It is None where no such number is known: a Jetson shares its memory with
#: the CPU.
CARDS = (
    ("P100", 16, 16_280),
    ("V100-16GB", 16, 16_160),
    ("V100-32GB", 32, 32_510),
    ("T4", 16, 15_360),
    ("A10", 24, 23_028),
    ("A10G", 24, 23_028),
    ("A30", 24, 24_576),
    ("A40", 48, 46_068),
    ("A100-40GB", 40, 40_510),
    ("A100-80GB", 80, 81_920),
    ("L4", 24, 23_034),
    ("L40S", 48, 46_068),
    ("H100-80GB", 80, 81_559),
    ("H100 NVL", 94, 95_830),
    ("H200", 141, 143_771),
    ("RTX A6000", 48, 49_140),
    ("RTX 2080 Ti", 11, 11_264),
    ("RTX 3060", 12, 12_288),
    ("RTX 3070", 8, 8_192),
    ("RTX 3080 10GB", 10, 10_240),
    ("RTX 3080 12GB", 12, 12_288),
    ("RTX 3090", 24, 24_576),
    ("RTX 4060", 8, 8_188),
    ("RTX 4060 Ti 8GB", 8, 8_188),
    ("RTX 4060 Ti 16GB", 16, 16_380),
    ("RTX 4070", 12, 12_282),
    ("RTX 4080", 16, 16_376),
    ("RTX 4090", 24, 24_564),
    ("RTX 5080", 16, 16_303),
    ("RTX 5090", 32, 32_607),
    ("Jetson Orin Nano 4GB", 4, None),
    ("Jetson Orin Nano 8GB", 8, None),
    ("Jetson AGX Orin 32GB", 32, None),
    ("Jetson AGX Orin 64GB", 64, None),
)

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
    numbers come from.
    """

    name: str
    nominal: int
    source: str
    usable: int | None = None

    @property
    def capacity(self) -> int:
        """The bytes that the verdict is about: `usable` if it is known, otherwise `nominal`."""
        return self.nominal if self.usable is None else self.usable


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
    near = None if _amount(text) else nearest(key, known)
    if near:
        raise DeviceError(f"no card is called `{shown(text)}`; did you mean `{known[near][0].name}`?")
    return Device(text.strip(), read_memory(text)[0], _WRITTEN)


def cards() -> list[Device]:
    """Every card that is known, in the order of `CARDS`."""
    return [_card(name, size, usable) for name, size, usable in CARDS]


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


def _card(name: str, size: int, usable: int | None) -> Device:
    if usable is None:
        return Device(name, size * _GIB, "NVIDIA's data sheet; shared with the CPU")
    return Device(name, size * _GIB, "NVIDIA's data sheet; usable as its driver reports it", usable=usable * _MIB)


def _cards_by_key() -> dict[str, list[Device]]:
    """The cards by their keys, with and without their size of memory; several where a name has several sizes."""
    known: dict[str, list[Device]] = {}
    for name, size, usable in CARDS:
        card = _card(name, size, usable)
        base = name.removesuffix(f"{size}GB")
        for key in {_key(base), _key(f"{base} {size}GB")}:
            known.setdefault(key, []).append(card)
    return known
