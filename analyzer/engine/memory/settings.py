"""What a memory analysis is asked: the run, its optimizer, and what is done to save memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

#: The formats that networks are trained in; in the others they are only run.
TRAINED = ("float64", "float32", "tf32", "float16", "bfloat16")


class Run:
    """One run of a network.

    batch         samples of one forward pass
    dtype         number format of parameters and activations, a key of `analyzer.dtypes.BITS`
    autocast      the 16-bit format of mixed precision, or None
    optimizer     a key of `analyzer.engine.memory.optimizers.OPTIMIZERS`
    weight_decay  its weight decay: 0 costs nothing
    step          `foreach`, `loop` or `fused`
    loss          `cross_entropy` (mean, int64 targets), `mse` or `none`
    accumulate    forward passes for one step of the optimizer
    ema           whether a running mean of the parameters is kept
    checkpoint    None, `blocks`, `sqrt`, or names of layers and blocks whose activations are worked out again
    device        None for the CPU, otherwise a CUDA card, where masks are bytes and some operations stay in 32 bits
    in_place_joins  whether a second gradient is added into the first where that has no other owner, as a real run does;
                  a dispatch mode (FakeTensorMode, MemTracker) always makes a third
    """

    __slots__ = (
        "accumulate", "autocast", "batch", "checkpoint", "device", "dtype", "ema", "in_place_joins", "loss", "optimizer",
        "step", "weight_decay",
    )  # fmt: skip

    def __init__(
        self,
        *,
        batch: int = 1,
        dtype: str = "float32",
        autocast: str | None = None,
        optimizer: str = "momentum",
        weight_decay: float = 0,
        step: str = "foreach",
        loss: str = "cross_entropy",
        accumulate: int = 1,
        ema: bool = False,
        checkpoint: str | Sequence[str] | None = None,
        device: str | None = None,
        in_place_joins: bool = True,
    ) -> None:
        self.batch = batch
        self.dtype = dtype
        self.autocast = autocast
        self.optimizer = optimizer
        self.weight_decay = weight_decay
        self.step = step
        self.loss = loss
        self.accumulate = accumulate
        self.ema = ema
        self.checkpoint = checkpoint
        self.device = device
        self.in_place_joins = in_place_joins

    @classmethod
    def of(cls, written: Mapping[str, object], **given: object) -> Run:
        """The run of settings that are given (None: not), then those that a file writes, then the usual."""
        asked = {name: value for name, value in given.items() if value is not None}
        return cls(**{**written, **asked})  # type: ignore[arg-type]

    def but(self, **changes: object) -> Run:
        """The same run with these settings changed."""
        return Run(**{**{name: getattr(self, name) for name in Run.__slots__}, **changes})
