"""The memory of one rank, by strategy.

Every rank runs its own batch, so its activations are those of one device, moment by moment; the memory of parameters is
divided. Buffers of communication libraries and delays of streams are not counted.
"""

from __future__ import annotations

from analyzer.engine.memory.sharding.fsdp import Fsdp
from analyzer.engine.memory.sharding.one_device import SingleDevice
from analyzer.engine.memory.sharding.rank import PHASES, PerRank
from analyzer.engine.memory.sharding.strategies import check_count, check_single, check_strategy
from analyzer.engine.memory.sharding.zero import BUCKET, replicated, zero

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.engine.memory.sharding.rank import Moments


def per_rank(single: SingleDevice, strategy: str, ranks: int, *, bucket: int = BUCKET) -> PerRank:
    """The memory of the fullest of `ranks` ranks; `bucket` in bytes is that of `zero2`.

    Linear in moments and units; n log n in the tensors of `zero1`. Raises ShardingError for an unknown strategy, for
    fewer ranks than one, and for several ranks on `single`.

    >>> from analyzer.engine.memory.sharding.one_device import Moment, Unit
    >>> step = SingleDevice([Moment("backward", transient=400)], Unit(100), optimizer=800)
    >>> per_rank(step, "single", 1).peak.bytes, per_rank(step, "zero1", 4).rest.optimizer
    (1600, 200)
    """
    check_strategy(strategy)
    check_count(ranks)
    check_single(strategy, ranks)
    made = _moments(single, strategy, ranks, bucket)
    _, rest, _ = next(made)
    phases, layers = dict.fromkeys(PHASES, rest), dict.fromkeys(PHASES, "")
    most = dict.fromkeys(PHASES, rest.bytes)
    for phase, memory, layer in made:
        if memory.bytes > most[phase]:
            most[phase], phases[phase], layers[phase] = memory.bytes, memory, layer
    return PerRank(strategy, ranks, rest, phases, layers)


def _moments(single: SingleDevice, strategy: str, ranks: int, bucket: int) -> Moments:
    """The memory of one rank, by its strategy."""
    if strategy.startswith("fsdp"):
        return Fsdp(single, ranks, stays=strategy == "fsdp-no-reshard").moments()
    if strategy in ("zero2", "zero3"):
        return zero(single, strategy, ranks, bucket)
    return replicated(single, strategy, ranks)
