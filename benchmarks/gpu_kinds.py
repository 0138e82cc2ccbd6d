"""What is measured on a GPU, a function for each kind of row; `gpu_measure.py` asks for the rows and keeps them.

All counters are those of torch's caching allocator, in bytes. Without a device (a dry run) tensors have shapes and nothing
is calculated, and each counter is 0.
"""

from __future__ import annotations

import gc
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / "engine" / "memory"), str(ROOT / "tests" / "peers")]

from gpu_rows import DECAYS, MODES  # noqa: E402
from memory_torch import optimizer_of, size_of, state_of  # noqa: E402
from with_torchvision import torchvision  # noqa: E402

GIB = 2**30

#: Steps of training and passes of inference; the last has the figures of its phases, peaks are those of all steps.
STEPS, PASSES = 3, 2
#: The largest batch that is tried.
LARGEST = 8192

#: What torch, cuBLAS and cuDNN say where they find no room.
NO_ROOM = ("out of memory", "ALLOC_FAILED", "unable to find an engine", "Unable to find a valid cuDNN algorithm")

Row = dict[str, Any]


class Memory:
    """The counters of the device, in bytes; all are 0 in a dry run."""

    def __init__(self, *, dry: bool) -> None:
        self.dry = dry
        self.device = "meta" if dry else "cuda"

    def _stats(self) -> Mapping[str, int]:
        if self.dry:
            return Counter()
        torch.cuda.synchronize()
        return torch.cuda.memory_stats()

    def alive(self, what: str = "allocated") -> int:
        """What is alive now."""
        return self._stats()[f"{what}_bytes.all.current"]

    def peaks(self) -> dict[str, int]:
        """The peaks since `restart`."""
        found = self._stats()
        return {what: found[f"{what}_bytes.all.peak"] for what in ("requested", "allocated", "reserved")}

    def restart(self) -> None:
        """Peaks begin at what is alive now."""
        if not self.dry:
            torch.cuda.synchronize()
            torch.cuda.reset_peak_memory_stats()

    def clear(self) -> None:
        """Gives back what nothing refers to."""
        gc.collect()
        if not self.dry:
            torch.cuda.synchronize()
            torch.cuda.empty_cache()
            self.restart()

    def used(self) -> int:
        """What the whole device has in use."""
        if self.dry:
            return 0
        torch.cuda.synchronize()
        free, total = torch.cuda.mem_get_info()
        return total - free

    def limit(self, size: float) -> None:
        """The allocator takes at most so much from the device; an infinite size takes the limit away."""
        if not self.dry:
            torch.cuda.set_per_process_memory_fraction(min(1.0, size / torch.cuda.mem_get_info()[1]))

    def env(self) -> Row:
        """The device and the versions."""
        if self.dry:
            return {"torch": torch.__version__, "device": "none, a dry run"}
        card = torch.cuda.get_device_properties(0)
        return {
            "torch": torch.__version__,
            "cuda": torch.version.cuda,
            "cudnn": torch.backends.cudnn.version(),  # type: ignore[no-untyped-call]
            "device": card.name,
            "total": card.total_memory,
            "cc": [card.major, card.minor],
        }

    def casting(self, mode: str) -> AbstractContextManager[Any]:
        """Autocast as a mode has it."""
        dtype = MODES[mode].get("autocast")
        # The device `meta` has no lists of its own.
        device = "cpu" if self.dry else self.device
        return torch.autocast(device, dtype=getattr(torch, dtype or "bfloat16"), enabled=dtype is not None)

    def placed(self, module: nn.Module, *shape: int, mode: str) -> tuple[nn.Module, Tensor]:
        """A module and its random input on the device, in the layout and the number format of a mode."""
        how = MODES[mode]
        torch.backends.cudnn.allow_tf32 = how.get("tf32", True)
        layout = torch.channels_last if "layout" in how else torch.contiguous_format
        dtype = getattr(torch, how.get("dtype", "float32"))
        module.to(device=self.device, dtype=dtype, memory_format=layout)  # type: ignore[call-overload]
        return module, torch.randn(shape, device=self.device, dtype=dtype).contiguous(memory_format=layout)


# -- networks -----------------------------------------------------------------------------------------------------------


def double(depth: int, filters: int) -> nn.Sequential:
    """Two convolutions, each with a norm and a ReLU."""
    layers: list[nn.Module] = []
    for read in (depth, filters):
        layers += [nn.Conv2d(read, filters, 3, padding=1, bias=False), nn.BatchNorm2d(filters), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """Ronneberger et al. 2015, padded and with batch norms; its forward keeps what it joins in a list."""

    def __init__(self, depths: tuple[int, ...] = (64, 128, 256, 512, 1024)) -> None:
        super().__init__()
        self.down = nn.ModuleList(double(*pair) for pair in zip((3, *depths), depths, strict=False))
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * depth, depth, 2, 2) for depth in depths[-2::-1])
        self.after = nn.ModuleList(double(2 * depth, depth) for depth in depths[-2::-1])
        self.head = nn.Conv2d(depths[0], 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        skips = [self.down[0](x)]
        for block in self.down[1:]:
            skips.append(block(functional.max_pool2d(skips[-1], 2)))
        y = skips[-1]
        for up, block, skip in zip(self.up, self.after, skips[-2::-1], strict=True):
            y = block(torch.cat([skip, up(y)], 1))
        result: Tensor = self.head(y)
        return result


def check(name: str) -> None:
    """Raises ValueError where there is no such network, and ImportError where torchvision is needed and missing."""
    if name != "unet" and name not in (known := torchvision().models.list_models(torchvision().models)):
        near = get_close_matches(name, ["unet", *known], 1)
        raise ValueError(f"torchvision has no network `{name}`" + (f"; do you mean `{near[0]}`?" if near else ""))


def network(name: str) -> tuple[nn.Module, int]:
    """A network without trained weights, and the side of its images."""
    if name == "unet":
        return UNet(), 224
    more: Row = {"aux_logits": False, "init_weights": False} if name in ("googlenet", "inception_v3") else {}
    return torchvision().models.get_model(name, weights=None, **more), 299 if name == "inception_v3" else 224


# -- the kinds ----------------------------------------------------------------------------------------------------------


def train(memory: Memory, asked: Row, steps: int = STEPS) -> Row:
    """Steps of a training."""
    memory.clear()
    base = memory.alive()
    with torch.device("meta" if memory.dry else "cpu"):
        module, side = network(asked["model"])
    module, x = memory.placed(module.train(), asked["batch"], 3, side, side, mode=asked["mode"])
    spatial = (side, side) if asked["model"] == "unet" else ()
    y = torch.zeros((asked["batch"], *spatial), dtype=torch.int64, device=memory.device)
    optimizer = optimizer_of(module, asked["optimizer"], DECAYS.get(asked["optimizer"], 0), "foreach")
    scales = MODES[asked["mode"]].get("autocast") == "float16" and not memory.dry
    scaler = torch.amp.GradScaler("cuda", enabled=scales)
    phases: dict[str, int] = {}
    highest: Counter[str] = Counter()

    def end(phase: str) -> None:
        found = memory.peaks()
        phases[phase] = found["allocated"]
        for what, size in found.items():
            highest[what] = max(highest[what], size)
        memory.restart()

    memory.restart()
    for _ in range(steps):
        before = memory.alive()
        with memory.casting(asked["mode"]):
            out = module(x)
            loss = functional.cross_entropy(out, y)
        end("forward")
        saved = memory.alive() - before
        scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        end("backward")
        scaler.step(optimizer)
        scaler.update()
        end("step")
        optimizer.zero_grad(set_to_none=True)
        del out, loss
    return {
        "size": side,
        "params": size_of(module.parameters()),
        "buffers": size_of(module.buffers()),
        "base_allocated": base,
        "saved": saved,
        "optimizer_bytes": size_of(one for one in state_of(optimizer) if one.numel() > 1),
        "phase_peaks": phases,
        **{f"peak_{what}": highest[what] for what in ("requested", "allocated", "reserved")},
    }


def infer(memory: Memory, asked: Row) -> Row:
    """Passes in eval mode; the last is measured."""
    memory.clear()
    with torch.device("meta" if memory.dry else "cpu"):
        module, side = network(asked["model"])
    module, x = memory.placed(module.eval(), asked["batch"], 3, side, side, mode=asked["mode"])
    for _ in range(PASSES):
        memory.restart()
        before = memory.alive()
        with torch.no_grad(), memory.casting(asked["mode"]):
            module(x)
    return {
        "size": side,
        "weights": size_of([*module.parameters(), *module.buffers()]),
        "before": before,
        **{f"peak_{what}": size for what, size in memory.peaks().items()},
    }


def largest(fits: Callable[[int], bool], most: int = LARGEST) -> tuple[int, int]:
    """The largest batch that fits and the first that does not, to 1 in 64: doubled from 8 on, then halved between."""
    low, high = 0, 8
    while high <= most and fits(high):
        low, high = high, 2 * high
    while high - low > max(1, low // 64):
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low, high


def maxbatch(memory: Memory, asked: Row) -> Row:
    """The largest batch that trains two steps under a cap."""
    memory.limit(asked["cap_gib"] * GIB)
    try:
        found, failed = largest(
            lambda batch: in_room(lambda: train(memory, {**asked, "batch": batch}, 2)) is not None,
            8 if memory.dry else LARGEST,  # without a device all fits
        )
    finally:
        memory.limit(float("inf"))
    return {"max_batch": found, "first_fail": failed}


def context(memory: Memory, asked: Row) -> Row:
    """What the process takes beside the allocator when cuBLAS and cuDNN have run; measured before all else."""
    a = torch.zeros(256, 256, device=memory.device)
    bank, x = memory.placed(nn.Conv2d(8, 8, 3, padding=1), 2, 8, 32, 32, mode="fp32")
    (bank(x).sum() + (a @ a).sum()).backward()
    return {"context_bytes": memory.used() - memory.alive("reserved")}


KINDS: dict[str, Callable[[Memory, Row], Row]] = {
    "context": context,
    "train": train,
    "infer": infer,
    "maxbatch": maxbatch,
}


def operation(memory: Memory, row: list[Any]) -> list[int]:
    """What a convolution takes beside its output forward and beside the gradients backward, in its second run."""
    op, mode, batch, depth, filters, sizes, kernel, stride, padding, dilation, groups = row
    kind = getattr(nn, "".join(map(str.capitalize, op.split("_"))))
    how = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    memory.clear()
    module, x = memory.placed(kind(depth, filters, kernel, **how), batch, depth, *sizes, mode=mode)
    x.requires_grad_()
    for _ in range(2):
        x.grad = None
        module.zero_grad(set_to_none=True)
        memory.restart()
        before = memory.alive("requested")
        with memory.casting(mode):
            out = module(x)
        forward = memory.peaks()["requested"] - before - out.nbytes
        gradient = torch.ones_like(out)
        memory.restart()
        before = memory.alive("requested")
        out.backward(gradient)
        made = size_of([x.grad, *(one.grad for one in module.parameters())])
        backward = memory.peaks()["requested"] - before - made
        del out, gradient
    return [0, 0] if memory.dry else [forward, backward]


def in_room(measure: Callable[[], Any]) -> Any:
    """What was measured, or None where there was no room for it."""
    try:
        return measure()
    except RuntimeError as error:
        if not any(sign in str(error) for sign in NO_ROOM):
            raise
        return None
