"""The settings about a microcontroller, and those that do not go with them.

A microcontroller runs a network: the arena of its activations lies in RAM, its weights lie in flash. Nothing is trained
there, and nothing is a GPU.
"""

from __future__ import annotations

from collections.abc import Mapping

from analyzer.engine.memory.devices import Device
from analyzer.engine.memory.settings import ABOUT_TRAINING, is_given
from analyzer.settings import SettingError, reading, whole
from analyzer.source import shown
from analyzer.units import read_amount

#: The settings about a CUDA card that are not its memory.
_OF_CARDS = ("layout", "tf32")


def check_arena(arena: bool, ram: object, flash: object, given: Mapping[str, object]) -> None:
    """Refuses `ram` and `flash` without `arena`, and a setting of `given` that does not go with `arena`.

    `is_given` says what counts as given. Raises `SettingError`.
    """
    if not arena:
        for name, value in (("ram", ram), ("flash", flash)):
            if value is not None:
                raise SettingError(f"`{{{name}}}` is memory of a microcontroller; it needs `{{arena}}`", name, "arena")
        return
    written = {name: value for name, value in given.items() if is_given(name, value)}
    if "device" in written:
        device = written["device"]
        name = device.name if isinstance(device, Device) else str(device)
        amount = f" {shown(name)}" if _is_amount(name) else ""
        raise SettingError(
            f"`{{device}}` is a GPU, and `{{arena}}` is about a microcontroller: its memory is `{{ram}}{amount}` and "
            "`{flash}`",
            *("device", "arena", "ram", "flash"),
        )
    if "context" in written:
        raise SettingError(
            "`{context}` is memory of a GPU, and `{arena}` is about a microcontroller", "context", "arena"
        )
    for name in _OF_CARDS:
        if name in written:
            raise SettingError(
                f"`{{{name}}}` is about a CUDA card, and `{{arena}}` about a microcontroller", name, "arena"
            )
    if "autocast" in written:
        raise SettingError(
            "`{autocast}` is about GPUs and training, and `{arena}` about a microcontroller: its number format is `{dtype}`",
            *("autocast", "arena", "dtype"),
        )
    for name in ABOUT_TRAINING:
        if name in written:
            raise SettingError(
                f"`{{{name}}}` is about training, and `{{arena}}` about a microcontroller, which only runs a network",
                *(name, "arena"),
            )


def _is_amount(text: str) -> bool:
    """Whether a text is an amount of memory with its unit."""
    try:
        return amount_of_room(text) > 0
    except SettingError:
        return False


def read_room(setting: str, text: object) -> int:
    """The bytes of an amount of RAM or flash with a unit, or of a number of bytes; at least one.

    >>> read_room("ram", "256KiB"), read_room("flash", "1 MB")
    (262144, 1000000)
    >>> read_room("ram", "256")
    Traceback (most recent call last):
    analyzer.settings.SettingError: `ram`: `256` has no unit; write `256KiB` or `256KB`
    """
    if not isinstance(text, str):
        return whole(setting, text)
    return int(reading(setting, amount_of_room, text))


def amount_of_room(text: str) -> int:
    """`read_room` for an option, whose parser names it."""
    word = text.strip()
    number = word.rstrip("kKmMgGtTpPiIbB")
    unit = word[len(number) :].upper()
    amount = read_amount(number + unit.replace("IB", "iB"))
    if amount is None:
        raise SettingError(f"`{shown(word)}` is not an amount of memory such as `256KiB` or `1MiB`")
    size, written = amount
    if not written.endswith("B"):
        prefix, number = written or "K", shown(number.strip())
        raise SettingError(f"`{shown(word)}` has no unit; write `{number}{prefix}iB` or `{number}{prefix}B`")
    if size < 1:
        raise SettingError(f"`{shown(word)}` is not an amount of memory; a microcontroller has at least 1 B")
    return size
