"""Values that are words, as other libraries write them."""

from __future__ import annotations

#: Words for the choices of parameters, each where a choice has that name.
CHOICES = {
    # how padding is counted, and what is in its cells
    "samepadding": "same", "sameupper": "same", "samelower": "same_lower", "half": "same", "auto": "same",
    "full": "", "nopadding": "valid", "none": "valid", "no": "valid", "zero": "zeros", "constant": "zeros",
    "edge": "replicate", "repeat": "replicate", "clamp": "replicate", "border": "replicate", "mirror": "reflect",
    "reflection": "reflect", "reflect101": "reflect", "wrap": "circular", "periodic": "circular", "cyclic": "circular",
    # interpolation
    "nearestneighbor": "nearest", "nearestneighbour": "nearest", "nearestexact": "nearest", "cubic": "bicubic",
    "bilinearinterpolation": "bilinear", "avg": "area", "box": "area",
    # sharing
    "locally": "local", "locallyconnected": "local", "unshared": "local", "untied": "local", "independent": "local",
    "global": "shared", "tied": "shared", "share": "shared", "tile": "tiled", "region": "regions",
    # rounding, crops, who has a parameter of its own
    "true": "ceil", "up": "ceil", "ceiling": "ceil", "false": "floor", "down": "floor", "centre": "center",
    "middle": "center", "channel": "depth", "channels": "depth", "all": "layer", "element": "volume",
    "elementwise": "volume",
    # joins, activations as a choice
    "hardswish": "hard_swish", "hswish": "hard_swish", "hardsigmoid": "hard_sigmoid", "swish": "silu",
    "logistic": "sigmoid",
}  # fmt: skip

#: Number formats.
DTYPES = {
    "fp32": "float32", "f32": "float32", "float": "float32", "single": "float32", "full": "float32", "fp64": "float64",
    "f64": "float64", "double": "float64", "fp16": "float16", "f16": "float16", "half": "float16", "bf16": "bfloat16",
    "bfloat": "bfloat16", "brainfloat": "bfloat16", "tensorfloat32": "tf32", "fp8": "float8", "f8": "float8",
    "float8e4m3": "float8", "float8e5m2": "float8", "float8e4m3fn": "float8", "e4m3": "float8", "e5m2": "float8",
    "fp4": "float4", "nf4": "float4", "nvfp4": "float4", "mxfp4": "float4", "long": "int64", "int": "int32",
    "short": "int16", "char": "int8", "byte": "uint8", "i8": "int8", "u8": "uint8", "i32": "int32", "i64": "int64",
    "i16": "int16", "i4": "int4", "uint4": "int4", "boolean": "bool", "32": "float32", "16": "float16", "64": "float64",
    "8": "int8", "32bit": "float32", "16bit": "float16", "8bit": "int8", "4bit": "int4", "q8": "int8", "q4": "int4",
    "qint8": "int8", "quint8": "uint8",
    "16true": "float16", "bf16true": "bfloat16", "32true": "float32",
}  # fmt: skip

#: Optimizers, and what else `training` may be told.
OPTIMIZERS = {
    "sgdm": "momentum", "sgdmomentum": "momentum", "sgdwithmomentum": "momentum", "heavyball": "momentum",
    "nag": "nesterov", "sgdnesterov": "nesterov", "adamoptimizer": "adam", "gradientdescent": "sgd", "gd": "sgd",
    "vanilla": "sgd", "decoupledadam": "adamw", "rms": "rmsprop", "adafactoroptimizer": "adafactor",
}  # fmt: skip

#: Optimizers that do not exist here, with those that keep the same state.
OPTIMIZERS_ABSENT = {
    **dict.fromkeys(("nadam", "adamax", "radam", "amsgrad", "lamb", "adabelief", "yogi"), "`adam` keeps two moments as `{word}` does"),
    **dict.fromkeys(("lars", "asgd", "signum"), "`momentum` keeps one state as `{word}` does"),
    "adadelta": "`adam` keeps two states as `{word}` does",
}  # fmt: skip

#: Losses.
LOSSES = {
    "crossentropyloss": "cross_entropy", "ce": "cross_entropy", "celoss": "cross_entropy", "xent": "cross_entropy",
    "categoricalcrossentropy": "cross_entropy", "sparsecategoricalcrossentropy": "cross_entropy",
    "softmaxcrossentropy": "cross_entropy", "softmaxloss": "cross_entropy", "softmaxwithloss": "cross_entropy",
    "logloss": "cross_entropy", "mseloss": "mse", "meansquarederror": "mse", "l2": "mse", "l2loss": "mse",
    "euclidean": "mse", "euclideanloss": "mse", "quadratic": "mse", "no": "none", "null": "none", "false": "none",
}  # fmt: skip

#: Steps of an optimizer.
STEPS = {"forloop": "loop", "singletensor": "loop", "multitensor": "foreach", "fusedkernel": "fused", "capturable": ""}

#: Layouts of tensors on a card.
LAYOUTS = {
    "nchw": "channels_first", "ncdhw": "channels_first", "contiguous": "channels_first",
    "contiguousformat": "channels_first", "first": "channels_first", "nhwc": "channels_last",
    "ndhwc": "channels_last", "channelslast3d": "channels_last", "last": "channels_last",
}  # fmt: skip

#: Words that are keys of the file, as items of its list of layers, with the key.
TOP_AS_LAYER = {
    "input": "input", "inputs": "inputs", "inputlayer": "input", "data": "input", "placeholder": "input",
    "inputdata": "input", "imageinput": "input", "imageinputlayer": "input", "image": "input", "inputshape": "input",
    "net": "input", "inputimage": "input",
    "output": "outputs", "outputs": "outputs", "outputlayer": "outputs",
    "vars": "vars", "variables": "vars", "blocks": "blocks", "defaults": "defaults", "budget": "budget",
    "training": "training", "train": "training", "layers": "layers", "description": "description",
    "optimizer": "training", "loss": "training", "batch": "training", "batchsize": "training",
}  # fmt: skip

#: Keys under which other formats write the type of a layer, and those under which they write its parameters.
TYPE_KEYS = ("type", "layer", "kind", "op", "optype", "class", "classname", "module", "layertype", "operator", "layerclass", "cls", "block", "target", "function", "fn")  # fmt: skip
INSIDE_KEYS = ("params", "parameters", "args", "arguments", "kwargs", "config", "attrs", "attributes", "options", "hyperparameters", "settings", "properties")  # fmt: skip
