"""Memory of a torch module, measured: every storage from its allocation to its release.

`train` and `infer` run a module on fake tensors (shapes alone, nothing computed) under a dispatch mode that sees each
operation. A storage counts from the operation that makes it until nothing holds it; views of it count nothing. Under
a dispatch mode torch adds gradients that meet at a branch out of place, so peaks of networks with branches read up to
0.4 % above a real run: `train_real` and `infer_real` read every allocation of a real run on the CPU from torch's
profiler instead.

The second of two training steps is measured: the optimizer's state exists, gradients are set to none before it,
logits and loss stay referenced until those of the next pass replace them. The loss is the mean cross-entropy of int64 targets, the sum of them where
a network has several outputs.

Sources: torch.distributed._tools.mem_tracker, which counts in the same way; torch.profiler (`profile_memory`).
"""

# Longer than most modules: the fake run and the real run are read side by side.

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import torch
from torch import Tensor, fx, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn import functional
from torch.profiler import ProfilerActivity, profile, record_function
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

#: An input of one sample: its shape where its elements are floating, otherwise a tensor (on the meta device) like it.
Sample = tuple[int, ...] | Tensor

#: What a row calls each phase.
PHASES = {"forward": "fwd", "backward": "bwd", "step": "opt"}

Row = dict[str, Any]


class Event(NamedTuple):
    """An operation: the bytes of the storages that it made, and what is alive after it."""

    phase: str
    operation: str
    bytes: int
    live: int


class Tracker(TorchDispatchMode):
    """Counts the live bytes of every storage that an operation puts out, or that `watch` was told of.

    `log`, where given, gets an `Event` for every operation.
    """

    def __init__(self, log: list[Event] | None = None) -> None:
        super().__init__()
        self.live = 0
        self.phase = ""
        self.peaks: dict[str, tuple[int, str]] = {}
        self.log = log
        self._known: dict[int, weakref.ref[Any]] = {}

    def watch(self, tensors: Iterable[Any]) -> int:
        """Counts the storages of these tensors that are not counted yet; returns their bytes."""
        return sum(self._count(tensor.untyped_storage()) for tensor in tensors if isinstance(tensor, Tensor))

    def _count(self, storage: torch.UntypedStorage) -> int:
        key, size = id(storage), storage.nbytes()
        if key in self._known:
            return 0

        def released(_: object) -> None:
            del self._known[key]
            self.live -= size

        self._known[key] = weakref.ref(storage, released)
        self.live += size
        return size

    def enter(self, phase: str) -> None:
        """Starts the peak of a phase, or goes on with it, from what is alive now."""
        self.phase = phase
        self._raise_peak("start")

    def _raise_peak(self, operation: str) -> None:
        if self.live > self.peaks.get(self.phase, (-1, ""))[0]:
            self.peaks[self.phase] = self.live, operation

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func is torch.ops.aten._local_scalar_dense.default:
            return 2.0  # Adam asks for its count of steps, and a fake tensor has no value
        result = func(*args, **(kwargs or {}))
        made = self.watch(tree_leaves(result))
        self._raise_peak(str(func))
        if self.log is not None:
            self.log.append(Event(self.phase, str(func), made, self.live))
        return result


def size_of(tensors: Iterable[Tensor | None]) -> int:
    """The bytes of the storages behind these tensors, each once."""
    storages = (tensor.untyped_storage() for tensor in tensors if tensor is not None)
    return sum({storage._cdata: storage.nbytes() for storage in storages}.values())


def fake(module: nn.Module, dtype: torch.dtype | None = None) -> nn.Module:
    """Replaces the module's parameters and buffers by empty ones (fake, under `FakeTensorMode`), and returns it.

    `dtype` is for those of a floating type. A tensor that stands in two places stays one.
    """
    made: dict[int, Tensor] = {}

    def empty(old: Tensor) -> Tensor:
        if id(old) not in made:
            kind = dtype if dtype is not None and old.dtype.is_floating_point else old.dtype
            new = torch.empty_strided(old.shape, old.stride(), dtype=kind, device="cpu")
            made[id(old)] = nn.Parameter(new, requires_grad=old.requires_grad) if isinstance(old, nn.Parameter) else new
        return made[id(old)]

    for part in module.modules():
        for name, parameter in list(part._parameters.items()):
            if parameter is not None:
                setattr(part, name, empty(parameter))  # a recurrent layer keeps a list of them, which follows
        for name, buffer in list(part._buffers.items()):
            if buffer is not None:
                part._buffers[name] = empty(buffer)
    return module


def batch_of(samples: Sequence[Sample], batch: int, dtype: torch.dtype | None) -> list[Tensor]:
    """Zeros: `batch` samples for each input."""
    made = []
    for sample in samples:
        shape, kind = (sample, dtype) if isinstance(sample, tuple) else (tuple(sample.shape), sample.dtype)
        made.append(torch.zeros(batch, *shape, dtype=kind if kind is None or kind is not torch.float32 else dtype))
    return made


def targets_of(outputs: Sequence[Tensor], classes: Sequence[int]) -> list[Tensor]:
    """An int64 target for each output, which is its shape without the axis of the classes."""
    shapes = (
        [n for axis, n in enumerate(o.shape) if axis != c % o.dim()] for o, c in zip(outputs, classes, strict=True)
    )
    return [torch.zeros(shape, dtype=torch.int64) for shape in shapes]


def loss_of(outputs: Sequence[Tensor], targets: Sequence[Tensor], classes: Sequence[int]) -> Tensor:
    """The mean cross-entropy; of tokens N x L x K, the mean over N·L of them."""
    total: Tensor | None = None
    for output, target, axis in zip(outputs, targets, classes, strict=True):
        if output.dim() > 2 and axis % output.dim() == output.dim() - 1:
            output, target = output.flatten(0, -2), target.flatten()
        loss = functional.cross_entropy(output, target)
        total = loss if total is None else total + loss
    assert total is not None
    return total


class Lion(torch.optim.Optimizer):
    """Chen et al. 2023, "Symbolic discovery of optimization algorithms", algorithm 2; torch has none.

    It makes what lucidrains/lion-pytorch makes: a tensor for each parameter, at once or two of each in its turn.
    """

    def __init__(self, params: Iterable[Tensor], lr: float, weight_decay: float = 0.0, *, foreach: bool = True) -> None:
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, "foreach": foreach})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            found = [p for p in group["params"] if p.grad is not None]
            for p in found:
                if not self.state[p]:
                    self.state[p]["momentum"] = torch.zeros_like(p)
            momenta = [self.state[p]["momentum"] for p in found]
            grads = [p.grad for p in found]
            if group["foreach"]:
                self._all(found, grads, momenta, group["lr"], group["weight_decay"])
                continue
            for triple in zip(found, grads, momenta, strict=True):
                self._one(*triple, group["lr"], group["weight_decay"])

    @staticmethod
    def _all(params: list[Tensor], grads: list[Tensor], momenta: list[Tensor], rate: float, decay: float) -> None:
        torch._foreach_mul_(params, 1 - rate * decay)
        directions = torch._foreach_mul(momenta, 0.9)
        torch._foreach_add_(directions, grads, alpha=0.1)
        torch._foreach_sign_(directions)
        torch._foreach_add_(params, directions, alpha=-rate)
        torch._foreach_lerp_(momenta, grads, 0.01)

    @staticmethod
    def _one(p: Tensor, grad: Tensor, momentum: Tensor, rate: float, decay: float) -> None:
        p.mul_(1 - rate * decay)
        direction = torch.add(momentum * 0.9, grad, alpha=0.1).sign_()
        p.add_(direction, alpha=-rate)
        momentum.lerp_(grad, 0.01)


def _sgd(params: list[nn.Parameter], **options: Any) -> torch.optim.Optimizer:
    return torch.optim.SGD(params, lr=1e-3, **options)


#: Optimizers by name; each takes `weight_decay` and torch's switches.
OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "sgd": _sgd,
    "sgdm": lambda params, **options: _sgd(params, momentum=0.9, **options),
    "nesterov": lambda params, **options: _sgd(params, momentum=0.9, nesterov=True, **options),
    "adam": lambda params, **options: torch.optim.Adam(params, lr=1e-4, **options),
    "adamw": lambda params, **options: torch.optim.AdamW(params, lr=1e-4, **options),
    "rmsprop": lambda params, **options: torch.optim.RMSprop(params, lr=1e-4, **options),
    "adagrad": lambda params, **options: torch.optim.Adagrad(params, lr=1e-4, **options),
    "adafactor": lambda params, **options: torch.optim.Adafactor(params, lr=1e-4, **options),
    "lion": lambda params, **options: Lion(params, lr=1e-4, **options),
}

#: How a step goes through the parameters, in torch's switches.
STEPS: dict[str, dict[str, bool]] = {"foreach": {"foreach": True}, "loop": {"foreach": False}, "fused": {"fused": True}}


def optimizer_of(module: nn.Module, name: str, weight_decay: float, step: str) -> torch.optim.Optimizer:
    """The optimizer over the trained parameters; raises TypeError where it has no such step."""
    trained = [parameter for parameter in module.parameters() if parameter.requires_grad]
    return OPTIMIZERS[name](trained, weight_decay=weight_decay, **STEPS[step])


def state_of(optimizer: torch.optim.Optimizer) -> Iterator[Tensor]:
    """The tensors that an optimizer keeps, its counts of steps with them."""
    for kept in optimizer.state.values():
        yield from (value for value in kept.values() if isinstance(value, Tensor))


def as_list(result: Any) -> list[Tensor]:
    """The outputs of a module."""
    return (
        [result] if isinstance(result, Tensor) else [leaf for leaf in tree_leaves(result) if isinstance(leaf, Tensor)]
    )


def _casting(autocast: torch.dtype | None) -> AbstractContextManager[Any]:
    return nullcontext() if autocast is None else torch.autocast("cpu", dtype=autocast)


def train(
    module: nn.Module,
    inputs: Sequence[Sample],
    *,
    batch: int,
    optimizer: str = "sgd",
    weight_decay: float = 0.0,
    step: str = "foreach",
    autocast: torch.dtype | None = None,
    dtype: torch.dtype | None = None,
    accumulate: int = 1,
    classes: int | Sequence[int] = 1,
    log: list[Event] | None = None,
) -> Row:
    """A row of memory.json's `training_op_level`: bytes of a training step, nothing computed.

    `classes` is the axis of the classes, of each output where there are several. With `accumulate` above 1 a step is
    so many forward and backward passes of `batch` samples each, gradients kept between them; what is alive at the end
    of forward is that of the last. The module is emptied: its parameters and buffers become fake.
    """
    with FakeTensorMode(), Tracker(log) as tracker:
        fake(module, dtype).train()
        entering = batch_of(inputs, batch, dtype)
        rule = optimizer_of(module, optimizer, weight_decay, step)
        tracker.watch([*module.parameters(), *module.buffers(), *entering])
        targets: list[Tensor] = []
        row: Row = {}
        for _ in range(2):
            tracker.peaks.clear()
            if log is not None:
                log.clear()
            for _ in range(accumulate):
                tracker.enter("forward")
                with _casting(autocast):
                    outputs = as_list(module(*entering))
                    axes = [classes] * len(outputs) if isinstance(classes, int) else classes
                    targets = targets or targets_of(outputs, axes)
                    loss = loss_of(outputs, targets, axes)
                forward = tracker.live
                kept = size_of(parameter.grad for parameter in module.parameters())
                tracker.enter("backward")
                loss.backward()
            backward = tracker.live
            tracker.enter("step")
            rule.step()
            row = _row(tracker.peaks, module, [*entering, *targets], rule, forward, backward, kept)
            rule.zero_grad(set_to_none=True)
    return row


def _row(
    peaks: dict[str, tuple[int, str]],
    module: nn.Module,
    entering: list[Tensor],
    rule: torch.optim.Optimizer,
    forward: int,
    backward: int,
    kept: int,
) -> Row:
    """What was found; `kept` are the gradients at the end of forward."""
    static = size_of(module.parameters()) + size_of(module.buffers()) + size_of(entering)
    state = size_of(state_of(rule))
    highest = max(PHASES, key=lambda phase: peaks[phase][0])
    return {
        "params_bytes": size_of(module.parameters()),
        "buffers_bytes": size_of(module.buffers()),
        "input_bytes": size_of(entering),
        "grad_bytes": size_of(parameter.grad for parameter in module.parameters()),
        "optimizer_bytes": state,
        "saved_activation_bytes": forward - static - state - kept,
        "end_of_forward_bytes": forward,
        "end_of_backward_bytes": backward,
        **{f"peak_{phase}": peaks[phase][0] for phase in PHASES},
        "peak_train_bytes": peaks[highest][0],
        "peak_at": [PHASES[highest], peaks[highest][1]],
    }


def infer(
    module: nn.Module,
    inputs: Sequence[Sample],
    *,
    batch: int,
    autocast: torch.dtype | None = None,
    dtype: torch.dtype | None = None,
    log: list[Event] | None = None,
) -> Row:
    """A row of memory.json's `inference_op_level`: bytes of one pass in eval mode, nothing computed."""
    with FakeTensorMode(), Tracker(log) as tracker, torch.no_grad():
        fake(module, dtype).eval()
        entering = batch_of(inputs, batch, dtype)
        tracker.watch([*module.parameters(), *module.buffers(), *entering])
        tracker.peaks.clear()
        if log is not None:
            log.clear()
        tracker.enter("forward")
        with _casting(autocast):
            result = module(*entering)
        row = {
            "weights_bytes": size_of([*module.parameters(), *module.buffers()]),
            "input_bytes": size_of(entering),
            "peak_bytes": tracker.peaks["forward"][0],
            "peak_op": tracker.peaks["forward"][1],
        }
        del result
    return row


class Graph(nn.Module):
    """A module run as its fx graph: each value is freed after its last reader."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.traced = fx.symbolic_trace(module)

    def forward(self, *inputs: Tensor) -> Any:
        return fx.Interpreter(self.traced).run(*inputs)


class Kept(NamedTuple):
    """A storage that a backward pass needs: `input 0`, `output 0`, a parameter's name, or `extra`."""

    what: str
    shape: tuple[int, ...]
    dtype: str
    bytes: int


def saved(operation: Callable[..., Any], inputs: Sequence[Tensor]) -> list[Kept]:
    """What autograd saves of a call, each storage once, on real tensors.

    Floating inputs require gradients and are no leaves, so that an operation may overwrite them.
    """
    entering = [x.detach().requires_grad_().clone() if x.is_floating_point() else x for x in inputs]
    names = {x.untyped_storage()._cdata: f"input {place}" for place, x in enumerate(entering)}
    if isinstance(operation, nn.Module):
        for name, tensor in (*operation.named_parameters(), *operation.named_buffers()):
            names[tensor.untyped_storage()._cdata] = name
    found: list[Tensor] = []

    def pack(tensor: Tensor) -> Tensor:
        found.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        result = operation(*entering)
    for place, output in enumerate(as_list(result)):
        names.setdefault(output.untyped_storage()._cdata, f"output {place}")
    kept: dict[int, Kept] = {}
    for tensor in found:
        storage = tensor.untyped_storage()
        what = names.get(storage._cdata, "extra")
        kept.setdefault(storage._cdata, Kept(what, tuple(tensor.shape), str(tensor.dtype)[6:], storage.nbytes()))
    return list(kept.values())


class Allocation(NamedTuple):
    """An allocation (or a release, its bytes negative) of a real run.

    `scope` numbers the top operation of torch that it happened in, `operation` names it.
    """

    time: int
    pointer: int
    bytes: int
    phase: str
    scope: int
    operation: str


def _allocations(profiler: Any) -> list[Allocation]:
    """Every allocation and release that a profiler saw inside the phases, in order."""
    found: list[Allocation] = []
    scopes = 0
    roots = profiler.profiler.kineto_results.experimental_event_tree()
    waiting = [(event, "", 0, "") for event in reversed(roots)]
    while waiting:
        event, phase, scope, operation = waiting.pop()
        if event.tag == torch._C._profiler._EventType.Allocation:
            field = event.typed[1]
            found.append(Allocation(event.start_time_ns, field.ptr, field.alloc_size, phase, scope, operation))
        elif event.name in PHASES:
            phase = event.name
        elif not scope and event.name.startswith("aten::"):
            scopes += 1
            scope, operation = scopes, event.name
        waiting.extend((child, phase, scope, operation) for child in reversed(event.children))
    return sorted((a for a in found if a.phase), key=lambda a: a.time)


def _without_scratch(allocations: list[Allocation]) -> list[Allocation]:
    """Without what is allocated and released inside one operation: a kernel's workspace."""
    opened: dict[int, int] = {}
    dropped: set[int] = set()
    for place, allocation in enumerate(allocations):
        if allocation.bytes > 0:
            opened[allocation.pointer] = place
            continue
        start = opened.pop(allocation.pointer, None)
        if start is not None and allocation.scope and allocations[start].scope == allocation.scope:
            dropped |= {start, place}
    return [allocation for place, allocation in enumerate(allocations) if place not in dropped]


def _real_peaks(allocations: list[Allocation], start: int) -> dict[str, tuple[int, str, int]]:
    """The peak of each phase, where it was, and what was alive at its end; `start` bytes are alive before."""
    result: dict[str, tuple[int, str, int]] = {}
    live = start
    for allocation in allocations:
        peak, where, _ = result.get(allocation.phase, (live, "start", live))
        live += allocation.bytes
        if live > peak:
            peak, where = live, allocation.operation
        result[allocation.phase] = peak, where, live
    for before, phase in zip((None, *PHASES), PHASES, strict=False):
        if phase not in result and before is not None and before in result:
            result[phase] = result[before][2], "start", result[before][2]
    return result


def train_real(
    module: nn.Module,
    inputs: Sequence[Sample],
    *,
    batch: int,
    optimizer: str = "sgd",
    weight_decay: float = 0.0,
    step: str = "loop",
    autocast: torch.dtype | None = None,
    classes: int | Sequence[int] = 1,
) -> Row:
    """As `train`, of a real run on the CPU: every allocation of the second step, read from torch's profiler.

    `scratch` in the row holds the peaks with the workspaces of kernels (oneDNN's reordered copies); the peaks of the
    row itself are without what one operation allocates and releases again.
    """
    module.train()
    entering = batch_of(inputs, batch, None)
    rule = optimizer_of(module, optimizer, weight_decay, step)
    targets: list[Tensor] = []

    def forward() -> list[Tensor]:
        with _casting(autocast):
            return as_list(module(*entering))

    def lost(outputs: list[Tensor]) -> Tensor:
        axes = [classes] * len(outputs) if isinstance(classes, int) else classes
        targets.extend(() if targets else targets_of(outputs, axes))
        with _casting(autocast):
            return loss_of(outputs, targets, axes)

    gc.collect()
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        # The profiler reports the release of a tensor only if it saw its allocation: so the first step runs inside too.
        outputs = forward()
        loss = lost(outputs)
        loss.backward()
        rule.step()
        rule.zero_grad(set_to_none=True)
        state = list(state_of(rule))
        start = size_of([*module.parameters(), *module.buffers(), *entering, *targets, *state, *outputs, loss])
        with record_function("forward"):
            outputs = forward()  # the outputs and the loss of the step before are alive until they are replaced
            loss = lost(outputs)
        with record_function("backward"):
            loss.backward()
        with record_function("step"):
            rule.step()
    allocations = _allocations(profiler)
    whole = _real_peaks(allocations, start)
    found = _real_peaks(_without_scratch(allocations), start)
    peaks = {phase: found[phase][:2] for phase in PHASES}
    row = _row(peaks, module, [*entering, *targets], rule, found["forward"][2], found["backward"][2], 0)
    row["scratch"] = {f"peak_{phase}": whole[phase][0] for phase in PHASES}
    rule.zero_grad(set_to_none=True)
    return row


def infer_real(module: nn.Module, inputs: Sequence[Sample], *, batch: int, autocast: torch.dtype | None = None) -> Row:
    """As `infer`, of a real run on the CPU; `scratch_peak_bytes` holds the peak with the workspaces of kernels."""
    module.eval()
    entering = batch_of(inputs, batch, None)
    with torch.no_grad(), _casting(autocast):
        module(*entering)
        gc.collect()
        with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
            with record_function("forward"):
                result = module(*entering)
            del result
    weights = size_of([*module.parameters(), *module.buffers()])
    allocations = _allocations(profiler)
    start = weights + size_of(entering)
    peak, where, _ = _real_peaks(_without_scratch(allocations), start)["forward"]
    return {
        "weights_bytes": weights,
        "input_bytes": size_of(entering),
        "peak_bytes": peak,
        "peak_op": where,
        "scratch_peak_bytes": _real_peaks(allocations, start)["forward"][0],
    }
