"""Data parallelism and ZeRO: the memory of one rank, moment by moment.

n parameters of cp bytes, gradients of cg bytes, W ranks, P = n·cp, G = n·cg, O the optimizer's bytes:

strategy  parameters  gradients  optimizer  and
single    P           G          O
ddp       P           G          O          flat buckets of all gradients, G, from the first step on
ddp-view  P           -          O          the buckets are the gradients, G; a layer's own until they are copied
zero1     P           G          ≈ O/W      buckets as ddp; whole tensors go to ranks, the largest first
zero2     P           G/W        O/W        a bucket of gradients that wait to be reduced
zero3     P/W         G/W        O/W        the largest layer whole, its parameters and its gradients

Sources: DDP and ZeRO-1 as torch 2.13.0 does it (`Reducer`, `ZeroRedundancyOptimizer`); Rajbhandari et al. 2020, "ZeRO:
Memory Optimizations Toward Training Trillion Parameter Models".
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapreplace

from analyzer.engine.memory.sharding.one_device import SingleDevice
from analyzer.engine.memory.sharding.rank import on_rank
from analyzer.engine.memory.sharding.strategies import ShardingError, check_count, share

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.engine.memory.sharding.rank import Moments

#: Bytes of gradients that `zero2` gathers before it reduces them: DDP's `bucket_cap_mb`. DeepSpeed's own default is a
#: buffer of 5·10^8 numbers, more than most convolutional networks have.
BUCKET = 25 * 2**20


def _largest_rank(tensors: Sequence[int], ranks: int) -> int:
    """Numbers on the fullest rank: whole tensors, the largest first, each to the rank that has the least so far."""
    sizes = [0] * min(ranks, len(tensors))
    for size in sorted(tensors, reverse=True):
        heapreplace(sizes, sizes[0] + size)
    return max(sizes)


def replicated(single: SingleDevice, strategy: str, ranks: int) -> Moments:
    """Every rank has all parameters and all gradients: `single`, `ddp`, `ddp-view`, `zero1`."""
    gradients = single.trained * single.gradient_width
    buckets = 0 if strategy == "single" else gradients
    owned, of = 1, 1
    if strategy == "zero1":
        owned = _largest_rank(single.tensors, ranks) if single.tensors else share(single.trained, ranks)
        of = max(sum(single.tensors) or single.trained, 1)
    rank = on_rank(single, single.parameters * single.width, -(-single.optimizer * owned // of))
    own = 0 if strategy == "ddp-view" else gradients  # its gradients are the buckets
    yield "", rank(gradients=own if single.kept else 0, buckets=buckets), ""
    for moment in single.moments:
        made = own if single.kept else min(moment.gradients, own)
        transient = moment.transient
        if moment.phase == "step" and not single.loop:
            transient = -(-transient * owned // of)
        yield moment.phase, rank(made, buckets, saved=moment.saved, transient=transient), moment.layer


def zero(single: SingleDevice, strategy: str, ranks: int, bucket: int) -> Moments:
    """Every rank has a share of the optimizer and of gradients, and in `zero3` of parameters too."""
    cp, cg = single.width, single.gradient_width
    parameters, gradients = single.parameters * cp, share(single.trained, ranks) * cg
    gathered, waiting = 0, min(bucket, single.trained * cg)
    if strategy == "zero3":
        parameters = share(single.parameters, ranks) * cp
        gathered = max(unit.parameters for unit in (*single.units, single.root)) * cp
        waiting = max(unit.trained for unit in (*single.units, single.root)) * cg
    rank = on_rank(single, parameters, share(single.optimizer, ranks))
    kept = gradients if single.kept else 0
    yield "", rank(kept), ""
    for moment in single.moments:
        if moment.phase == "forward":
            found = rank(kept, gathered=gathered, saved=moment.saved, transient=moment.transient)
        elif moment.phase == "backward":
            made = kept or min(share(moment.gradients, ranks), gradients)
            found = rank(made, waiting, gathered, saved=moment.saved, transient=moment.transient)
        else:
            found = rank(gradients, saved=moment.saved, transient=share(moment.transient, ranks))
        yield moment.phase, found, moment.layer


def zero_model_states(parameters: int, ranks: int, stage: int) -> int:
    """Bytes that a rank holds of parameters, gradients and optimizer by the ZeRO paper: 16-bit training with Adam.

    2 bytes of parameters, 2 of gradients and 12 of optimizer (float32 parameters, two moments) each; stage 0 divides
    nothing, 1 the optimizer, 2 gradients too, 3 parameters too.

    Raises ShardingError for another stage and for fewer ranks than one.
    """
    check_count(ranks)
    if stage not in range(4):
        raise ShardingError(f"ZeRO has the stages 0 to 3, not {stage}")
    shard = share(parameters, ranks)
    return sum(width * (shard if stage >= divided else parameters) for width, divided in ((12, 1), (2, 2), (2, 3)))
