"""The allocations of a training step as functions of its batch: whether it fits into a room, and the largest that does.

A network makes the same tensors at every batch; only their sizes grow with it. So the step is simulated once, at a
batch so large that each size shows how much of it comes from the batch, and a batch that is tried costs one replay
through the allocator (allocator.py) instead of a simulation.

>>> from analyzer.engine.memory.settings import Run
>>> from analyzer.engine.memory.work import operations_of
>>> from analyzer.engine.network import Network
>>> from analyzer.layers import CATALOGUE
>>> from analyzer.volume import Volume
>>> network = Network()
>>> input = network.enter("input", Volume((), 10))
>>> network.name_outputs([network.place("dense1", CATALOGUE["dense"](units=5), [input])])
>>> growth = Growth(operations_of(network, "shared", cuda=True), Run(device="24GiB"))
>>> growth.fits(1000, 1 << 30), growth.fits(1000, 1 << 20)
(True, False)
>>> growth.safe(1 << 30), growth.most(1 << 30)
(7616594, 7811891)
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.memory.allocator import fits, reserved
from analyzer.engine.memory.bounds import Bounds, largest_batch, last_batch
from analyzer.engine.memory.ledger import Ledger
from analyzer.engine.memory.settings import AFTER_STEPS, Run
from analyzer.engine.memory.steps import Convolved
from analyzer.engine.memory.sums import Buffer
from analyzer.engine.memory.tape import Tape
from analyzer.engine.memory.trace import step_trace
from analyzer.engine.memory.training import Training
from analyzer.engine.memory.work import Work
from analyzer.record import field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.engine.memory.workspace import Workspaces

#: The batch of the simulation: bits above it come from the batch. No tensor without a batch has 2^48 bytes.
_BATCH = 1 << 48

#: What a segment of the allocator is a multiple of.
_SEGMENT = 2 << 20

#: Thousandths of the room that a run may take that surely fits: measured runs failed from 984 on.
_SURE = 985

#: Thousandths of the largest batch that may fit: the least that was measured where workspaces are squeezed (VGG-16).
_SQUEEZED = 870


class _Open(Ledger):
    """A ledger that leaves the sizes open that do not grow evenly with the batch: those of workspaces and of sums.

    `lendings` has for each workspace the convolution and the purpose, `sums` the buffer of each sum.
    """

    lendings: dict[int, tuple[Convolved, int]] = field(factory=dict, init=False)
    sums: dict[int, Buffer] = field(factory=dict, init=False)

    def lend(self, layer: str, convolved: Convolved, purpose: int) -> None:
        self.lendings[len(self.sizes)] = convolved, purpose
        self.drop(self.new(1))

    def sum_over(self, buffer: Buffer, batch: int) -> int:
        self.sums[len(self.sizes)] = buffer
        return self.new(1)


class Growth:
    """The allocations of a training step of a run at any batch of at least 2.

    `events` are their order: n allocates the nth size, ~n frees it. `fixed` and `each` are the bytes of every size
    without the batch, and those that each sample adds. `lent` are the workspaces: their places among the sizes, the
    convolution, and the purpose; `sums` the buffers of sums.
    """

    def __init__(self, work: Work, run: Run, laid: Sequence[Growth] = ()) -> None:
        """`laid` are others of the same work, whose steps are taken where they are those of this run."""
        self.run = run
        alike = next((one for one in laid if one._lays(run)), None)
        batched = run.but(batch=_BATCH)
        tape = Tape(work, batched) if alike is None else alike.training.tape.under(batched)
        loss = None if alike is None else alike.training.loss
        self._safe: dict[int, int] = {}
        training = Training(tape, traced=True, kind=_Open, loss=loss)
        self.training: Training = training
        ledger = training.ledger
        assert isinstance(ledger, _Open)
        self.events: list[int] = []
        self.fixed: list[int] = []
        self.each: list[int] = []
        self.lent: list[tuple[int, Convolved, int]] = []
        self.sums: list[tuple[int, Buffer]] = []
        places: dict[int, int] = {}
        for identity, size in step_trace(training):
            if not size:
                self.events.append(~places[identity])
                continue
            place = places[identity] = len(self.fixed)
            self.events.append(place)
            each, fixed = divmod(size, _BATCH)
            self.fixed.append(fixed)
            self.each.append(each)
            if identity in ledger.lendings:
                self.lent.append((place, *ledger.lendings[identity]))
            elif identity in ledger.sums:
                self.sums.append((place, ledger.sums[identity]))

    def _lays(self, run: Run) -> bool:
        """Whether another run has the same steps."""
        same = {name: getattr(self.run, name) for name in AFTER_STEPS}
        return bool(run.but(**same, batch=self.run.batch) == self.run)

    def sizes(self, batch: int) -> list[int]:
        """The bytes of every size at a batch."""
        found = self._bare(batch)
        known: dict[int, Workspaces] = {}
        for place, convolved, purpose in self.lent:
            taken = known.get(id(convolved))
            if taken is None:
                taken = known[id(convolved)] = convolved.taken(batch)
            found[place] = taken[purpose]
        return found

    def fits(self, batch: int, room: int) -> bool:
        """Whether `room` bytes are enough, with every workspace."""
        return batch < 1 or fits(self.events, self.sizes(batch), room)

    def may_fit(self, batch: int, room: int) -> bool:
        """Whether `room` bytes are enough without any workspace: cuDNN has algorithms that need none."""
        return batch < 1 or fits(self.events, self._bare(batch), room)

    def alive(self, batch: int) -> int:
        """The most bytes alive at once: the peak of a step at this batch."""
        return self._walked(self.sizes(batch))

    def peak(self, batch: int) -> int:
        """The most bytes alive at once, without workspaces."""
        return self._walked(self._bare(batch))

    def reserved(self, batch: int) -> int:
        """What the allocator takes from a card that has enough."""
        return reserved(self.events, self.sizes(batch))

    def _bare(self, batch: int) -> list[int]:
        sizes = [fixed + batch * each for fixed, each in zip(self.fixed, self.each, strict=True)]
        for place, _, _ in self.lent:
            sizes[place] = 0
        for place, buffer in self.sums:
            sizes[place] = buffer.bytes(batch)
        return sizes

    def _walked(self, sizes: list[int]) -> int:
        live = most = 0
        for event in self.events:
            if event < 0:
                live -= sizes[~event]
            else:
                live += sizes[event]
                if live > most:
                    most = live
        return most

    def bounds(self, batch: int, room: int, reserved: int) -> Bounds:
        """The bounds of a run with this batch on a device that has `room` bytes for it; at will it reserves `reserved`.

        With less memory than it would reserve at will, the allocator gives back what is free, so a run that fits needs
        no more than the room.
        """
        if batch > self.safe(room) and not self.may_fit(batch, room):
            low = max(self.peak(batch), room + 1)
            return Bounds(low, max(reserved, low))
        high = max(reserved, room + 1) if batch > self.safe(room) else min(reserved, room)
        return Bounds(min(self.peak(batch), room, high), high)

    def safe(self, room: int) -> int:
        """The largest batch that surely fits into `room` bytes, 0 where one sample does not.

        That is where all allocations are served, in a little less than the room (`_SURE`), and those of a slightly
        smaller batch as well: which blocks are left over changes from one batch to the next. Where none is found close
        below the batch whose tensors fill the room, workspaces that find no place make the allocator give back what it
        has, and only a run can tell how that ends; `_SQUEEZED` is the least that was measured then.
        """
        if room not in self._safe:
            self._safe[room] = self._safely(room, largest_batch(self._in_segments, room))
        return self._safe[room]

    def _safely(self, room: int, full: int) -> int:
        sure, one, least = room * _SURE // 1000, max(full // 100, 1), full * _SQUEEZED // 1000
        batch, step = full if full < 100 else full * _SURE // 1000, one
        while batch > least:
            if self.fits(batch, sure) and self.fits(batch - one, sure):
                return batch
            batch -= step
            step += one
        batch = least
        while batch > 0 and not self.may_fit(batch, sure):
            batch -= one
        return max(batch, 0)

    def most(self, room: int) -> int:
        """The largest batch that may fit, searched from the one whose tensors, in whole segments, fill the room."""
        safe = self.safe(room)
        full = max(largest_batch(self._in_segments, room), safe)
        return last_batch(lambda batch: batch <= safe or self.may_fit(batch, room), full)

    def _in_segments(self, batch: int) -> int:
        """The most bytes alive at once where each tensor of 10 MiB or more takes whole segments of 2 MiB."""
        sizes = self._bare(batch)
        return self._walked([(size + _SEGMENT - 1) & -_SEGMENT if size >= 5 * _SEGMENT else size for size in sizes])
