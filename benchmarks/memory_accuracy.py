"""Holds the memory model against what was measured and published, and makes the tables of docs/memory.md.

    python benchmarks/memory_accuracy.py               # prints the tables and the speed
    python benchmarks/memory_accuracy.py --check       # exits 1 where a limit is missed
    python benchmarks/memory_accuracy.py --write       # makes the tables of docs/memory.md anew
    python benchmarks/memory_accuracy.py --gpu         # the tables of what was measured on a GPU (gpu_accuracy.py)
    python benchmarks/memory_accuracy.py --gpu --rows FILE.json  # the same of what gpu_measure.py has measured
    python benchmarks/memory_accuracy.py --optimizers  # measures the optimizers again; torch must be installed

What was measured: `tests/data/memory.json` (to the byte), and the figures below, rounded as they were noted. All are of
torch 2.13.0 with torchvision 0.29.2 on fake tensors under a dispatch mode, which adds gradients that meet at a join out
of place, the second of two steps; N is the batch. `tests/test_memory_accuracy.py` refuses a page that differs.

Long because it is one page: a function for each of its tables, with the figures that it is held against.
"""

# Longer than most modules: every table of the page stands here with its figures and its limits.

from __future__ import annotations

import argparse
import gc
import re
import statistics
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from math import prod
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / "engine" / "memory"), str(ROOT / "tests" / "peers")]

import gpu_accuracy  # noqa: E402
from measured import DATA, measured, run_of, work  # noqa: E402

import analyzer  # noqa: E402
from analyzer.engine.memory.allocator import replay  # noqa: E402
from analyzer.engine.memory.analysis import MemoryAnalysis  # noqa: E402
from analyzer.engine.memory.inference import Inference  # noqa: E402
from analyzer.engine.memory.optimizers import OPTIMIZERS, STEPS  # noqa: E402
from analyzer.engine.memory.settings import Run  # noqa: E402
from analyzer.engine.memory.sharding.step import per_rank_of  # noqa: E402
from analyzer.engine.memory.sharding.zero import zero_model_states  # noqa: E402
from analyzer.engine.memory.tape import Tape  # noqa: E402
from analyzer.engine.memory.trace import inference_trace  # noqa: E402
from analyzer.engine.memory.training import Training  # noqa: E402
from analyzer.engine.memory.work import Work, operations_of  # noqa: E402
from analyzer.engine.network import Network  # noqa: E402
from analyzer.loader.expand.expansion import expand  # noqa: E402

PAGE = ROOT / "docs" / "memory.md"
EXAMPLES = ROOT / "example_models"
MIB = 2**20

#: The most that a peak of training may differ from what was measured, each and on average, in parts of it.
EACH, MEAN = 0.005, 0.001
#: The same of inference in graph execution; the last digit of figures that were noted as ratios.
INFERENCE, RATIO = 0.001, 0.001
#: Milliseconds of ResNet-50's peak in a warm process; how many times as long ten times the layers may take.
MILLISECONDS, TENFOLD = 20, 20

Lines = Iterator[str]


# ---------------------------------------------------------------------- what was noted


class Noted(NamedTuple):
    """A network at N = 32: MiB that an image adds to what is saved, peaks, inference as a graph and as modules."""

    saved: float
    momentum: int
    adam: int
    graph: int
    eager: int


NOTED = {
    "vgg16_bn": Noted(121.07, 5429, 5957, 1330, 1330),
    "resnext50_32x4d": Noted(106.44, 3648, 3743, 408, 433),
    "mobilenet_v3_large": Noted(41.50, 1409, 1430, 235, 260),
    "mnasnet1_0": Noted(41.65, 1405, 1421, 182, 207),
    "efficientnet_b0": Noted(83.54, 2752, 2772, 333, 357),
    "shufflenet_v2_x1_0": Noted(18.87, 656, 664, 101, 101),
    "squeezenet1_1": Noted(19.53, 694, 699, 190, 190),
    "inception_v3": Noted(92.62, 3220, 3311, 461, 546),
    "regnet_y_400mf": Noted(31.51, 1067, 1083, 200, 249),
    "convnext_tiny": Noted(103.53, 3584, 3693, 458, 495),
    "vit_b_16": Noted(112.12, 4334, 4664, 515, 589),
}

STAGES = ("layer1", "layer2", "layer3", "layer4")

#: Checkpointing at N = 32 with plain SGD: network, segments -> MiB saved (without the outputs of the network), peak.
CHECKPOINTED: dict[tuple[str, str], tuple[float, float]] = {
    ("resnet18", "none"): (658.7, 746.4),
    ("resnet18", "blocks"): (358.5, 548.1),
    ("resnet18", "stages"): (312.6, 621.6),
    ("resnet50", "none"): (2603.7, 2751.8),
    ("resnet50", "blocks"): (931.4, 1185.6),
    ("resnet50", "stages"): (441.4, 1658.3),
}

#: Peak under autocast as a part of the peak without, plain SGD.
AUTOCAST = {
    ("mobilenet_v2", 32): 0.513,
    ("unet", 32): 0.537,
    ("resnet18", 32): 0.618,
    ("googlenet", 32): 0.643,
    ("vgg16", 32): 0.778,
    ("vgg16", 8): 0.978,
}

#: ResNet-18 at 128x128, Adam in a loop, 2 samples a rank: the peak of a rank in units of the parameters. DDP by gloo,
#: FSDP2 by a fake process group.
PER_RANK = {
    ("single", 1): 4.413,
    ("ddp", 2): 5.413,
    ("ddp-view", 2): 4.515,
    ("fsdp", 2): 3.229,
    ("fsdp", 8): 1.953,
    ("fsdp", 64): 1.582,
    ("fsdp-no-reshard", 8): 2.399,
}

#: Rajbhandari et al. 2020, figure 1: GB of 10^9 a rank, 7.5 billion parameters on 64, by stage.
ZERO = {0: "120", 1: "31.4", 2: "16.6", 3: "1.9"}

#: `max_memory_reserved` of timm's networks, batch 1, float32, on a card (optimum-benchmark).
RESERVED = {"resnet50": 148_897_792, "vit_b16": 406_847_488}

#: What torchinfo 1.8.0 itself said of torchvision 0.29.1's networks at N = 2: input, outputs and parameters, in bytes.
TORCHINFO = {
    "alexnet": 253514592,
    "vgg16": 771541856,
    "resnet18": 127457120,
    "resnet50": 459095904,
    "mobilenet_v2": 228939360,
    "densenet121": 394202208,
    "googlenet": 130957024,
    "vgg16_bn": 988335968,
    "resnext50_32x4d": 562152288,
    "mobilenet_v3_large": 164048032,
    "mnasnet1_0": 193366016,
    "efficientnet_b0": 238130192,
    "shufflenet_v2_x1_0": 72741104,
    "squeezenet1_1": 47575904,
    "inception_v3": 384459576,
    "regnet_y_400mf": 143041408,
    "convnext_tiny": 378083424,
    "vit_b_16": 441660000,
}

#: Layers whose parameters are in no module at the bottom: torchinfo sees neither them nor what the layers put out.
UNSEEN = ("scale", "position_table", "class_token", "multi_head_attention")

#: Bytes of Python's own that it counts with an input.
OVERHEAD = 64

#: Shapes of trained parameters, and for every optimizer the bytes of its state and the most that a step makes besides: of
#: all parameters together and in a loop, each without and with weight decay. Lion as tests/peers/memory_torch.py has it.
SHAPES = ((64, 3, 7, 7), (64,), (128, 64, 3, 3), (1000, 512), (1000,), (32, 16, 5))
MADE = {
    "sgd": (0, 0, 2395040, 0, 2048000),
    "momentum": (2395040, 0, 2395040, 0, 2048000),
    "nesterov": (2395040, 0, 2395040, 2048000, 4096000),
    "adam": (4790104, 2395040, 2395040, 4390912, 6438912),
    "adamw": (4790104, 2395040, 2395040, 4390912, 4390912),
    "rmsprop": (2395064, 2395040, 4790080, 2342912, 4390912),
    "adagrad": (2395064, 4790080, 4790080, 2342912, 4390912),
    "adafactor": (220376, 2424452, 2424452, 2349220, 2349220),
    "lion": (2395040, 2395040, 2395040, 4096000, 4096000),
}


# ---------------------------------------------------------------------- networks and predictors


@cache
def network(path: Path, input: str | None = None) -> Network:
    """The network of a file; at another input, where one is given, and without what the file expects at its own."""
    text = path.read_text(encoding="utf-8")
    if input is not None:
        text = re.sub(r"^ *expect: .*\n", "", text, flags=re.M)
    placed, problems = expand(analyzer.load(text), input=input)
    if problems:
        raise analyzer.ModelError(problems, text)
    return placed


def training(name: str, run: Run) -> Training:
    """A training step of a measured network."""
    return Training(Tape(work(name), run))


def inference(name: str, batch: int, *, eager: bool = False) -> int:
    """The peak of inference of a measured network."""
    return Inference(Tape(work(name), Run(batch=batch), training=False), eager=eager).peak.bytes


def torchinfo(what: Work, batch: int) -> int:
    """torchinfo 1.8's "Estimated Total Size": the input, and of modules with parameters these and twice the outputs."""
    numbers = 0
    for node, operations in what.nodes:
        if node.layer.type not in UNSEEN:
            numbers += 2 * batch * sum(one.size for one in operations if one.trained)
            numbers += sum(prod(shape) for one in operations for shape in one.trained)
    return sum(Tape(what, Run(batch=batch)).inputs) + OVERHEAD + 4 * numbers


class Row(NamedTuple):
    """A measured row of training, what was measured, and what each predictor says, in bytes."""

    network: str
    batch: int
    optimizer: str
    step: str
    measured: int
    ours: int
    as_measured: int
    torchinfo: int
    four: int


PREDICTORS = {
    "ours": "analyzer",
    "as_measured": "analyzer, joins as they were measured",
    "torchinfo": "torchinfo, Estimated Total Size",
    "four": "4 × parameters",
}


@cache
def rows() -> list[Row]:
    """The measured rows of training."""
    found = []
    for row in measured()["training_op_level"]:
        run, name = run_of(row), row["model"]
        ours, as_measured = training(name, run), training(name, run.but(in_place_joins=False))
        found.append(
            Row(
                name, run.batch, run.optimizer, run.step, row["peak_train_bytes"],
                ours.ledger.peak.bytes, as_measured.ledger.peak.bytes, torchinfo(work(name), run.batch),
                4 * ours.parameters,
            )
        )  # fmt: skip
    return found


def error(found: float, truth: float) -> float:
    """How much too large, in parts of the truth."""
    return found / truth - 1


def errors(predictor: str) -> list[float]:
    """The errors of a predictor over all measured rows of training."""
    return [error(getattr(row, predictor), row.measured) for row in rows()]


# ---------------------------------------------------------------------- tables


def table(head: Sequence[str], body: Iterable[Sequence[object]], left: int = 1) -> Lines:
    """A table in Markdown; the columns from `left` on are numbers."""
    yield "| " + " | ".join(head) + " |"
    yield "|" + "".join("---:|" if place >= left else "---|" for place in range(len(head)))
    for line in body:
        yield "| " + " | ".join(map(str, line)) + " |"


def mib(size: float) -> str:
    return f"{size / MIB:,.1f}"


def percent(part: float, digits: int = 2) -> str:
    """A signed error; a plain 0 where there is none at all."""
    return f"{100 * part:+.{digits}f} %".replace("-", "−") if part else "0"


def predictors() -> Lines:
    """Mean and worst error of each predictor."""
    body = []
    for predictor, name in PREDICTORS.items():
        found = errors(predictor)
        near = sum(abs(one) <= 0.05 for one in found)
        mean = statistics.mean(map(abs, found))
        body.append(
            [name, f"{100 * mean:.2f} %" if mean else "0", percent(max(found, key=abs)), f"{near} of {len(found)}"]
        )
    yield from table(["predictor", "mean error", "worst", "within 5 %"], body)


def trained() -> Lines:
    """Every measured row whose optimizer steps over all parameters at once."""
    body = [
        [
            row.network, row.batch, row.optimizer, mib(row.measured), mib(row.ours),
            percent(error(row.ours, row.measured)), f"{row.as_measured - row.measured} B",
            mib(row.torchinfo), percent(error(row.torchinfo, row.measured), 1),
            mib(row.four), percent(error(row.four, row.measured), 1),
        ]
        for row in rows()
        if row.step == "foreach"
    ]  # fmt: skip
    head = ["network", "N", "optimizer", "measured", "analyzer", "error", "as measured", "torchinfo", "error", "4 × P", "error"]  # fmt: skip
    yield from table(head, body)
    loop = [row for row in rows() if row.step == "loop"]
    found = [abs(error(row.ours, row.measured)) for row in loop]
    apart = max(abs(row.as_measured - row.measured) for row in loop)
    yield ""
    yield (
        f"The {len(loop)} rows of a step in a loop: mean {100 * statistics.mean(found):.2f} %, "
        f"worst {100 * max(found):.2f} %, as measured {apart} B."
    )


def inferred() -> Lines:
    """Every measured row of inference."""
    both: dict[tuple[str, int], dict[bool, tuple[int, int]]] = {}
    for row in measured()["inference_op_level"]:
        eager = row["execution"].startswith("eager")
        found = inference(row["model"], row["batch"], eager=eager)
        both.setdefault((row["model"], row["batch"]), {})[eager] = row["peak_bytes"], found
    body = []
    for (name, batch), pair in both.items():
        (graph, our_graph), (modules, our_modules) = pair[False], pair[True]
        body.append(
            [name, batch, mib(graph), mib(our_graph), f"{our_graph - graph} B", mib(modules), mib(our_modules),
             percent(error(our_modules, modules))]
        )  # fmt: skip
    head = ["network", "N", "as a graph", "analyzer", "difference", "as modules", "analyzer", "error"]
    yield from table(head, body)


@cache
def reserved(example: str) -> int:
    """What the allocator reserves for inference at batch 1."""
    tape = Tape(operations_of(network(EXAMPLES / f"{example}.yaml"), "shared"), Run(), training=False)
    return replay(inference_trace(tape)).reserved


def reservations() -> Lines:
    """Reserved memory of inference on a card."""
    body = [
        [f"`example_models/{name}.yaml`", f"{size:,} B", f"{reserved(name):,} B"] for name, size in RESERVED.items()
    ]
    yield from table(["network", "on a card", "analyzer"], body)


def noted(name: str) -> Noted:
    """What we say of a network where `NOTED` has what was measured; the saved bytes of an image from N = 8 and 32."""
    runs = [Run(batch=batch, optimizer="momentum", weight_decay=1e-4, in_place_joins=False) for batch in (8, 32)]
    few, many = (training(name, run) for run in runs)
    adam = training(name, Run(batch=32, optimizer="adam", in_place_joins=False))
    return Noted(
        round((many.saved - few.saved) / 24 / MIB, 2),
        round(many.ledger.peak.bytes / MIB),
        round(adam.ledger.peak.bytes / MIB),
        round(inference(name, 32) / MIB),
        round(inference(name, 32, eager=True) / MIB),
    )


def networks() -> Lines:
    """The other networks, at the digits that were noted."""

    def cell(truth: float, ours: float) -> str:
        digits = 2 if isinstance(truth, float) else 0
        return f"{truth:,.{digits}f}" if truth == ours else f"{truth:,.{digits}f}, here {ours:,.{digits}f}"

    body = [
        [
            name,
            *map(cell, truth, noted(name)),
            percent(error(torchinfo(work(name), 32), MIB * truth.momentum), 0),
            percent(error(4 * sum(size for size, _ in Tape(work(name), Run()).parameters), MIB * truth.momentum), 0),
        ]
        for name, truth in NOTED.items()
    ]
    head = [
        "network", "saved an image", "peak, momentum", "peak, adam", "inference as a graph", "as modules", "torchinfo",
        "4 × P",
    ]  # fmt: skip
    yield from table(head, body)


@cache
def checkpointed(name: str, segments: str) -> tuple[int, int]:
    """Bytes saved, without the outputs of the network, and the peak."""
    checkpoint = {"none": None, "blocks": "blocks", "stages": STAGES}[segments]
    found = training(name, Run(batch=32, optimizer="sgd", checkpoint=checkpoint, in_place_joins=False))
    outputs = sum(node.output.size for node in work(name).network.outputs)
    return found.saved - 32 * 4 * outputs, found.ledger.peak.bytes


def checkpointing() -> Lines:
    """Checkpointed segments."""
    body = []
    for (name, segments), (saved, peak) in CHECKPOINTED.items():
        ours, whole = checkpointed(name, segments), checkpointed(name, "none")
        body.append(
            [name, segments, f"{saved:,.1f}", mib(ours[0]), f"{peak:,.1f}", mib(ours[1]), f"{ours[1] / whole[1]:.2f}"]
        )
    head = ["network", "segments", "saved, measured", "analyzer", "peak, measured", "analyzer", "of the peak without"]
    yield from table(head, body, left=2)


@cache
def cast(name: str, batch: int) -> float:
    """The peak under autocast as a part of the peak without."""
    run = Run(batch=batch, optimizer="sgd", in_place_joins=False)
    return training(name, run.but(autocast="bfloat16")).ledger.peak.bytes / training(name, run).ledger.peak.bytes


def autocast() -> Lines:
    """Mixed precision."""
    body = [[name, batch, f"{part:.3f}", f"{cast(name, batch):.4f}"] for (name, batch), part in AUTOCAST.items()]
    yield from table(["network", "N", "measured", "analyzer"], body)


@cache
def on_rank(strategy: str, ranks: int) -> float:
    """The peak of a rank in units of the parameters' bytes."""
    what = operations_of(network(DATA / "memory" / "resnet18.yaml", "128x128x3"), "shared")
    run = Run(batch=2, optimizer="adam", step="loop", in_place_joins=False)
    return per_rank_of(what, run, strategy, ranks).peak.bytes / sum(4 * prod(shape) for shape, _, _ in what.parameters)


def zero(stage: int) -> float:
    """GB of the model's state by the ZeRO paper."""
    return zero_model_states(7_500_000_000, 64, stage) / 1e9


def ranks() -> Lines:
    """Many devices."""
    body: list[list[object]] = []
    for (strategy, count), peak in PER_RANK.items():
        ours = on_rank(strategy, count)
        body.append([f"`{strategy}`", count, f"{peak:.3f} P", f"{ours:.3f} P", percent(error(ours, peak))])
    for stage, published in ZERO.items():
        shown = f"{zero(stage):.3g}" if stage < 3 else f"{zero(stage):.1f}"
        body.append([f"ZeRO stage {stage}" if stage else "ZeRO, nothing divided", 64, f"{published} GB", f"{shown} GB", "0" if shown == published else "differs"])  # fmt: skip
    yield from table(["strategy", "ranks", "measured or published", "analyzer", "error"], body)


# ---------------------------------------------------------------------- what is not a comparison


def made(name: str) -> tuple[int, int, int, int, int]:
    """The state of an optimizer and what its steps make, as the model has it, for `SHAPES`."""
    optimizer = OPTIMIZERS[name]
    runs = [Run(step=step, weight_decay=decay) for step in ("foreach", "loop") for decay in (0, 0.01)]
    together, decayed, loop, loop_decayed = (
        sum(optimizer.made(SHAPES, 4, run.step, decays=run.weight_decay > 0)) for run in runs
    )
    return sum(optimizer.state(SHAPES, 4)), together, decayed, loop, loop_decayed


def optimizers() -> Lines:
    """State and temporaries of each optimizer."""

    def words(count: int, what: str, before: int = 0) -> str:
        parts = [f"{number} {what}" for number, what in ((count, what), (before, "before")) if number]
        return " + ".join(parts) or "0"

    body = []
    for name, optimizer in OPTIMIZERS.items():
        state = words(optimizer.words, "P") + (" + counters" if optimizer.counts else "")
        steps = [words(count, "P") for count in optimizer.foreach]
        steps += [words(count, "p", optimizer.left) for count in optimizer.loop]
        if name == "adafactor":
            state, steps = "rows, columns + counters", ["≈ 1 P"] * 2 + ["≈ 1 p"] * 2
        cells = len(MADE[name]) if made(name) == MADE[name] else 0
        body.append([f"`{name}`", state, *steps, "0" if optimizer.fused else "none", f"{cells} of {len(MADE[name])}"])
    head = ["optimizer", "state", "`foreach`", "with decay", "`loop`", "with decay", "`fused`", "exact"]
    yield from table(head, body)


def modes() -> Lines:
    """A training step of one network in each mode."""
    path = EXAMPLES / "deepface.yaml"
    found = MemoryAnalysis(network(path), Run(batch=32, optimizer="adam"), file=path.name)
    held = {mode: found.held(mode) for mode in ("shared", "declared", "local")}
    body: list[list[object]] = [
        [part, *(mib(one.training_parts()[part]) for one in held.values())]
        for part in held["shared"].training_parts()
        if part != "buffers"
    ]
    body.append(["**peak of training**", *(f"**{mib(one.peak.bytes)}**" for one in held.values())])
    body.append(["where", *(f"{one.peak.phase}, `{one.peak.layer}`" for one in held.values())])
    body.append(["saved after the forward pass", *(mib(one.training.saved) for one in held.values())])
    body.append(["peak of inference", *(mib(one.inference.peak.bytes) for one in held.values())])
    yield from table(["MiB", *held], body)


TABLES = {
    "predictors": predictors,
    "optimizers": optimizers,
    "modes": modes,
    "training": trained,
    "inference": inferred,
    "reserved": reservations,
    "networks": networks,
    "checkpointing": checkpointing,
    "autocast": autocast,
    "ranks": ranks,
}

#: Every table of the page: those, and what was measured on a GPU.
ON_PAGE = {**TABLES, **gpu_accuracy.TABLES}

_MARK = re.compile(r"(<!-- made: ([\w-]+) -->\n).*?(<!-- end -->)", re.S)


def page(text: str) -> str:
    """The page with its tables made anew; docs/make.py makes what its commands print."""
    return _MARK.sub(lambda mark: f"{mark[1]}\n{chr(10).join(ON_PAGE[mark[2]]())}\n\n{mark[3]}", text)


# ---------------------------------------------------------------------- limits


def missed() -> Lines:
    """Every limit that is broken, a sentence each; timings are not among them."""
    for row in rows():
        label = f"{row.network}, batch {row.batch}, {row.optimizer}, {row.step}"
        if abs(error(row.ours, row.measured)) > EACH:
            yield f"training of {label}: {percent(error(row.ours, row.measured))}, at most {100 * EACH} %"
        if row.as_measured != row.measured:
            yield f"training of {label}, joins as measured: {row.as_measured - row.measured:+,} B"
    mean = statistics.mean(map(abs, errors("ours")))
    if mean > MEAN:
        yield f"training on average: {percent(mean)}, at most {100 * MEAN} %"
    for found in measured()["inference_op_level"]:
        if not found["execution"].startswith("eager"):
            off = error(inference(found["model"], found["batch"]), found["peak_bytes"])
            if abs(off) > INFERENCE:
                yield f"inference of {found['model']}, batch {found['batch']}: {percent(off)}, at most {100 * INFERENCE} %"
    for name, size in RESERVED.items():
        if reserved(name) != size:
            yield f"reserved by {name}: {reserved(name):,} B, not {size:,} B"
    for name, truth in NOTED.items():
        if noted(name) != truth:
            yield f"{name}: {tuple(noted(name))} MiB, not {tuple(truth)}"
    for (name, segments), (saved, peak) in CHECKPOINTED.items():
        ours = tuple(round(size / MIB, 1) for size in checkpointed(name, segments))
        if ours != (saved, peak):
            yield f"{name}, checkpointed {segments}: {ours} MiB, not {(saved, peak)}"
    for (name, batch), part in AUTOCAST.items():
        if abs(cast(name, batch) - part) > RATIO:
            yield f"{name}, batch {batch}, autocast: {cast(name, batch):.4f}, not {part}"
    for (strategy, count), peak in PER_RANK.items():
        if abs(error(on_rank(strategy, count), peak)) > EACH:
            yield f"{strategy} on {count} ranks: {on_rank(strategy, count):.3f}, not {peak}"
    for stage, published in ZERO.items():
        if f"{zero(stage):.{len(published.partition('.')[2])}f}" != published:
            yield f"ZeRO stage {stage}: {zero(stage)} GB, not {published}"
    for name, size in TORCHINFO.items():
        if torchinfo(work(name), 2) != size:
            yield f"torchinfo of {name}: {torchinfo(work(name), 2):,} B, not {size:,} B"
    for name, sizes in MADE.items():
        if made(name) != sizes:
            yield f"{name}: {made(name)} B, not {sizes}"


# ---------------------------------------------------------------------- speed


def peak_of(placed: Network) -> float:
    """Seconds from a placed network to its peak of training."""
    start = time.perf_counter()
    training = Training(Tape(operations_of(placed, "shared"), Run(batch=32, optimizer="adam")))
    assert training.ledger.peak.bytes
    return time.perf_counter() - start


def chain(layers: int) -> Network:
    """So many layers one behind the other, convolutions and activations."""
    conv = "conv: {filters: 16, kernel: 3, padding: 1, act: relu}"
    return expand(analyzer.load(f"input: 32x32x16\nlayers:\n  - {conv}\n    repeat: {layers // 2}\n"))[0]


def speed() -> Iterator[tuple[str, bool]]:
    """A line for each measurement, and whether it keeps its limit; nothing is collected, as in a command."""
    gc.disable()
    resnet = network(EXAMPLES / "resnet50.yaml")
    peak_of(resnet)
    milliseconds = 1e3 * statistics.median(peak_of(resnet) for _ in range(21))
    yield f"ResNet-50, warm   {milliseconds:8.1f} ms   limit {MILLISECONDS}", milliseconds <= MILLISECONDS
    before = 0.0
    for layers in (1_000, 10_000, 100_000):
        placed = chain(layers)
        now = statistics.median(peak_of(placed) for _ in range(5))
        line = f"{layers:>7,} layers    {1e3 * now:8.1f} ms"
        yield (f"{line}   {now / before:.1f}×, limit {TENFOLD}×" if before else line), now <= TENFOLD * (before or now)
        before = now
    gc.enable()


def measure_optimizers() -> Lines:
    """`MADE` anew, by torch."""
    import torch
    from memory_torch import train
    from torch import nn

    class Numbers(nn.Module):
        """Parameters of `SHAPES`, each of which has a gradient."""

        def __init__(self) -> None:
            super().__init__()
            self.kept = nn.ParameterList(torch.empty(shape) for shape in SHAPES)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            for one in self.kept:
                x = x + one.sum()
            return x

    for name in OPTIMIZERS:
        found = []
        for step in STEPS[:2]:
            for decay in (0, 0.01):
                named = {"momentum": "sgdm"}.get(name, name)
                row = train(Numbers(), [(3,)], batch=1, optimizer=named, step=step, weight_decay=decay)
                found.append(row["peak_step"] - row["end_of_backward_bytes"])
        yield f'    "{name}": {(row["optimizer_bytes"], *found)},'


def on_gpu(rows: Path | None) -> int:
    """Prints the tables of what was measured on a GPU, by this project or in a file; one has each limit that is missed."""
    files = gpu_accuracy.files_of(rows) if rows else gpu_accuracy.Files()
    for name, rows_of in gpu_accuracy.tables(files).items():
        print(f"## {name}\n", *rows_of(), "", sep="\n")
    return 1 if any(gpu_accuracy.missed(files)) else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--check", action="store_true", help="exit 1 where a limit is missed, one of speed three times")
    group.add_argument("--write", action="store_true", help="make the tables of docs/memory.md anew")
    group.add_argument("--optimizers", action="store_true", help="measure the optimizers with torch, and print it")
    group.add_argument("--gpu", action="store_true", help="print the tables of a GPU; exit 1 where a limit is missed")
    parser.add_argument("--rows", type=Path, metavar="FILE.json", help="with --gpu, what gpu_measure.py has measured")
    asked = parser.parse_args()
    if asked.rows and not asked.gpu:
        parser.error("--rows needs --gpu")
    if asked.gpu:
        try:
            return on_gpu(asked.rows)
        except ValueError as error:
            parser.error(str(error))
    if asked.write:
        PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
        return 0
    if asked.optimizers:
        print(*measure_optimizers(), sep="\n")
        return 0
    if not asked.check:
        for name, rows_of in TABLES.items():
            print(f"## {name}\n", *rows_of(), "", sep="\n")
    broken = list(missed())
    print(*(f"missed: {one}" for one in broken), sep="\n", end="\n" if broken else "")
    slow = True
    for _ in range(3 if asked.check else 1):
        found = list(speed())
        print(*(line for line, _ in found), sep="\n")
        slow = not all(kept for _, kept in found)
        if not slow:
            break
    return 1 if asked.check and (broken or slow) else 0


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.exit(main())
