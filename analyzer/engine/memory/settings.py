"""The settings of a memory analysis: the run, its optimizer, and ways to save memory.

Model files, the command and the API share every rule about a setting: the constructor of `Run` has the rules about one
run, `planned` those about what was given and written.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.dtypes import BITS
from analyzer.engine.memory.optimizers import OPTIMIZERS, STEPS
from analyzer.record import Record
from analyzer.settings import SettingError, number, one_of, truth, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.engine.network import Network

#: The formats that networks are trained in; in the others they are only run.
TRAINED = ("float64", "float32", "tf32", "float16", "bfloat16")

#: The formats that mixed precision casts to, and those that it casts from.
HALVES = ("bfloat16", "float16")
CAST = ("float32", "tf32")

#: What a step of training may end with.
LOSSES = ("cross_entropy", "mse", "none")

#: How a network's tensors with positions lie on a CUDA card: the depth before the positions, or after them.
LAYOUTS = CHANNELS_FIRST, CHANNELS_LAST = ("channels_first", "channels_last")

#: Ways to checkpoint that are not lists of names.
CHECKPOINTS = ("blocks", "sqrt")

#: Settings that no operation of a network depends on: what is saved of them, and what comes after them.
AFTER_STEPS = ("optimizer", "weight_decay", "step", "checkpoint", "accumulate", "ema")

#: Settings about training only.
ABOUT_TRAINING = (
    "optimizer", "weight_decay", "step", "loss", "checkpoint", "accumulate", "ema", "ranks", "strategy", "master_weights",
)  # fmt: skip

#: Settings that are True or False, with what they usually are.
_FLAGS = {"ema": False, "tf32": True, "master_weights": False}


class Run(Record, kw_only=True, eq=True):
    """One run of a network. Raises `SettingError` for a wrong value, and for values that do not go together.

    batch         samples of one forward pass
    dtype         number format of activations, and of parameters where their file has no other (`weights_dtype`): a key
                  of `analyzer.dtypes.BITS`
    autocast      the 16-bit format of mixed precision, or None
    optimizer     a key of `analyzer.engine.memory.optimizers.OPTIMIZERS`
    weight_decay  its weight decay: 0 costs nothing
    step          how the optimizer's step runs, one of `analyzer.engine.memory.optimizers.STEPS`
    loss          `cross_entropy` (mean, int64 targets), `mse` or `none`
    accumulate    forward passes for one step of the optimizer
    ema           whether a running mean of the parameters is kept
    master_weights  whether the optimizer keeps a 32-bit copy of the 16-bit parameters, and its state in 32 bits
    checkpoint    None, `blocks`, `sqrt`, or names of layers and blocks whose activations are recomputed
    device        None for the CPU, otherwise a CUDA card, where masks are bytes and some operations stay in 32 bits
    layout        how a network's tensors with positions lie on a CUDA card, one of `LAYOUTS`
    tf32          whether convolutions in float32 run in TF32 on a CUDA card that has it, as torch lets them
    in_place_joins  whether a second gradient is added into the first where that has no other owner, as a real run does;
                  a dispatch mode (FakeTensorMode, MemTracker) always makes a third
    """

    batch: int = 1
    dtype: str = "float32"
    autocast: str | None = None
    optimizer: str = "momentum"
    weight_decay: float = 0
    step: str = "foreach"
    loss: str = "cross_entropy"
    accumulate: int = 1
    ema: bool = False
    master_weights: bool = False
    checkpoint: str | Sequence[str] | None = None
    device: str | None = None
    layout: str = CHANNELS_FIRST
    tf32: bool = True
    in_place_joins: bool = True

    def check(self) -> None:
        """Refuses what no run can be."""
        self.batch = whole("batch", self.batch)
        one_of("dtype", self.dtype, BITS)
        one_of("optimizer", self.optimizer, OPTIMIZERS)
        number("weight_decay", self.weight_decay)
        one_of("step", self.step, STEPS)
        one_of("loss", self.loss, LOSSES)
        self.accumulate = whole("accumulate", self.accumulate)
        truth("ema", self.ema)
        truth("master_weights", self.master_weights)
        one_of("layout", self.layout, LAYOUTS)
        truth("tf32", self.tf32)
        truth("in_place_joins", self.in_place_joins)
        self.checkpoint = checkpointed(self.checkpoint)
        if self.autocast is not None:
            one_of("autocast", self.autocast, HALVES)
            if self.dtype not in CAST:
                raise SettingError(
                    f"`{{autocast}}` casts float32 to 16 bits; it does not go with {self.dtype}", "autocast"
                )
        if self.master_weights and self.dtype not in HALVES:
            reason = f"the weights are in {self.dtype}" + (", under autocast too" if self.autocast else "")
            raise SettingError(
                f"`{{master_weights}}` keeps a 32-bit copy of 16-bit weights, and {reason}; it needs `{{dtype}}` "
                "bfloat16 or float16",
                *("master_weights", "dtype"),
            )
        if self.step == "fused" and not OPTIMIZERS[self.optimizer].fused and self.dtype in TRAINED:
            raise SettingError(f"`{self.optimizer}` has no fused step; its steps are `foreach` and `loop`")


def trained_dtype(network: Network, run: Run) -> str:
    """The number format of parameters in training: that of the network's file, if it has one that is trained in."""
    own = network.weights_dtype
    return own if own in TRAINED and not network.formats else run.dtype


def only_runs(name: str, dtype: str) -> SettingError:
    """The refusal of a setting about training, where the number format is only for inference."""
    return SettingError(f"`{{{name}}}` is about training, and {dtype} is only for inference", name)


def needs_halves(network: Network, dtype: str) -> SettingError | None:
    """Why a run in 16 bits has no 16-bit weights for a 32-bit copy: the file has them in another format."""
    own = trained_dtype(network, Run(dtype=dtype))
    if own in HALVES:
        return None
    return SettingError(
        f"`{{master_weights}}` keeps a 32-bit copy of 16-bit weights, and those of the file are in {own}",
        "master_weights",
    )


def is_given(name: str, value: object) -> bool:
    """Whether a setting is given: None is not, and neither is a flag that says what is usual."""
    return value is not None and value is not _FLAGS.get(name)


def check_asked(
    context: object, device: object, strategy: str | None, ranks: object, *, layout: object = None, tf32: object = None
) -> None:
    """Refuses settings that need another one; None is a setting that is not given."""
    if context is not None and device is None:
        raise SettingError("`{context}` is memory of a device; name one with `{device}`", "context", "device")
    for name, value in (("layout", layout), ("tf32", tf32)):
        if is_given(name, value) and device is None:
            raise SettingError(f"`{{{name}}}` is about a CUDA card; name one with `{{device}}`", name, "device")
    if strategy not in (None, "single") and ranks is None:
        raise SettingError(
            f"`{{strategy}}`: `{strategy}` needs `{{ranks}}`, the number of devices", "strategy", "ranks"
        )


def checkpointed(given: object) -> str | tuple[str, ...] | None:
    """What is checkpointed: names as a tuple; a text may have several, with commas between.

    Raises `SettingError` for anything else.
    """
    if given is None or (isinstance(given, str) and given in CHECKPOINTS):
        return given
    names = given.split(",") if isinstance(given, str) else given
    if isinstance(names, Sequence) and all(isinstance(name, str) for name in names):
        found = tuple(name.strip() for name in names if name.strip())
        if found:
            return found
    raise SettingError("`{checkpoint}`: `blocks`, `sqrt` or names of layers and blocks are needed", "checkpoint")
