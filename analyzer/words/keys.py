"""Keys of a file as other formats call them: at the top, beside a layer, in structures, blocks, budgets, training."""

from __future__ import annotations

#: Keys of a file.
TOP = {
    "inputshape": "input", "inputsize": "input", "inputdim": "input", "inputdims": "input", "shape": "input",
    "imagesize": "input", "imgsize": "input", "imagedims": "input", "size": "input", "resolution": "input",
    "inputresolution": "input", "inputlayer": "input", "inputvolume": "input", "inputspec": "input",
    "model": "layers", "network": "layers", "net": "layers", "architecture": "layers", "backbone": "layers",
    "modules": "layers", "body": "layers", "graph": "layers", "sequential": "layers", "layer": "layers",
    "nodes": "layers", "features": "layers", "classifier": "layers", "encoder": "layers", "stages": "layers",
    "variables": "vars", "params": "vars", "parameters": "vars", "constants": "vars", "hyperparameters": "vars",
    "hparams": "vars", "args": "vars", "config": "vars", "settings": "vars", "defines": "vars",
    "title": "name", "modelname": "name", "id": "name", "comment": "description", "doc": "description",
    "docs": "description", "about": "description", "note": "description",
    "default": "defaults", "argscope": "defaults", "templates": "blocks", "macros": "blocks", "functions": "blocks",
    "submodules": "blocks", "outputlayers": "outputs", "heads": "outputs", "returns": "outputs",
    "limits": "budget", "constraints": "budget", "train": "training", "trainer": "training", "optim": "training",
    "grid": "sweep", "search": "sweep", "searchspace": "sweep", "axes": "sweep", "ranges": "sweep", "sweeps": "sweep",
}  # fmt: skip

_TRAINS = "it changes no shape, no cost and no memory: leave `{word}` out"

#: What no file says at its top, with what to do.
TOP_ABSENT = {
    "batch": "write `training: {batch: 32}`", "batchsize": "write `training: {batch: 32}`",
    "bs": "write `training: {batch: 32}`", "optimizer": "write `training: {optimizer: adam}`",
    "loss": "write `training: {loss: cross_entropy}`", "dtype": "write `training: {dtype: float16}`",
    "precision": "write `training: {dtype: float16}`", "weightdecay": "write `training: {weight_decay: 0.0001}`",
    "device": "write `training: {device: RTX 4090}`", "gpu": "write `training: {device: RTX 4090}`",
    "nc": "write the number of classes as the units of the last layer, or as a variable under `vars:`",
    "numclasses": "write the number of classes as the units of the last layer, or as a variable under `vars:`",
    "anchors": _TRAINS, "depthmultiple": "write a factor as a variable under `vars:`",
    "widthmultiple": "write a factor as a variable under `vars:`",
    **dict.fromkeys(
        (
            "lr", "learningrate", "epochs", "epoch", "momentum", "scheduler", "seed", "metrics", "dataset", "data",
            "version", "workers", "pretrained", "weights", "checkpoint", "callbacks", "augmentation", "shuffle",
            "author", "date", "license", "task", "framework", "format", "trainable",
        ),
        _TRAINS,
    ),
}  # fmt: skip

#: Keys beside a layer.
GRAPH = {
    "id": "name", "label": "name", "namescope": "name", "layername": "name", "alias": "name",
    "input": "from", "inputs": "from", "bottom": "from", "inboundnodes": "from", "source": "from", "src": "from",
    "reads": "from", "parent": "from", "parents": "from", "inputfrom": "from", "frm": "from", "prev": "from",
    "n": "repeat", "number": "repeat", "times": "repeat", "count": "repeat", "repeats": "repeat", "num": "repeat",
    "repetitions": "repeat", "loop": "repeat", "copies": "repeat", "numblocks": "repeat",
    "if": "when", "condition": "when", "enabled": "when", "only": "when", "unless": "when",
    "shape": "expect", "outputshape": "expect", "output": "expect", "outshape": "expect", "assert": "expect",
    "expected": "expect", "expects": "expect", "outputsize": "expect",
    "comment": "note", "doc": "note", "description": "note", "notes": "note", "remark": "note",
    "share": "tied", "shared": "tied", "sharewith": "tied", "reuse": "tied", "tie": "tied", "tiedto": "tied",
    "weightsfrom": "tied", "weightsharing": "tied", "sharedweights": "tied", "paramname": "tied",
    "freeze": "frozen", "firstlayer": "first",
}  # fmt: skip

#: What no key beside a layer says, with what to do.
GRAPH_ABSENT = {
    "trainable": "write `frozen: true` for parameters that are not trained",
    "requiresgrad": "write `frozen: true` for parameters that are not trained",
    "top": "a layer that reads another one names it with `from`: leave `{word}` out",
    "to": "a layer that reads another one names it with `from`: leave `{word}` out",
    "outboundnodes": "a layer that reads another one names it with `from`: leave `{word}` out",
    "lr": _TRAINS, "lrmult": _TRAINS, "phase": _TRAINS, "dtype": "write `training: {dtype: float16}` at the top",
    "device": "no layer has a device here: leave `{word}` out", "batchsize": "write `training: {batch: 32}` at the top",
}  # fmt: skip

#: Keys of structures.
STRUCTURE = {
    "shortcut": "project", "downsample": "project", "skip": "project", "projection": "project", "identity": "project",
    "layers": "body", "main": "body", "block": "body", "function": "body", "path": "body", "branch": "branches",
    "paths": "branches", "activation": "act", "relu": "act", "merge": "join", "mode": "join", "op": "join",
    "combine": "join", "reduce": "join",
}  # fmt: skip

#: Ways to join branches.
JOINS = {
    "sum": "add", "plus": "add", "cat": "concat", "concatenate": "concat", "concatenation": "concat", "stack": "concat",
    "mul": "multiply", "product": "multiply", "prod": "multiply", "addition": "add", "elementwise": "add",
    "eltwise": "add",
}  # fmt: skip

#: Keys of a block.
BLOCK = {
    "inputs": "params", "args": "params", "arguments": "params", "parameters": "params", "variables": "params",
    "vars": "params", "body": "layers", "modules": "layers", "sequence": "layers", "content": "layers",
    "doc": "description", "note": "description", "comment": "description",
}  # fmt: skip

#: Axes of a volume.
AXES = {
    "channels": "depth", "channel": "depth", "features": "depth", "filters": "depth", "c": "depth", "d": "depth",
    "h": "height", "w": "width", "frames": "time", "t": "time", "l": "length", "n": "length", "samples": "length",
    "y": "height", "rows": "height", "x": "width", "columns": "width", "cols": "width", "seq": "length",
    "sequence": "length", "steps": "length", "tokens": "length", "planes": "depth", "z": "time", "chan": "depth",
    "1": "depth", "-1": "depth", "-3": "depth", "units": "depth",
}  # fmt: skip

#: Keys of a budget.
BUDGET = {
    "parameters": "params", "weights": "params", "nparams": "params", "numparams": "params", "modelsize": "weight_memory",
    "size": "weight_memory", "paramsmemory": "weight_memory", "parametermemory": "weight_memory",
    "trainableparams": "trainable", "trainableparameters": "trainable", "multadds": "macs", "madds": "macs",
    "gmacs": "macs", "mac": "macs", "macc": "macs", "gflops": "flops", "operations": "flops", "ops": "flops",
    "compute": "macs", "activations": "activation_memory", "activationsize": "activation_memory",
    "memory": "peak_training_memory", "trainingmemory": "peak_training_memory", "peakmemory": "peak_training_memory",
    "vram": "peak_training_memory", "gpumemory": "peak_training_memory", "inferencememory": "peak_inference_memory",
    "ram": "peak_inference_memory", "flash": "weight_memory", "rf": "receptive_field", "field": "receptive_field",
    "numlayers": "layers", "nlayers": "layers",
}  # fmt: skip

#: What no budget limits, with why.
BUDGET_ABSENT = dict.fromkeys(
    ("latency", "time", "speed", "fps", "throughput", "energy", "power", "accuracy", "cost"),
    "`{word}` depends on the device and the data, which no model file says: leave it out",
)

#: The ends of a limit.
ENDS = {
    "maximum": "max", "minimum": "min", "most": "max", "least": "min", "upper": "max", "lower": "min", "limit": "max",
    "atmost": "max", "atleast": "min", "lt": "max", "le": "max", "gt": "min", "ge": "min", "to": "max", "from": "min",
}  # fmt: skip

#: Keys of `training`.
TRAINING = {
    "batchsize": "batch", "bs": "batch", "minibatch": "batch", "n": "batch", "precision": "dtype", "type": "dtype",
    "optim": "optimizer", "opt": "optimizer", "optimiser": "optimizer", "solver": "optimizer", "algorithm": "optimizer",
    "wd": "weight_decay", "decay": "weight_decay", "l2": "weight_decay", "criterion": "loss", "lossfn": "loss",
    "lossfunction": "loss", "objective": "loss", "foreach": "step", "fused": "step", "amp": "autocast",
    "mixedprecision": "autocast", "gradientaccumulation": "accumulate", "gradientaccumulationsteps": "accumulate",
    "accumulategradbatches": "accumulate", "gradaccum": "accumulate", "accumulation": "accumulate",
    "gradientcheckpointing": "checkpoint", "activationcheckpointing": "checkpoint", "recompute": "checkpoint",
    "remat": "checkpoint", "movingaverage": "ema", "gpu": "device", "card": "device", "hardware": "device",
    "vram": "device", "gpus": "ranks", "devices": "ranks", "worldsize": "ranks", "numgpus": "ranks", "zero": "strategy",
    "sharding": "strategy", "parallel": "strategy", "memoryformat": "layout", "dataformat": "layout",
    "channelslast": "layout", "allowtf32": "tf32", "masterparams": "master_weights", "fp32master": "master_weights",
    "fp32weights": "master_weights", "mainparams": "master_weights",
}  # fmt: skip

#: What `training` does not say, with what to do.
TRAINING_ABSENT = {
    "momentum": "write `optimizer: momentum`", "nesterov": "write `optimizer: nesterov`",
    "fp16": "write `autocast: float16` for mixed precision", "bf16": "write `autocast: bfloat16` for mixed precision",
    **{
        name: f"it is an option of the command: `analyzer memory --{option}`"
        for name, option in {"mode": "mode", "context": "context"}.items()
    },
    **dict.fromkeys(
        (
            "lr", "learningrate", "epochs", "epoch", "scheduler", "lrscheduler", "warmup", "warmupsteps", "seed", "betas",
            "beta1", "beta2", "eps", "metrics", "steps", "maxsteps", "shuffle", "workers", "numworkers", "gradclip",
            "clipnorm", "dampening", "patience", "earlystopping", "dataset", "augmentation", "labelsmoothing", "rho",
        ),
        _TRAINS,
    ),
}  # fmt: skip

#: The tables by what has such keys: what they are called, and what does not exist.
OF: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "graph": (GRAPH, GRAPH_ABSENT),
    "structure": (STRUCTURE, {}),
    "joins": (JOINS, {}),
    "block": (BLOCK, {}),
    "axes": (AXES, {}),
    "budget": (BUDGET, BUDGET_ABSENT),
    "ends": (ENDS, {}),
    "training": (TRAINING, TRAINING_ABSENT),
}
