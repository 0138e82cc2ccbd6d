"""One training step simulated tensor by tensor: forward, backward and the optimizer's step.

Forward   each operation allocates its output unless it is a view or in place; a tensor is freed when its last reader
has
          run and no backward pass needs it.
Backward  in reverse order. An operation allocates the gradients of its reads and parameters while its output's gradient
          and the tensors that it saved are alive; then those are freed. A second gradient of a tensor is added into the
          first if that has no other owner; otherwise the sum is a third tensor.
Step      the tensors that the optimizer makes beside its state.

Linear in the operations; training.py has an example.

Sources: torch 2.13.0, autograd/engine.cpp and input_buffer.cpp; docs/memory.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from analyzer.engine.memory.ledger import Ledger
from analyzer.engine.memory.loss import Loss
from analyzer.engine.memory.segments import segments
from analyzer.engine.memory.steps import Step
from analyzer.engine.memory.tape import Tape
from analyzer.engine.memory.workspace import FORWARD, INPUT, WEIGHTS
from analyzer.layers.operations import BY_ORDER, LATE, NONE, PASSED, REDUCED, SUMMED
from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.engine.memory.strides import Sizes


class Gradient(Record):
    """A gradient of a value: its storage, its strides (None: in order), and whether it is a view of another tensor.

    A view keeps the tensor that it is a view of alive, so nothing is added to it in place.
    """

    storage: int
    strides: Sizes | None = None
    viewed: bool = False


class Simulation:
    """One training step over a tape whose last steps are its loss.

    `needs` says for every value whether a gradient flows to it. `forward`, `backward` and `step` are called in this
    order; they allocate and free on `ledger`.
    """

    def __init__(self, tape: Tape, loss: Loss, needs: Sequence[bool], ledger: Ledger) -> None:
        self.tape = tape
        self.ledger = ledger
        self.steps = tape.steps
        self.first = tape.first
        self.loss_from = len(tape.steps) - loss.steps
        self.ends = tape.outputs if loss.value is None else [*tape.outputs, loss.value]
        self.starts = loss.starts
        self.storage: list[int] = [ledger.outside() for _ in tape.inputs] + [-1] * len(self.steps)
        #: For every step the storages that its backward pass needs.
        self.saved: list[list[int]] = [[] for _ in self.steps]
        #: For every checkpointed segment, by its first step, the storages that it reads.
        self.entries: dict[int, list[int]] = {}
        #: Copies that autocast drops at the end of the forward pass.
        self.passing: list[int] = []
        #: The gradient of every parameter that has one so far.
        self.sums: dict[int, Gradient] = {}
        self.needs = needs
        self.segments = segments(tape)

    # -- forward -----------------------------------------------------------------------------------------------------

    def forward(self) -> None:
        """Runs the steps. Of a checkpointed segment only the storages that it reads are saved."""
        root, ledger = self.tape.root, self.ledger
        ledger.begin("forward")
        # The training loop's variables own the outputs and the loss of the previous step until they get the new ones.
        before = [
            ledger.new(self.tape.value_bytes[value], 1, self._maker(value))
            for value in dict.fromkeys(root[end] for end in self.ends)
        ]
        uses = self._uses(0, len(self.steps))
        for value in self.ends:
            uses[root[value]] = uses.get(root[value], 0) + 1
        at = 0
        for start, stop in self.segments:
            self._run(at, start, uses, saving=True)
            read = {root[read] for step in self.steps[start:stop] for read in step.reads}
            self.entries[start] = [self.storage[value] for value in sorted(read) if value < self.first + start]
            for storage in self.entries[start]:
                ledger.keep(storage)
            self._run(start, stop, uses, saving=False)
            at = stop
        self._run(at, self.loss_from, uses, saving=True)
        for storage in before[:-1]:
            ledger.drop(storage)
        self._run(self.loss_from, len(self.steps), uses, saving=True)
        ledger.drop(before[-1])
        self._leave_autocast()

    def _maker(self, value: int) -> str:
        """The name of the layer, or of the network's input, that makes a value."""
        if value < self.first:
            return self.tape.work.network.inputs[value].name
        return self.steps[value - self.first].node.name

    def _leave_autocast(self) -> None:
        """Drops the copies that no backward pass needs, as autocast does at its end."""
        for storage in self.passing:
            self.ledger.drop(storage)
        self.passing = []

    def _uses(self, start: int, stop: int) -> dict[int, int]:
        """How many times the steps from `start` up to `stop` read each storage, by its root value."""
        root = self.tape.root
        uses: dict[int, int] = {}
        for place in range(start, stop):
            for read in self.steps[place].reads:
                uses[root[read]] = uses.get(root[read], 0) + 1
        return uses

    def _run(self, start: int, stop: int, uses: dict[int, int], *, saving: bool, again: bool = False) -> None:
        """Runs the steps from `start` up to `stop` forward. `uses` counts the coming reads of each value.

        `again` says that they run for the second time: their segment owns the values that it reads from before it.
        """
        ledger, storage, root, first = self.ledger, self.storage, self.tape.root, self.first
        new, drop, keep, mark = ledger.new, ledger.drop, ledger.keep, ledger.mark
        own_from = first + start if again else 0
        for place in range(start, stop):
            step, value = self.steps[place], first + place
            owner = root[value]
            copies = [new(size) for size in step.copies]
            self.passing.extend([new(size) for size in step.passing])
            storage[value] = new(step.bytes, uses.get(value, 0) + 1) if owner == value else storage[owner]
            if saving and self.needs[value]:
                keeps = self._factors(step) if step.product else step.keeps
                kept = [storage[kept_value] for kept_value in keeps]
                kept.extend([*[new(size, 0) for size in step.extras], *copies])
                for needed in kept:
                    keep(needed)
                for copy in copies:
                    drop(copy)
                self.saved[place] = kept
                made = [new(size) for size in step.brief]
            else:
                self.passing.extend(copies)
                # A real run frees in the operation what nothing keeps; a dispatch mode sees it.
                lost = () if self.tape.run.in_place_joins else step.made
                made = [new(size) for size in (*lost, *step.brief)]
            if step.convolved is None:
                mark(step.node.name)
            else:
                ledger.lend(step.node.name, step.convolved, FORWARD)
            for extra in made:
                drop(extra)
            for read in step.reads:
                if root[read] >= own_from:
                    drop(storage[read])
            if owner == value:
                drop(storage[value])

    def _factors(self, step: Step) -> list[int]:
        """The factors that a product saves: those that the gradient of another factor or of a parameter needs."""
        if any(self.tape.parameters[number][1] for number, _ in step.parameters):
            return list(step.keeps)
        return [kept for kept in step.keeps if any(self.needs[read] for read in step.reads if read != kept)]

    # -- backward ----------------------------------------------------------------------------------------------------

    def backward(self) -> None:
        """Runs the steps back. A checkpointed segment first runs forward again."""
        ledger, steps, first, needs = self.ledger, self.steps, self.first, self.needs
        ledger.begin("backward")
        segment_ending = {stop - 1: (start, stop) for start, stop in self.segments}
        own = self.tape.value_bytes
        # The caller of the backward pass owns the gradients that it starts with until it ends.
        given = [ledger.new(own[value], 2, self._maker(value)) for value in self.starts]
        gradients = {value: [Gradient(storage)] for value, storage in zip(self.starts, given, strict=True)}
        for place in range(len(steps) - 1, -1, -1):
            if place in segment_ending:
                self._again(*segment_ending[place])
            arrived = gradients.pop(first + place, None)
            if arrived is not None and needs[first + place]:
                self._back(place, arrived, gradients)
            self._release(place)
            for storage in self.entries.pop(place, ()):
                ledger.release(storage)
        for storage in given:
            ledger.drop(storage)

    def _again(self, start: int, stop: int) -> None:
        """Runs a segment forward again, up to the last tensor that its backward pass needs.

        torch's non-reentrant checkpoint stops there too (`torch.utils.checkpoint.set_checkpoint_early_stop`).
        """
        while stop > start and not (self.steps[stop - 1].keeps or self.steps[stop - 1].extras):
            stop -= 1
        self._run(start, stop, self._uses(start, stop), saving=True, again=True)
        self._leave_autocast()

    def _back(self, place: int, arrived: list[Gradient], gradients: dict[int, list[Gradient]]) -> None:
        """The backward pass of one step; `arrived` are the gradients of its output."""
        step, ledger, needs = self.steps[place], self.ledger, self.needs
        own = self.tape.value_bytes
        made: list[tuple[int, Gradient]] = []
        wide: list[tuple[int, int]] = []
        late: list[int] = []
        for number, (read, rule) in enumerate(zip(step.reads, step.gradients, strict=True)):
            if not needs[read] or rule == NONE:
                continue
            if rule == PASSED or (rule == SUMMED and own[read] == step.bytes):
                made.append((read, self._passed(place, read, arrived[0])))
            elif rule == LATE:
                late.append(read)
            elif rule == REDUCED and own[read] != step.bytes:
                wide.append((number, ledger.new(step.bytes)))
            else:
                made.append((read, self._new(place, read, arrived[0])))
        if made and step.convolved is not None:
            ledger.lend(step.node.name, step.convolved, INPUT)
        raw: list[tuple[int, int]] = []
        for number, size in step.parameters:
            if self.tape.parameters[number][1]:
                raw.append((number, ledger.new(size)))
                if step.convolved is not None and number == step.parameters[0][0]:
                    ledger.lend(step.node.name, step.convolved, WEIGHTS)
        transient = [ledger.new(step.transient)] if step.transient else []
        if step.summed is not None and raw:
            transient.append(ledger.sum_over(step.summed, self.tape.run.batch))
        if step.inside and arrived[0].strides is not None:
            transient.append(ledger.new(step.bytes))
        ledger.mark(step.node.name)
        for storage in transient:
            ledger.drop(storage)
        for number, storage in wide:
            made.append((step.reads[number], Gradient(ledger.new(own[step.reads[number]]))))
            ledger.mark(step.node.name)
            ledger.drop(storage)
        if late:
            self._release(place)
            made.extend([(read, self._new(place, read, arrived[0])) for read in late])
            ledger.mark(step.node.name)
        for gradient in arrived:
            ledger.drop(gradient.storage)
        self._release(place)
        # The gradient of the bias of a matrix product arrives before that of its weights; their casts run after both.
        for number, storage in reversed(raw) if step.viewed and not self.tape.run.autocast else raw:
            self._collect(step, number, storage)
        for read, gradient in made:
            self._join(step, read, gradient, gradients)

    def _release(self, place: int) -> None:
        """Lets go of what a step kept."""
        for storage in self.saved[place]:
            self.ledger.release(storage)
        self.saved[place] = []

    def _new(self, place: int, read: int, arrived: Gradient) -> Gradient:
        """A gradient with memory of its own."""
        step, tape = self.steps[place], self.tape
        storage = self.ledger.new(tape.value_bytes[read])
        if step.backward == BY_ORDER:
            return Gradient(storage)
        value = self.first + place
        return Gradient(storage, tape.lying.gradient(step.lies, step.backward, value, read, arrived.strides))

    def _passed(self, place: int, read: int, arrived: Gradient) -> Gradient:
        """The gradient of a step's output, or a view of it, as the gradient of its read."""
        step, tape, ledger = self.steps[place], self.tape, self.ledger
        storage, strides, viewed = arrived.storage, arrived.strides, arrived.viewed
        if step.view is not None and step.view.reshapes:
            strides, copied = tape.lying.restored(step.view, self.first + place, read, strides)
            if copied:
                return Gradient(ledger.new(tape.value_bytes[read]))
            viewed = True
        elif step.view is not None and step.view.turned is not None:
            strides, viewed = tape.lying.turned_back(self.first + place, step.view.turned, strides), True
        elif tape.value_bytes[read] != step.bytes:  # a part of the gradient
            strides, viewed = tape.lying.part(self.first + place, strides), True
        ledger.owners[storage] += 1
        return Gradient(storage, strides, viewed)

    def _collect(self, step: Step, number: int, storage: int) -> None:
        """The gradient of a parameter: taken as it is, cast to the parameter's format, or added to an earlier one.

        The gradients of a parameter that several steps use are added up before its own is set: in place, or, where the
        first is a view, as a third tensor.
        """
        ledger, size = self.ledger, self.tape.parameters[number][0]
        if ledger.sizes[storage] != size:
            whole = ledger.new(size)
            ledger.mark(step.node.name)
            ledger.drop(storage)
            storage = whole
        earlier = self.sums.get(number)
        if self.tape.run.accumulate == 1 and earlier is None:
            self.sums[number] = Gradient(storage, viewed=step.viewed)
            ledger.collect(storage)
            return
        if earlier is not None and (earlier.viewed or not self.tape.run.in_place_joins):
            whole = ledger.new(size)
            self.sums[number] = Gradient(whole)
            ledger.mark(step.node.name)
            ledger.collect(whole, earlier.storage)
        ledger.drop(storage)

    def _join(self, step: Step, read: int, new: Gradient, gradients: dict[int, list[Gradient]]) -> None:
        """A gradient arrives at a value: the first is kept, a second is added to it."""
        ledger = self.ledger
        earlier = gradients.get(read)
        if earlier is None:
            gradients[read] = [new]
        elif read >= self.first and self.steps[read - self.first].collects:
            earlier.append(new)
        else:
            old, size = earlier[0], self.tape.value_bytes[read]
            if self.tape.run.in_place_joins and not old.viewed and ledger.owners[old.storage] == 1:
                ledger.drop(new.storage)
                return
            earlier[0] = Gradient(ledger.new(size), self.tape.lying.sum(read, old.strides, new.strides))
            ledger.mark(step.node.name)
            ledger.drop(old.storage)
            ledger.drop(new.storage)

    # -- the optimizer's step ----------------------------------------------------------------------------------------

    def step(self, made: Sequence[int], makers: Sequence[str] = ()) -> None:
        """The optimizer's step, which makes tensors of these sizes, for the parameters of the layers `makers`.

        It belongs to no layer; the peak of the step names the layer with the most parameters.
        """
        ledger, work = self.ledger, self.tape.work
        ledger.begin("step")
        sizes: dict[str, int] = {}
        for (size, trained), (_, _, layer) in zip(self.tape.parameters, work.parameters, strict=True):
            sizes[layer] = sizes.get(layer, 0) + size * trained
        storages = [ledger.new(size, 1, layer) for size, layer in zip_longest(made, makers)]
        ledger.mark(max(sizes, key=lambda layer: sizes[layer], default=work.nodes[-1][0].name))
        for storage in storages:
            ledger.drop(storage)
