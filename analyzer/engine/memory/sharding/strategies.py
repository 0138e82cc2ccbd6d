"""The strategies of training on several devices, and how a batch divides among the ranks."""

from __future__ import annotations

from analyzer.diagnostics import listed, nearest
from analyzer.settings import SettingError
from analyzer.source import shown

#: The strategies, and what each divides.
STRATEGIES: dict[str, str] = {
    "single": "one device",
    "ddp": "data parallel; nothing is divided, gradients are copied to buckets",
    "ddp-view": "data parallel; gradients are views of their buckets",
    "zero1": "the optimizer's state is divided",
    "zero2": "optimizer and gradients are divided",
    "zero3": "optimizer, gradients and parameters are divided",
    "fsdp": "FSDP2: everything is divided; a unit is whole while it runs",
    "fsdp-no-reshard": "FSDP2: everything is divided; units stay whole from forward to backward",
}


class ShardingError(SettingError):
    """A strategy, number of ranks or batch that do not go together; the message is one line for people."""


def check_strategy(name: str) -> None:
    """Raises ShardingError for an unknown strategy, with the nearest one."""
    if name not in STRATEGIES:
        near = nearest(name, STRATEGIES)
        meant = f"did you mean `{near}`? " if near else ""
        raise ShardingError(f"no strategy is called `{shown(name)}`; {meant}they are {listed(STRATEGIES, last='and')}")


def check_single(strategy: str, ranks: int) -> None:
    """Raises ShardingError for several ranks on `single`."""
    if strategy == "single" and ranks > 1:
        several = listed([name for name in STRATEGIES if name != "single"])
        raise ShardingError(f"the strategy `single` is one device, not {ranks:,} ranks; several take {several}")


def read_strategy(text: str) -> str:
    """The name of a strategy as `STRATEGIES` has it; the ZeRO paper writes `ZeRO-2`.

    >>> read_strategy("ZeRO-2")
    'zero2'
    """
    return text.lower().replace("zero-", "zero")


def check_ranks(batch: int, ranks: int) -> int:
    """The samples of one rank, where `batch` is that of all ranks together.

    Raises ShardingError for fewer ranks than one, and for a batch that does not divide, with the nearest that do.

    >>> check_ranks(256, 8)
    32
    """
    check_count(ranks)
    each, left = divmod(batch, ranks)
    if left:
        above = f"{(each + 1) * ranks:,}"
        near = f"{each * ranks:,} and {above} do" if each else f"the least that does is {above}"
        raise ShardingError(f"a batch of {batch:,} does not divide among {ranks:,} ranks; {near}")
    return each


def check_count(ranks: int) -> None:
    """Raises ShardingError for fewer ranks than one."""
    if ranks < 1:
        raise ShardingError(f"there must be at least 1 rank, not {ranks:,}")


def share(amount: int, ranks: int) -> int:
    """The largest of `ranks` parts that are as equal as possible.

    >>> share(10, 4)
    3
    """
    return -(-amount // ranks)
