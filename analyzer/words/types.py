"""Layer types that people ask for and that do not exist here under any name, with what to write instead.

What a type that does exist is called elsewhere is declared with the type itself, in the catalogue.
"""

from __future__ import annotations

_PRODUCT = "a product of two matrices is a `matmul: [a, b]`; other axes need a `rearrange` before it"
_CUSTOM = "it does not exist here; `custom: {output: 64x64}` describes a layer by its output and its costs"
_SHAPE = "write `reshape` with the volume that it makes, such as `reshape: 1x1x512`"
_POOL = "write `max_pool`, `avg_pool`, or `global_avg_pool` for one value a plane"
_NORM = "write the normalisation that is meant: `batch_norm`, `layer_norm`, `group_norm` …"
_GROUP = "write the layers one after another in the list, or group them with `- sequence: [ … ]`"
_BLOCK = "declare a block under `blocks:`, with its layers"
_RESIDUAL = "write `residual: {body: [ … ]}`"
_PARALLEL = "write `parallel: {join: concat, branches: {a: [ … ], b: [ … ]}}`"
_OUT = "it changes no shape and no cost: leave it out"
_DATA = "it belongs to the data, not to the network: leave it out"
_LOSS = "a loss is not a layer here: write `training: {loss: cross_entropy}` at the top of the file"
_REDUCE = "over an axis, write `reduce: {op: {word}, axis: height}`"

ABSENT = {
    **dict.fromkeys(("bmm", "mm", "einsum", "dot", "dotproduct", "baddbmm", "batchmatmul", "tensordot", "outer", "batchdot"), _PRODUCT),
    **dict.fromkeys(("pool", "pooling", "pool1d", "pool2d", "pool3d", "spatialpool", "pooling2d"), _POOL),
    **dict.fromkeys(("globalpool", "globalpooling", "globalpool2d"), "write `global_avg_pool` or `global_max_pool`"),
    **dict.fromkeys(("adaptivepool", "adaptivepooling"), "write `adaptive_avg_pool` or `adaptive_max_pool`"),
    **dict.fromkeys(("norm", "normalize", "normalization", "normalisation", "l2normalize", "l2norm", "localnorm"), _NORM),
    **dict.fromkeys(("activation", "act", "nonlinearity", "activationlayer"), "write the activation itself as an item, such as `- relu`"),
    **dict.fromkeys(("sequential", "modulelist", "nnsequential", "model", "module", "functional", "graph", "group", "stack", "list", "chain", "serial"), _GROUP),
    **dict.fromkeys(("basicblock", "bottleneck", "block", "transformerencoderlayer", "transformerencoder", "transformerdecoderlayer", "transformerblock", "transformer", "encoderlayer", "mbconv", "invertedresidual", "mlp", "feedforward", "ffn", "convbnrelu", "convblock", "doubleconv", "c2f", "c3", "sppf", "resblock", "denseblock", "fire", "firemodule"), _BLOCK),
    **dict.fromkeys(("skip", "skipconnection", "residualblock", "identityblock", "res", "residualadd"), _RESIDUAL),
    **dict.fromkeys(("branch", "branches", "inception", "fork", "splitconcat", "concurrent"), _PARALLEL),
    **dict.fromkeys(("identity", "noop", "nop", "passthrough", "ident", "cast", "contiguous", "detach", "clone", "constant", "print", "assert", "gaussiannoise", "activityregularization", "masking", "spectralnorm", "spectralnormalization", "stopgradient", "silence", "fakequantize", "quantstub", "dequantstub", "to", "float", "requiresgrad"), _OUT),
    **dict.fromkeys(("rescaling", "normalizeimage", "randomflip", "randomcrop", "randomrotation", "randomzoom", "centercropimage", "totensor", "compose", "imagedata", "augment", "augmentation", "dataaugmentation", "colorjitter", "randomhorizontalflip", "textvectorization"), _DATA),
    **dict.fromkeys(("loss", "criterion", "crossentropyloss", "softmaxwithloss", "mseloss", "nllloss", "bceloss", "euclideanloss", "crossentropy", "accuracy", "cost", "sigmoidcrossentropyloss"), _LOSS),
    **dict.fromkeys(("squeeze", "unsqueeze", "expanddims", "newaxis", "repeatvector"), _SHAPE),
    **dict.fromkeys(("max", "sum"), _REDUCE),
    **dict.fromkeys(("minimum", "cumsum", "scatter", "topk", "sort", "nms", "nonmaxsuppression", "roialign", "roipool", "roipooling", "detect", "detectionoutput", "proposal", "priorbox", "gridsample", "gridsampler", "where", "affinegrid", "deformconv2d", "deformconv", "dcn", "capsule", "fft", "fft2", "stft", "maxunpool2d", "correlation", "bilinear", "graphconv", "gcnconv", "rnncell", "lstmcell", "grucell", "mamba", "ssm", "div", "divide", "sqrt", "exp", "log", "pow", "abs", "neg", "square", "power", "sin", "cos", "erf", "rsqrt", "reciprocal", "yolo", "region", "detection", "selectivescan", "cosinesimilarity", "pdist"), _CUSTOM),
    "bidirectional": "write `bidirectional: true` in the layer itself, such as `lstm: {units: 64, bidirectional: true}`",
    "wrapper": _BLOCK,
    "weightnorm": "a trained gain does not change a shape: leave it out",
    "bias": "write `bias: true` in the layer before it",
    "biasadd": "write `bias: true` in the layer before it",
    "zeropad": "write `pad` with its cells, such as `pad: 1`",
}  # fmt: skip
