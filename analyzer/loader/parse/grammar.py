"""The words of the language outside the layer catalogue: keys of a file, of a layer, of structures, budgets, training.

Parser, schema, messages and docs are made from these tables.
"""

from __future__ import annotations

from analyzer.dtypes import BITS
from analyzer.layers.kinds import Flag, Kind, Number, Whole

#: Keys of a file, with what they mean.
TOP_KEYS = {
    "name": "the network's name in the reports; the file's stem otherwise",
    "description": "a text for the reports",
    "input": "the input volume, such as `32x32x3` (height x width x depth), `16000x1`, `16x112x112x3` or `512`",
    "inputs": "several input volumes by name; the first is what the first layer reads",
    "vars": "numbers and words used as `$name`; `--set name=value` overrides them",
    "defaults": "per layer type, parameters used where a layer leaves them out",
    "blocks": "reusable blocks; their names start with a capital letter",
    "layers": "the list that is the network",
    "outputs": "names of the layers that are outputs; otherwise every layer that nothing reads",
    "budget": "limits on what the network may cost",
    "training": "how the network is trained",
    "sweep": "variables and inputs with the values that `analyzer sweep` takes: `{width: 16:128:16, depth: [18, 50]}`",
    "weights_dtype": "the number format of the weights, such as `int8`, where it is not that of the run",
}

#: Keys beside a layer type, a block or a structure, with what they mean.
GRAPH_KEYS = {
    "name": "its name for `from`, reports and messages",
    "from": "the layer it reads, otherwise the one above; a list where a type reads several volumes",
    "repeat": "a count, or lists to step through together: `{c: [64, 128], n: [2, 3]}`",
    "first": "parameters that differ in the first repetition",
    "when": "keep the layer only if this expression is true",
    "expect": "the output volume that the author asserts, such as `14x14x20` or `56x56x?`",
    "note": "a text for the report",
    "tied": "an earlier layer, block or structure whose parameters it reuses; `{weights: NAME}` the weights only",
    "frozen": "`true`: its parameters are not trained",
    "weights_dtype": "the number format of its weights, such as `int8`, where it is not that of the other layers",
}

#: Structures, with what they mean.
STRUCTURES = {
    "residual": "a body and a shortcut, added",
    "parallel": "branches that read the same volume, joined",
    "sequence": "a group, to name or repeat",
}

#: Keys of the structures that take a mapping, with what they mean.
RESIDUAL_KEYS = {
    "body": "the layers of the body",
    "project": "the layers of the shortcut where the body changes the shape; `none`: no shortcut there",
    "act": "the activation after the sum",
}
PARALLEL_KEYS = {
    "join": "how the branches are joined: `concat`, `add` or `multiply`",
    "branches": "lists of layers by name",
}
JOINS = ("concat", "add", "multiply")

#: Keys of a block, with what they mean.
BLOCK_KEYS = {
    "params": "its parameters, `name` or `name=default`",
    "layers": "the layers of its body",
    "description": "a text for readers",
}

#: Axes of the long form of an input.
INPUT_AXES = ("time", "height", "width", "length", "depth")

#: Keys of `training`, each the setting of a run with that name, with their choices or their kind; `checkpoint` and
#: `device` have a reading of their own. The memory analysis has the same choices, which a report does not load.
TRAINING_KEYS: dict[str, tuple[str, ...] | Kind | None] = {
    "batch": Whole(1),
    "dtype": tuple(BITS),
    "optimizer": ("sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop", "adagrad", "adafactor", "lion"),
    "weight_decay": Number(0),
    "step": ("foreach", "loop", "fused"),
    "loss": ("cross_entropy", "mse", "none"),
    "autocast": ("bfloat16", "float16"),
    "checkpoint": None,
    "accumulate": Whole(1),
    "ema": Flag(),
    "master_weights": Flag(),
    "device": None,
    "layout": ("channels_first", "channels_last"),
    "tf32": Flag(),
    "ranks": Whole(1),
    "strategy": ("single", "ddp", "ddp-view", "zero1", "zero2", "zero3", "fsdp", "fsdp-no-reshard"),
}

#: Names that a layer may not have, with what they mean.
TAKEN_NAMES = {
    "prev": "the layer above",
    "input": "the network's input",
    "block_input": "the volume that the block around it was called on",
}
