"""Makes docs/agreement.md: `python benchmarks/agreement.py > docs/agreement.md`, in an environment with `.[test]`.

Every number comes from measured data (`tests/data/`), from the table of published totals (`tests/test_examples.py`) or
from an analysis made here. A layer or network that does not agree stops the script with an error, so the page cannot
claim more than is true. `tests/test_agreement.py` fails when the page differs from what the script makes.
"""

# Longer than most modules: one page, with a function for each section and the tables that say what differs and why.

from __future__ import annotations

import json
import sys
import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "layers"), str(ROOT / "benchmarks")]

import test_examples as examples  # noqa: E402
import test_reference as reference  # noqa: E402
from peers import table as tools_table  # noqa: E402

import analyzer  # noqa: E402

DATA = ROOT / "tests" / "data"
PEERS = json.loads((DATA / "peers.json").read_text("utf-8"))
NETWORKS = json.loads((DATA / "networks.json").read_text("utf-8"))
COUNTERS = json.loads((DATA / "counters.json").read_text("utf-8"))

Lines = Iterator[str]


def filled(text: str) -> str:
    """A page with its prose in lines of at most 120 characters, whatever the length of the numbers in it.

    Headings and tables stay as they are; each line that begins with a hyphen is an item of a list.
    """
    return "\n\n".join(map(_paragraph, text.split("\n\n")))


def _paragraph(text: str) -> str:
    if text.lstrip().startswith(("#", "|")):
        return text
    items = text.split("\n") if text.startswith("- ") else [text]
    indent = "  " if text.startswith("- ") else ""
    wrap = textwrap.TextWrapper(120, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return "\n".join(map(wrap.fill, items))


def rows(head: Iterable[str], body: Iterable[Iterable[object]], right: int = 99) -> Lines:
    """A table in markdown; the columns from `right` on are numbers."""
    head = list(head)
    yield "| " + " | ".join(head) + " |"
    yield "|" + "".join("---:|" if place >= right else "---|" for place in range(len(head)))
    for line in body:
        yield "| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |"
    yield ""


# ---------------------------------------------------------------------- layers, measured once

FRAMEWORKS = {
    "torch": "torch 2.13.0",
    "Keras": "keras 3.15.1 (torch backend)",
    "TensorFlow": "tensorflow 2.15.1 / tf.keras",
    "ONNX": "onnx 1.23.2 opset 22 (shape inference + onnxruntime 1.32.0)",
    "Caffe": "opencv 4.14.0 Caffe importer",
    "flax": "flax 0.12.8 / jax 0.10.2",
}
#: Rows of several layers are named by what they build.
POOLS = {"max": "max_pool", "avg": "avg_pool", "ave": "avg_pool", "lp": "lp_pool"}
NAMES = {
    "local_conv": "conv, local",
    "tied_conv": "conv, tiled and regions",
    "local_conv_transpose": "conv_transpose, local",
    "adaptive_pool": "adaptive_avg_pool",
    "global_pool": "global_avg_pool",
    "mha": "multi_head_attention",
    "se_block": "squeeze_excite",
    "lrn": "local_response_norm",
    "spp": "spatial_pyramid_pool",
    "permute_hwc": "permute",
    "unflatten": "reshape",
    "patch_embed": "patch embedding (conv)",
    "spp_yolo": "YOLO's pyramid (max_pool, concat)",
    "focus": "Focus (pixel_unshuffle, conv)",
    "ghost": "Ghost (conv, depthwise_conv, concat)",
    "inverted_residual": "inverted residual (conv, depthwise_conv, add)",
    "coord_conv": "CoordConv (coord_channels, conv)",
}


def type_of(row: dict[str, Any]) -> str:
    """The layer type that a measured row is about."""
    name = row["config"]["type"] if row["op"] == "layer" else row["op"]
    if name == "pool":
        return POOLS[row["config"]["kind"]]
    return NAMES.get(name, name)


def verdict(row: dict[str, Any]) -> str:
    """`agree`, `refused` by both, or `one-sided` if only the framework refuses; raises if there is a difference."""
    reference.test_row(row["id"])
    if row["status"] == "ok":
        return "agree"
    alone = row.get("framework_restriction") or row["id"] in reference.RESTRICTIONS
    return "one-sided" if alone else "refused"


def measured() -> Lines:
    """Rows of layers.json, by type and framework."""
    found: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    total: dict[str, Counter[str]] = defaultdict(Counter)
    short = {long: name for name, long in FRAMEWORKS.items()}
    for id_ in reference.COMPARED:
        row = reference.ROWS[id_]
        ended = verdict(row)
        for counts in (found[type_of(row)][short[row["framework"]]], total[short[row["framework"]]]):
            counts[ended] += 1

    def cell(counts: Counter[str]) -> str:
        parts = [str(counts["agree"])] if counts["agree"] else []
        parts += [f"{counts['refused']} refused"] if counts["refused"] else []
        parts += [f"{counts['one-sided']} one-sided"] if counts["one-sided"] else []
        return " + ".join(parts)

    yield f"""## Layers, measured once

{len(reference.ROWS)} layers were run on frameworks. `tests/data/layers.json` keeps the results, each with the call that was run.
{len(reference.COMPARED)} of them are compared exactly: output, weights, biases, buffers, MACs, padding of each side, refusals. A number in the
table counts the rows that agree. *Refused* counts rows that both the framework and this project refuse; *one-sided*
counts rows that only the framework refuses ([below](#what-only-one-framework-refuses)). **Differences: 0.**
"""
    body = [[type_, *(cell(found[type_][name]) for name in FRAMEWORKS)] for type_ in sorted(found)]
    body.append(["**all**", *(cell(total[name]) for name in FRAMEWORKS)])
    yield from rows(["layer", *FRAMEWORKS], body, right=1)
    versions = "; ".join(f"{name}: {long}" for name, long in FRAMEWORKS.items())
    left_out = "; ".join(f"`{id_}`: {why}" for id_, why in reference.NOT_OURS.items())
    yield f"{versions}.\n\nNot compared: {left_out}.\n"


#: Why only one framework refuses a measured row, if tests/layers/test_reference.py does not say it.
WHY = {
    "conv/keras/019": "Keras refuses a stride and a dilation above 1 together; torch and ONNX allow both",
    "conv_transpose/onnx/009": "onnxruntime needs output_padding below the stride; torch: below the stride or the dilation",
    "local_conv/tensorflow/015": "tf.keras allows only `valid` in implementation 1; the other implementations allow `same`",
}

# ---------------------------------------------------------------------- layers, drawn at random


def drawn() -> Lines:
    """What the live comparisons found."""
    found = PEERS["configurations"]
    total = sum(record["compared"] for types in found.values() for record in types.values())
    yield f"""## Layers, drawn at random

`python -m pytest -m peer` draws {total:,} configurations from fixed seeds: 1-D, 2-D and 3-D, a different size on every axis,
groups, dilation, padding on each side, and about one in five wrong on purpose. It runs each on the frameworks that are
installed and compares outputs or refusals, weights, biases and buffers, and MACs where a framework counts them (torch's
`FlopCounterMode`, under Keras too). A cell shows how many were compared, and in brackets how many of them both sides
refused. **Differences: 0**, except for what only one framework refuses or accepts (next table).
"""
    types = sorted({type_ for records in found.values() for type_ in records})

    def cell(record: dict[str, int] | None) -> str:
        if record is None:
            return ""
        return f"{record['compared']:,}" + (f" ({record['refused_by_both']:,})" if record["refused_by_both"] else "")

    body = [[type_, *(cell(found[name].get(type_)) for name in found)] for type_ in types]
    sums = [f"**{sum(record['compared'] for record in found[name].values()):,}**" for name in found]
    yield from rows(["layer", *found], [*body, ["**all**", *sums]], right=1)


def alone() -> Lines:
    """What only one framework refuses or accepts."""
    yield """## What only one framework refuses

This project refuses a layer only if its geometry is impossible. A refusal of a single framework is not a rule here, and
neither is a layer that only one framework accepts.
"""
    body = []
    for name, types in PEERS["configurations"].items():
        counts: Counter[str] = Counter()
        where: dict[str, list[str]] = defaultdict(list)
        for type_, record in types.items():
            for reason, count in record.get("framework_alone", {}).items():
                counts[reason] += count
                where[reason].append(type_)
        body += [[name, reason, ", ".join(where[reason]), f"{count:,}"] for reason, count in sorted(counts.items())]
    yield from rows(["framework", "what", "layers", "drawn"], body, right=3)
    yield "Among the measured rows:\n"
    body = []
    for id_ in reference.COMPARED:
        row = reference.ROWS[id_]
        if verdict(row) == "one-sided":
            reason, output = reference.RESTRICTIONS.get(id_) or (WHY[id_], row["formula_out"])
            body.append([f"`{id_}`", f"`{row['call']}`", reason, "×".join(map(str, (*output[1:], output[0])))])
    yield from rows(["row", "call", "why it is refused", "here"], body)


# ---------------------------------------------------------------------- conventions


class Convention(NamedTuple):
    """A question that frameworks answer in different ways: rows that show it, and how this language writes each answer."""

    question: str
    rows: tuple[tuple[str, str], ...]


CONVENTIONS = (
    Convention(
        "Where the odd cell of `same` padding goes",
        (
            ("conv/keras/006", "`padding: same`: after"),
            ("conv/onnx/001", "`padding: same`"),
            ("conv/onnx/004", "`padding: same_lower`: before"),
        ),
    ),
    Convention(
        "A last window that does not fit",
        (
            ("pool/torch/003", "`rounding: floor`"),
            ("pool/torch/002", "`rounding: ceil`"),
            ("pool/torch/027", "`rounding: ceil`, less a window that would start beyond the input"),
            ("pool/opencv/008", "`rounding: caffe`, which keeps that window where there is no padding"),
        ),
    ),
    Convention(
        "Length of a transposed convolution",
        (
            ("conv_transpose/torch/019", "`padding: 0`: (W − 1)·S + F"),
            ("conv_transpose/keras/003", "`output_padding: 1`: Keras' `valid` is W·S + max(F − S, 0)"),
            ("conv_transpose/keras/005", "`padding: same`: W·S"),
            ("conv_transpose/keras/008", "`padding: 1`: Keras' `same` with output_padding pads by ⌊F/2⌋"),
            ("conv_transpose/onnx/006", "explicit `padding`: ONNX derives it from output_shape"),
        ),
    ),
    Convention(
        "Bias vectors of a recurrent layer",
        (
            ("lstm/torch/001", "`biases: 2`"),
            ("lstm/keras/001", "`biases: 1`"),
            ("gru/torch/001", "`biases: 2`"),
            ("gru/keras/001", "`biases: 2`: reset_after"),
            ("gru/keras/002", "`biases: 1`"),
        ),
    ),
    Convention(
        "Which elements a normalisation or slope is trained for",
        (
            ("layer/torch/005", "`layer_norm: {axes: volume}`"),
            ("layer/keras/003", "`layer_norm`: the depth"),
            ("layer/torch/013", "`prelu`: one for the layer"),
            ("layer/torch/014", "`prelu: {per: depth}`"),
            ("layer/keras/005", "`prelu: {per: volume}`"),
        ),
    ),
    Convention(
        "Running statistics: buffers here; Keras' `count_params()` adds them to the parameters",
        (
            ("layer/torch/001", "`batch_norm`"),
            ("layer/keras/001", "`batch_norm`; count_params() says 64"),
            ("layer/keras/002", "`batch_norm: {scale: false}`"),
        ),
    ),
    Convention(
        "Weights of a locally connected layer",
        (
            ("local_conv/tensorflow/001", "`sharing: local`"),
            ("local_conv/flax/001", "`sharing: local`"),
            ("local_conv/torch/001", "`sharing: local`"),
            ("local_conv/torch/010", "`sharing: local`, `untied_bias: false`: Lasagne's default"),
            ("conv/torch/077", "`untied_bias: true`: cuda-convnet's sharedBiases=0"),
        ),
    ),
    Convention(
        "Biases of a separable convolution",
        (("separable_conv/keras/001", "one vector, after the 1×1 convolution"),),
    ),
)


def shape(row: dict[str, Any], key: str) -> str:
    """A row's input or output as this project writes volumes."""
    return str(reference.volume_of(row, row[key]))


def conventions() -> Lines:
    """Ideas for which frameworks have several conventions."""
    yield """## One idea, several conventions

Frameworks use some words with different meanings. The language has a spelling for each of them. All these measured rows
agree:
"""
    body = []
    for convention in CONVENTIONS:
        question = convention.question
        for id_, here in convention.rows:
            row = reference.ROWS[id_]
            verdict(row)
            pads = "; pads " + ", ".join(f"{a}:{b}" for a, b in row["resolved_pads"]) if "resolved_pads" in row else ""
            kept = f"{row['weights']:,} + {row['biases']:,}" if row["weights"] + row["biases"] else ""
            name = next(name for name, long in FRAMEWORKS.items() if long == row["framework"])
            body.append([question, f"{name} `{row['call']}`{pads}", f"{shape(row, 'in_shape')} → {shape(row, 'out_shape')}", kept, here])  # fmt: skip
            question = ""
    yield from rows(["question", "measured", "volumes", "weights + biases", "here"], body)
    yield """The totals of an exported ONNX file differ from those of the trained network: ONNX stores running statistics and trained
numbers in the same way, as initialisers, and exporters fold a normalisation into the convolution before it (K more biases,
4·K fewer numbers).
"""


# ---------------------------------------------------------------------- networks

#: Networks that differ from an example in one thing: (entry of networks.json, file, variables that are set) -> that thing.
DIFFERENT = {
    ("keras_ResNet50", "resnet.yaml", (("depth", 50), ("v1", 1))): "its convolutions keep a bias before each normalisation",
    ("keras_ResNet101", "resnet.yaml", (("depth", 101), ("v1", 1))): "its convolutions keep a bias before each normalisation",
    ("keras_ResNet152", "resnet.yaml", (("depth", 152), ("v1", 1))): "its convolutions keep a bias before each normalisation",
    ("keras_InceptionV3", "inception_v3.yaml", ()): "its normalisations have no gamma",
    ("inception_v3", "inception_v3.yaml", ()): "its auxiliary classifier counts",
    ("alexnet_ungrouped_227", "alexnet.yaml", ()): "without the two groups",
    ("swin_t", "swin_tiny.yaml", ()): "its buffers are tables of indices",
}  # fmt: skip
for example in examples.TABLE:
    if example.file == "efficientnet.yaml":
        named = f"keras_EfficientNet{example.source[-2:].upper()}"
        DIFFERENT[(named, example.file, tuple(example.set.items()))] = (
            "it keeps mean and variance of its input, and a counter"
        )


def key_of(row: examples.Published) -> tuple[str, tuple[tuple[str, Any], ...]]:
    """An example's file, and the variables that are set."""
    return row.file, tuple(row.set.items())


def same(entry: dict[str, Any], row: examples.Published) -> bool:
    """Whether a measured network has an example's parameters, buffers and MACs; a number that was not measured agrees."""
    theirs = entry["params"], entry["buffers"], entry.get("macs", row.macs)
    return theirs == (row.parameters, row.buffers, row.macs)


def difference(entry: dict[str, Any], row: examples.Published) -> str:
    """The numbers in which a measured network differs from an example."""
    pairs = {
        "parameters": (entry["params"], row.parameters),
        "buffers": (entry["buffers"], row.buffers),
        "MACs": (entry.get("macs", row.macs), row.macs),
    }
    found = [f"{a:,} {name} ({a - b:+,})".replace("-", "−") for name, (a, b) in pairs.items() if a != b]
    return ", ".join(found)


def spoken(entry: dict[str, Any]) -> str:
    """A measured network's name and framework."""
    if entry["name"].startswith("keras_"):
        return f"Keras {entry['name'][6:]}"
    return f"torchvision {entry['name']}" if entry["source"].startswith("torchvision") else entry["name"]


def agreeing() -> dict[str, examples.Published]:
    """The measured networks that an example reproduces, by name."""
    return {entry["name"]: row for row in examples.TABLE for entry in NETWORKS["networks"] if same(entry, row)}


def networks() -> Lines:
    """Every example: its totals, who publishes the same numbers, and who publishes others."""
    body, known = [], {entry["name"]: entry for entry in NETWORKS["networks"]}
    for row in examples.TABLE:
        examples.test_totals_are_the_published_ones(row)
        totals = analyzer.analyze(examples.EXAMPLES / row.file, set=dict(row.set)).totals
        declared = totals.declared
        name = " ".join([row.file.removesuffix(".yaml"), *(f"{key}={value}" for key, value in row.set.items())])
        others = [
            spoken(entry)
            for entry in NETWORKS["networks"]
            if same(entry, row) and entry["name"].removeprefix("keras_") not in row.source.split()
        ]
        notes = []
        for (entry_name, *rest), why in DIFFERENT.items():
            if tuple(rest) == key_of(row):
                entry = known[entry_name]
                notes.append(f"{spoken(entry)}: {difference(entry, row)}; {why}")
        body.append([name, f"{declared.parameters:,}", f"{declared.buffers:,}", f"{totals.macs:,}", row.source, ", ".join(others), "; ".join(notes)])  # fmt: skip
    found = agreeing()
    yield f"""## Networks

The table compares {len(examples.TABLE)} networks of `example_models/`, as declared in the file, with the numbers that papers and
frameworks publish. Every row agrees exactly. Of the {len(NETWORKS["networks"])} networks in `tests/data/networks.json`, {len(found)} have the numbers
of an example. If a network with the same name has other numbers, the last column says which.
({NETWORKS["source"][0].upper()}{NETWORKS["source"][1:]}.)
"""
    head = ["network", "parameters", "buffers", "MACs", "published by", "same numbers in", "other numbers in"]
    yield from rows(head, body)
    yield """Published FLOPs are MACs in most papers and in torchvision (`_ops`, "GFLOPS"). In Darknet's BFLOPs and in TensorFlow's
profiler they are 2·MACs. He et al. 2015 print 3.8 for ResNet-50 with the stride in the first 1×1 (`v1=1`), and 15.3 for
VGG-16 without its dense layers. Keras' `count_params()` and `summary()` add buffers to parameters.
"""


# ---------------------------------------------------------------------- other tools


def tools() -> Lines:
    """How other tools count."""
    yield """## How other tools count

`python benchmarks/peers.py --record` recorded this table: ResNet-50, with torchvision's numbers in the heading, and six layers,
with MACs calculated by hand. Numbers in bold are right. *Start* is the wall-clock time from starting the process to a
printed summary of ResNet-50, in units of `python -c pass`. It is the median of alternating runs on two cores that were
shared with other work, and it depends on the machine. No tool that runs on torch can start faster than `import torch`.
"""
    yield tools_table(PEERS["tools"])
    yield """
- Adding a bias is not a multiplication, so MACs that include biases count as wrong here (14,336 = 13,824 + 512; 6,368; 308).
- `FlopCounterMode` prints twice the MACs; the table shows half of that.
- The transposed convolution has 5,400 MACs: one kernel for each *input* position. 26,136 counts output positions.
- `FlopCounterMode` and the tools that hook modules do not see fused attention and fused LSTMs.
- onnx-tool reads a file in which the normalisations are folded into the convolutions. The time to export it is not included.
- calflops needs `transformers`, which was not installed.
- DeepSpeed was not installed either. The next table has it, with more layers, from an earlier measurement."""
    yield f"\n{COUNTERS['source'][0].upper()}{COUNTERS['source'][1:]}.\n"
    names = {"fvcore": "fvcore", "fcm": "FlopCounterMode", "pt_torch": "ptflops", "pt_aten": "ptflops, aten", "thop": "thop", "torchinfo": "torchinfo", "deepspeed": "DeepSpeed"}  # fmt: skip

    def cell(value: Any) -> str:
        return ", ".join(f"{int(number):,}" for number in (value if isinstance(value, list) else [value]))

    body = [[name, *(cell(found[key]) for key in names)] for name, found in COUNTERS["counters"].items()]
    yield from rows(["layer", *names.values()], body, right=1)


def page() -> str:
    """The whole page."""
    parts = [
        """# Agreement with frameworks, papers and other tools

`python benchmarks/agreement.py > docs/agreement.md` makes this page; do not edit it. Every number is measured, published or
computed, as the text says. The script stops with an error when a layer or a network does not agree. Volumes are height x
width x depth.
""",
        *measured(),
        *drawn(),
        *alone(),
        *conventions(),
        *networks(),
        *tools(),
    ]
    return filled("\n".join(parts).rstrip()) + "\n"


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write(page())
