"""Training on many devices: what one rank holds, by strategy, out of what the same step holds on one device.

Every rank runs its own batch, so activations are those of one device, moment by moment; what the parameters cost is
divided. n parameters of cp bytes, gradients of cg bytes, W ranks, P = n·cp, G = n·cg, O the optimizer's bytes:

strategy         parameters  gradients  optimizer  and
single           P           G          O
ddp              P           G          O          flat buckets of all gradients, G, for good
ddp-view         P           -          O          the buckets are the gradients, G, for good; a layer's own till copied
zero1            P           G          ≈ O/W      buckets as ddp; whole tensors go to ranks, the largest first
zero2            P           G/W        O/W        a bucket of gradients that wait to be reduced
zero3            P/W         G/W        O/W        the largest unit whole, its parameters and its gradients
fsdp             P/W         G/W        O/W        units whole while they run, as below
fsdp-no-reshard  P/W         G/W        O/W        the same; units stay whole from forward to backward

FSDP2, units u_0 … in the order of the forward pass and the root r (all other layers), r whole from start to end:

forward of unit i    r + 2u_i, the buffer that it arrives in and the copy; where it begins u_{i-1} too, the last buffer
backward of unit i   r + u_i + u_{i-1}, which is gathered ahead; gradients of r and u_i whole, those of u_{i+1} in the
                     buffer that is reduced; where it begins r + 2u_i, its buffer and the copy

Communication libraries' own buffers and the delays of streams are not in it.

Sources: DDP, ZeRO-1 and FSDP2 as torch 2.13.0 does it (`Reducer`, `ZeroRedundancyOptimizer`, `fully_shard`), FSDP2 read
off the timeline of a fake process group; Rajbhandari et al. 2020, "ZeRO: Memory Optimizations Toward Training Trillion
Parameter Models".
"""

# Longer than most modules: the strategies differ in a term each and are read side by side.

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heapreplace
from itertools import accumulate

from analyzer.diagnostics import listed, nearest
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

#: The strategies, and what each divides.
STRATEGIES: dict[str, str] = {
    "single": "one device",
    "ddp": "data parallel; nothing is divided, gradients have buckets beside them",
    "ddp-view": "data parallel; gradients are views of their buckets",
    "zero1": "the optimizer's state is divided",
    "zero2": "optimizer and gradients are divided",
    "zero3": "optimizer, gradients and parameters are divided",
    "fsdp": "FSDP2: all is divided; a unit is whole while it runs",
    "fsdp-no-reshard": "FSDP2: all is divided; units stay whole from forward to backward",
}

#: The phases of a step, in order.
PHASES = ("forward", "backward", "step")

#: Bytes of gradients that `zero2` gathers before it reduces them: DDP's `bucket_cap_mb`. DeepSpeed's own default is a
#: buffer of 5·10^8 numbers, more than most convolutional networks have.
BUCKET = 25 * 2**20


class ShardingError(ValueError):
    """What was asked of several ranks cannot be; the message is one line for people."""


class Unit:
    """Parameters that are gathered together: counts of all of them and of the trained ones."""

    __slots__ = ("parameters", "trained")

    def __init__(self, parameters: int, trained: int | None = None) -> None:
        self.parameters = parameters
        self.trained = parameters if trained is None else trained


class Moment:
    """What one device holds while one operation runs, in bytes, beside what it holds throughout the step.

    `gradients` are the parameters' gradients that operations before this one made in this backward pass; those that it
    makes itself are `transient`, as is all that neither autograd nor the step keeps. `unit` is the position of the unit
    whose layer runs, None for a layer of the root.
    """

    __slots__ = ("gradients", "layer", "phase", "saved", "transient", "unit")

    def __init__(
        self,
        phase: str,
        *,
        saved: int = 0,
        transient: int = 0,
        gradients: int = 0,
        unit: int | None = None,
        layer: str = "",
    ) -> None:
        self.phase = phase
        self.saved = saved
        self.transient = transient
        self.gradients = gradients
        self.unit = unit
        self.layer = layer


class SingleDevice:
    """One training step on one device.

    `units` in the order of the forward pass and `root`, the parameters of no unit; `moments` in the order in which
    they come; `width` and `gradient_width` bytes of a parameter and of its gradient; bytes of the `optimizer`'s state,
    `buffers` and `input`. `tensors` are the sizes of the trained tensors, in numbers, for `zero1`: without them its
    ranks get equal shares. `loop` says that the step works on one tensor at a time, `kept` that gradients of earlier
    passes are there from the start (accumulation).
    """

    __slots__ = (
        "buffers", "gradient_width", "input", "kept", "loop", "moments", "optimizer", "root", "tensors", "units",
        "width",
    )  # fmt: skip

    def __init__(
        self,
        moments: Sequence[Moment],
        root: Unit,
        units: Sequence[Unit] = (),
        *,
        optimizer: int = 0,
        buffers: int = 0,
        input: int = 0,
        width: int = 4,
        gradient_width: int = 4,
        tensors: Sequence[int] = (),
        loop: bool = False,
        kept: bool = False,
    ) -> None:
        self.moments = moments
        self.root = root
        self.units = units
        self.optimizer = optimizer
        self.buffers = buffers
        self.input = input
        self.width = width
        self.gradient_width = gradient_width
        self.tensors = tensors
        self.loop = loop
        self.kept = kept

    @property
    def parameters(self) -> int:
        """The number of parameters."""
        return self.root.parameters + sum(unit.parameters for unit in self.units)

    @property
    def trained(self) -> int:
        """The number of parameters that have gradients."""
        return self.root.trained + sum(unit.trained for unit in self.units)


class Breakdown:
    """Bytes that one rank holds at one moment, by what they are for.

    `buckets` are gradients in the buffers that are reduced; `gathered` are whole parameters, put together from all
    ranks' shards, and the buffers that they arrive in.
    """

    __slots__ = (
        "buckets", "buffers", "gathered", "gradients", "input", "optimizer", "parameters", "saved", "transient",
    )  # fmt: skip

    def __init__(
        self,
        *,
        parameters: int,
        buffers: int,
        optimizer: int,
        input: int,
        gradients: int = 0,
        buckets: int = 0,
        gathered: int = 0,
        saved: int = 0,
        transient: int = 0,
    ) -> None:
        self.parameters = parameters
        self.buffers = buffers
        self.gradients = gradients
        self.optimizer = optimizer
        self.buckets = buckets
        self.gathered = gathered
        self.saved = saved
        self.transient = transient
        self.input = input

    @property
    def bytes(self) -> int:
        """All of it."""
        return (
            self.parameters
            + self.buffers
            + self.gradients
            + self.optimizer
            + self.buckets
            + self.gathered
            + self.saved
            + self.transient
            + self.input
        )

    def to_dict(self) -> dict[str, int]:
        """The keys of the JSON report."""
        return {
            "parameters": self.parameters,
            "buffers": self.buffers,
            "gradients": self.gradients,
            "optimizer": self.optimizer,
            "buckets": self.buckets,
            "gathered": self.gathered,
            "saved": self.saved,
            "transient": self.transient,
            "input": self.input,
        }


class PerRank:
    """What one rank holds at `rest`, between two steps with the batch loaded, and at the peak of each phase.

    `phases` has a breakdown for every name of `PHASES`; `phase` is the one with the peak, `layer` the layer that runs
    there, "" where the peak belongs to no layer.
    """

    __slots__ = ("layer", "phase", "phases", "ranks", "rest", "strategy")

    def __init__(
        self, strategy: str, ranks: int, rest: Breakdown, phases: dict[str, Breakdown], layers: dict[str, str]
    ) -> None:
        self.strategy = strategy
        self.ranks = ranks
        self.rest = rest
        self.phases = phases
        self.phase = max(PHASES, key=lambda name: phases[name].bytes)
        self.layer = layers[self.phase]

    @property
    def peak(self) -> Breakdown:
        """The breakdown at the peak."""
        return self.phases[self.phase]

    def to_dict(self) -> dict[str, object]:
        """The keys of the JSON report."""
        return {
            "strategy": self.strategy,
            "ranks": self.ranks,
            "peak_bytes": self.peak.bytes,
            "at": {"layer": self.layer, "phase": self.phase},
            "breakdown": self.peak.to_dict(),
            "phases": {name: self.phases[name].bytes for name in PHASES},
            "rest_bytes": self.rest.bytes,
        }


def per_rank(single: SingleDevice, strategy: str, ranks: int, *, bucket: int = BUCKET) -> PerRank:
    """What the fullest of `ranks` ranks holds; `bucket` in bytes is that of `zero2`.

    Linear in moments and units; n log n in the tensors of `zero1`.

    Raises ShardingError for a strategy that there is not, for fewer ranks than one, and for several on `single`.
    """
    check_strategy(strategy)
    _check_ranks(ranks)
    if strategy == "single" and ranks > 1:
        several = listed([name for name in STRATEGIES if name != "single"])
        raise ShardingError(f"the strategy `single` is one device, not {ranks:,} ranks; several take {several}")
    made = _held(single, strategy, ranks, bucket)
    _, rest, _ = next(made)
    phases, layers = dict.fromkeys(PHASES, rest), dict.fromkeys(PHASES, "")
    most = dict.fromkeys(PHASES, rest.bytes)
    for phase, held, layer in made:
        if held.bytes > most[phase]:
            most[phase], phases[phase], layers[phase] = held.bytes, held, layer
    return PerRank(strategy, ranks, rest, phases, layers)


def check_strategy(name: str) -> None:
    """Raises ShardingError for a strategy that there is not, with the nearest one."""
    if name not in STRATEGIES:
        near = nearest(name, STRATEGIES)
        meant = f"did you mean `{near}`? " if near else ""
        raise ShardingError(f"no strategy is called `{shown(name)}`; {meant}they are {listed(STRATEGIES, last='and')}")


def check_ranks(batch: int, ranks: int) -> int:
    """The samples of one rank, where `batch` is that of all ranks together.

    Raises ShardingError for fewer ranks than one, and for a batch that does not divide, with the nearest that do.

    >>> check_ranks(256, 8)
    32
    """
    _check_ranks(ranks)
    each, left = divmod(batch, ranks)
    if left:
        above = f"{(each + 1) * ranks:,}"
        near = f"{each * ranks:,} and {above} do" if each else f"the least that does is {above}"
        raise ShardingError(f"a batch of {batch:,} does not divide among {ranks:,} ranks; {near}")
    return each


def _check_ranks(ranks: int) -> None:
    if ranks < 1:
        raise ShardingError(f"there must be at least 1 rank, not {ranks:,}")


def zero_model_states(parameters: int, ranks: int, stage: int) -> int:
    """Bytes that a rank holds of parameters, gradients and optimizer by the ZeRO paper: 16-bit training with Adam.

    2 bytes of parameters, 2 of gradients and 12 of optimizer (float32 parameters, two moments) each; stage 0 divides
    nothing, 1 the optimizer, 2 gradients too, 3 parameters too.

    Raises ShardingError for another stage and for fewer ranks than one.
    """
    _check_ranks(ranks)
    if stage not in range(4):
        raise ShardingError(f"ZeRO has the stages 0 to 3, not {stage}")
    shard = _share(parameters, ranks)
    return sum(width * (shard if stage >= divided else parameters) for width, divided in ((12, 1), (2, 2), (2, 3)))


#: Phase, what is held, the layer that runs; the first is what is held at rest.
_Held = Iterator[tuple[str, Breakdown, str]]


def _share(amount: int, ranks: int) -> int:
    """The largest of equal parts."""
    return -(-amount // ranks)


def _largest_rank(tensors: Sequence[int], ranks: int) -> int:
    """Numbers on the fullest rank: whole tensors, the largest first, each to the rank that has least so far."""
    sizes = [0] * min(ranks, len(tensors))
    for size in sorted(tensors, reverse=True):
        heapreplace(sizes, sizes[0] + size)
    return max(sizes)


def _whole(single: SingleDevice, strategy: str, ranks: int) -> _Held:
    """All parameters on every rank, and all gradients: `single`, `ddp`, `ddp-view`, `zero1`."""
    gradients = single.trained * single.gradient_width
    buckets = 0 if strategy == "single" else gradients
    owned, of = 1, 1
    if strategy == "zero1":
        owned = _largest_rank(single.tensors, ranks) if single.tensors else _share(single.trained, ranks)
        of = max(sum(single.tensors) or single.trained, 1)
    hold = _holder(single, single.parameters * single.width, -(-single.optimizer * owned // of))
    own = 0 if strategy == "ddp-view" else gradients  # its gradients are the buckets
    yield "", hold(gradients=own if single.kept else 0, buckets=buckets), ""
    for moment in single.moments:
        made = own if single.kept else min(moment.gradients, own)
        transient = moment.transient
        if moment.phase == "step" and not single.loop:
            transient = -(-transient * owned // of)
        yield moment.phase, hold(made, buckets, saved=moment.saved, transient=transient), moment.layer


def _zero(single: SingleDevice, strategy: str, ranks: int, bucket: int) -> _Held:
    """Shares of the optimizer and of gradients, in `zero3` of parameters too."""
    cp, cg = single.width, single.gradient_width
    parameters, gradients = single.parameters * cp, _share(single.trained, ranks) * cg
    gathered, waiting = 0, min(bucket, single.trained * cg)
    if strategy == "zero3":
        parameters = _share(single.parameters, ranks) * cp
        gathered = max(unit.parameters for unit in (*single.units, single.root)) * cp
        waiting = max(unit.trained for unit in (*single.units, single.root)) * cg
    hold = _holder(single, parameters, _share(single.optimizer, ranks))
    kept = gradients if single.kept else 0
    yield "", hold(kept), ""
    for moment in single.moments:
        if moment.phase == "forward":
            held = hold(kept, gathered=gathered, saved=moment.saved, transient=moment.transient)
        elif moment.phase == "backward":
            made = kept or min(_share(moment.gradients, ranks), gradients)
            held = hold(made, waiting, gathered, saved=moment.saved, transient=moment.transient)
        else:
            held = hold(gradients, saved=moment.saved, transient=_share(moment.transient, ranks))
        yield moment.phase, held, moment.layer


class _FSDP:
    """FSDP2, unit by unit; with `stays` a unit is whole from its forward pass to its backward pass.

    All sizes are bytes. A sum "before" a unit is over those in front of it in the forward pass, "from" a unit over it
    and those behind it.
    """

    def __init__(self, single: SingleDevice, ranks: int, *, stays: bool) -> None:
        cp, cg = single.width, single.gradient_width
        parts = [*single.units, single.root]
        self.single = single
        self.ranks = ranks
        self.stays = stays
        self.root = single.root.parameters * cp
        self.sizes = [unit.parameters * cp for unit in single.units]
        self.before = [0, *accumulate(self.sizes)]
        self.reduced = [*(unit.trained * cg for unit in single.units), 0]
        self.gradients_from = _sums_from(self.reduced)
        self.shards_from = _sums_from([_share(unit.trained, ranks) * cg for unit in single.units] + [0])
        self.shards = sum(_share(part.trained, ranks) for part in parts) * cg
        self.kept = self.shards if single.kept else 0
        parameters = sum(_share(part.parameters, ranks) for part in parts) * cp
        self.hold = _holder(single, parameters, _share(single.optimizer, ranks))

    def held(self) -> _Held:
        """What is held at rest, then at every moment and where every unit begins."""
        yield "", self.hold(self.kept), ""
        ran, left = -1, len(self.sizes)  # the unit that began last, in the forward pass and in the backward pass
        previous = Moment("")
        for moment in self.single.moments:
            phase, unit, layer = moment.phase, moment.unit, moment.layer
            if phase == "forward":
                if unit is not None and unit != ran:
                    ran = unit
                    behind = self.sizes[unit - 1] if unit else self.root
                    # What the unit's own layers make is not there yet.
                    edge = min(previous, moment, key=lambda one: one.saved + one.transient)
                    yield phase, self._forward(edge, unit, ran, behind), layer
                yield phase, self._forward(moment, unit, ran), layer
            elif phase == "backward":
                if unit is not None and unit != left:
                    left = unit
                    yield phase, self._backward(moment, unit, left, _arriving(previous, moment)), layer
                yield phase, self._backward(moment, unit, left), layer
            else:
                transient = _share(moment.transient, self.ranks)
                yield phase, self.hold(self.shards, saved=moment.saved, transient=transient), layer
            previous = moment

    def _forward(self, moment: Moment, unit: int | None, ran: int, behind: int = 0) -> Breakdown:
        """The root, the unit and the buffer that it came in; after a unit that buffer is still there."""
        gathered = self.root + behind
        if ran < 0:
            gathered += self.root
        else:
            gathered += self.sizes[ran] if unit is None else 2 * self.sizes[ran]
            if self.stays:
                gathered += self.before[ran if unit is not None else ran + 1]
        return self.hold(self.kept, gathered=gathered, saved=moment.saved, transient=moment.transient)

    def _backward(self, moment: Moment, unit: int | None, left: int, arriving: int | None = None) -> Breakdown:
        """The root, the unit, the one that is gathered ahead, and the gradients of the one before in their buffer.

        Where the unit begins, with the gradients `arriving` there, its buffer is there, and nothing is gathered ahead.
        """
        done = left if unit is None else left + 1  # gradients from this unit on are reduced
        ahead = self.sizes[done - 2] if unit is not None and done > 1 else 0
        if self.stays:
            gathered = self.before[done]
        elif unit is None:
            gathered = self.sizes[left - 1] if left else 0
        else:
            gathered = self.sizes[unit] + (ahead if arriving is None else self.sizes[unit])
        made = max(moment.gradients - self.gradients_from[done], 0)
        return self.hold(
            made + (self.kept or self.shards_from[done]),
            self.reduced[done],
            self.root + gathered,
            saved=moment.saved,
            transient=moment.transient if arriving is None else arriving,
        )


def _arriving(previous: Moment, moment: Moment) -> int:
    """Transient bytes between two moments: no more than at either, less the parameters' gradients made at the first."""
    made = max(moment.gradients - previous.gradients, 0)
    return min(moment.transient, max(previous.saved + previous.transient - made - moment.saved, 0))


def _sums_from(sizes: Sequence[int]) -> list[int]:
    """For every position the sum of what stands there and behind it."""
    return [*accumulate(reversed(sizes))][::-1]


def _holder(single: SingleDevice, parameters: int, optimizer: int) -> Callable[..., Breakdown]:
    """Makes breakdowns of a rank with these shares of parameters and optimizer."""

    def hold(
        gradients: int = 0, buckets: int = 0, gathered: int = 0, *, saved: int = 0, transient: int = 0
    ) -> Breakdown:
        return Breakdown(
            parameters=parameters,
            buffers=single.buffers,
            gradients=gradients,
            optimizer=optimizer,
            buckets=buckets,
            gathered=gathered,
            saved=saved,
            transient=transient,
            input=single.input,
        )

    return hold


def _held(single: SingleDevice, strategy: str, ranks: int, bucket: int) -> _Held:
    """What one rank holds, by its strategy."""
    if strategy.startswith("fsdp"):
        return _FSDP(single, ranks, stays=strategy == "fsdp-no-reshard").held()
    if strategy in ("zero2", "zero3"):
        return _zero(single, strategy, ranks, bucket)
    return _whole(single, strategy, ranks)
