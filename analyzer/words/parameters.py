"""Parameters of layers as other libraries call them."""

from __future__ import annotations

#: Words, and what a layer type may call them here: the first name that the type has is meant.
CALLED = {
    "kernelsize": "kernel", "ksize": "kernel", "filtersize": "kernel", "kernelshape": "kernel", "patchsize": "kernel",
    "poolsize": "kernel", "windowsize": "window kernel", "windowshape": "kernel", "window": "kernel", "k": "kernel",
    "receptivefield": "kernel", "kernelwidth": "kernel", "kw": "kernel", "kernelh": "kernel", "kernelw": "kernel",
    "size": "kernel factor to filters units", "strides": "stride", "subsample": "stride", "poolstride": "stride",
    "stridesize": "stride", "stridew": "stride", "strideh": "stride", "step": "stride", "s": "stride",
    "pad": "padding", "pads": "padding", "paddingsize": "padding", "bordermode": "padding", "autopad": "padding",
    "zeropadding": "padding", "paddings": "padding", "padh": "padding", "padw": "padding", "cropping": "padding",
    "outchannels": "filters units", "outputchannels": "filters units", "channels": "filters units",
    "numoutput": "filters units", "numoutputs": "filters units", "nout": "filters units", "outdim": "units filters",
    "outputdim": "size units filters", "outplanes": "filters", "planes": "filters", "outfilters": "filters",
    "nfilters": "filters", "numfilters": "filters", "nbfilter": "filters", "nbfilters": "filters", "numkernels": "filters",
    "outfeatures": "units filters", "outputfeatures": "units filters", "features": "filters units",
    "filters": "units", "units": "filters", "outputsize": "size to units", "outsize": "size to units",
    "hiddensize": "units size", "numunits": "units", "numhidden": "units", "hiddenunits": "units", "neurons": "units",
    "nhidden": "units", "hidden": "units", "hiddendim": "units", "nodes": "units", "depth": "filters units layers",
    "cout": "filters units", "c2": "filters", "n": "filters size", "c": "filters units", "dimout": "units filters",
    "width": "filters units", "numchannelsout": "filters", "outputs": "units", "numclasses": "units", "classes": "units",
    "usebias": "bias center", "hasbias": "bias center", "biasterm": "bias", "addbias": "bias", "withbias": "bias",
    "projectionbias": "bias", "qkvbias": "bias", "biases": "bias",
    "kvheads": "key_value_heads", "numkvheads": "key_value_heads", "nkvheads": "key_value_heads",
    "numkeyvalueheads": "key_value_heads", "nkeyvalueheads": "key_value_heads",
    "weightnormalization": "weight_norm", "weightnormalisation": "weight_norm", "useweightnorm": "weight_norm",
    "dilationrate": "dilation", "dilations": "dilation", "atrousrate": "dilation", "atrous": "dilation",
    "dilate": "dilation", "rate": "dilation", "rhsdilation": "dilation", "d": "dilation",
    "group": "groups", "ngroups": "groups", "numgroups": "groups", "cardinality": "groups", "g": "groups",
    "featuregroupcount": "groups",
    "activation": "act", "activationfn": "act", "activationfunction": "act", "nonlinearity": "act", "actlayer": "act",
    "actfn": "act", "activations": "act",
    "normalization": "norm", "normalisation": "norm", "normlayer": "norm", "batchnorm": "norm", "batchnormalize": "norm",
    "usebatchnorm": "norm", "usebn": "norm", "bn": "norm", "normalizerfn": "norm",
    "depthmultiplier": "multiplier", "channelmultiplier": "multiplier",
    "p": "rate padding", "prob": "rate", "probability": "rate", "dropout": "rate", "dropoutrate": "rate",
    "dropoutratio": "rate", "ratio": "rate", "dropprob": "rate", "droprate": "rate", "droppath": "rate",
    "droppathrate": "rate", "survivalprob": "rate", "dropconnectrate": "rate",
    "shifts": "shift", "repeats": "count", "reps": "count", "multiples": "count", "times": "count",
    "dim": "axis axes order size units", "axis": "axes order", "axes": "axis order", "dimension": "axis axes",
    "concataxis": "axis", "normalizedshape": "axes", "splitdim": "axis", "slicedim": "axis",
    "dims": "order to axes axis", "perm": "order", "permutation": "order",
    "numheads": "heads", "nhead": "heads", "nheads": "heads", "nhhead": "heads", "h": "heads",
    "numattentionheads": "heads", "attentionheads": "heads",
    "keydim": "key_depth", "kdim": "key_depth", "headdim": "key_depth", "sizeperhead": "key_depth", "dk": "key_depth",
    "valuedim": "value_depth", "vdim": "value_depth", "dv": "value_depth",
    "relpos": "relative_position", "userelpos": "relative_position", "relativepositionbias": "relative_position",
    "relativepositionembedding": "relative_position", "relposbias": "relative_position",
    "scalefactor": "factor", "scales": "factor", "upscalefactor": "factor", "downscalefactor": "factor",
    "blocksize": "factor", "upscale": "factor", "r": "factor ratio", "scale": "factor", "stride": "factor",
    "interpolation": "mode", "method": "mode", "upsamplemode": "mode", "interpolationmode": "mode", "resamplingmode": "mode",
    "padmode": "padding_mode", "paddingtype": "padding_mode", "bordertype": "padding_mode", "mode": "padding_mode",
    "ceilmode": "rounding", "roundmode": "rounding",
    "alpha": "slope", "negativeslope": "slope", "leak": "slope", "negslope": "slope", "leakiness": "slope",
    "elementwiseaffine": "affine", "learnable": "affine", "usescale": "scale", "gamma": "scale", "usegamma": "scale",
    "beta": "center", "usebeta": "center", "centre": "center", "bias": "center", "addoffset": "center",
    "trackrunningstats": "statistics", "runningstats": "statistics", "trackstats": "statistics",
    "numembeddings": "vocabulary", "inputdim": "vocabulary", "vocabsize": "vocabulary", "vocab": "vocabulary",
    "vocabularysize": "vocabulary", "numtokens": "vocabulary", "nwords": "vocabulary", "maxfeatures": "vocabulary",
    "embeddingdim": "size", "embeddim": "size", "embeddingsize": "size", "embedsize": "size", "dmodel": "size units",
    "embdim": "size", "emsize": "size", "localsize": "size", "depthradius": "size",
    "shape": "to output", "targetshape": "to", "newshape": "to", "newsize": "to", "target": "to like", "outputshape": "output to size",
    "unflattenedsize": "to", "reference": "like", "layerslike": "like",
    "numlayers": "layers", "nlayers": "layers", "nlayer": "layers", "bidir": "bidirectional",
    "returnsequences": "sequence", "returnsequence": "sequence",
    "reducedchannels": "reduced", "squeezechannels": "reduced", "rdchannels": "reduced", "bottleneck": "reduced",
    "reduction": "ratio", "reductionratio": "ratio", "rdratio": "ratio", "seratio": "ratio", "squeezefactor": "ratio",
    "gatelayer": "gate", "scaleactivation": "gate", "gateactivation": "gate", "gatefn": "gate",
    "tensors": "inputs", "layers": "inputs", "from": "inputs", "bottom": "inputs", "sources": "inputs",
    "branches": "inputs", "parameters": "weights", "params": "weights", "numparams": "weights", "numparameters": "per",
    "begin": "start", "offset": "start", "end": "stop", "to": "stop size", "length": "stop",
    "numtoken": "count", "binsizes": "bins", "levels": "bins", "poolsizes": "bins", "pyramidheight": "bins",
    "shared": "sharing", "shareweights": "sharing", "unshared": "sharing", "local": "sharing", "untiebiases": "untied_bias",
    "multadds": "macs", "madds": "macs",
}  # fmt: skip

_INFERRED = "the input's depth is inferred: leave `{word}` out"
_ONCE = "the input's volume appears once, in the key `input` at the top of the file: leave `{word}` out"
_INITIAL = "weights are not initialised here: leave `{word}` out"
_NOTHING = "it changes no shape and no cost: leave `{word}` out"
_PENALTY = "regularisation changes no shape and no cost: leave `{word}` out"
_LAYOUT = "volumes are always height x width x depth: leave `{word}` out"
_FROZEN = "write `frozen: true` beside the layer for parameters that are not trained"
_ONE_DTYPE = "the whole network has one number format, `dtype` in `training` or `--dtype`: leave `{word}` out"
_DROPOUT = "dropout is a layer of its own, such as `- dropout: 0.1`: leave `{word}` out"

#: Words without a counterpart, with what to do.
ABSENT = {
    **dict.fromkeys(
        (
            "inchannels", "infeatures", "inputchannels", "inputfeatures", "numfeatures", "numchannels", "inplanes",
            "cin", "c1", "inch", "inchs", "nin", "indim", "dimin", "inputdepth", "inputsize", "inputunits", "inputdim",
            "inputdims", "embeddim", "numinput", "numinputs", "ninput", "nchannels", "incs", "infilters", "numinputchannels",
        ),
        _INFERRED,
    ),
    **dict.fromkeys(
        ("inputshape", "batchinputshape", "batchshape", "inputlength", "inputresolution", "inputtensor", "imgsize", "imagesize"),
        _ONCE,
    ),
    **dict.fromkeys(
        (
            "kernelinitializer", "biasinitializer", "kernelinit", "biasinit", "weightinit", "weightinitializer", "init",
            "initializer", "embeddingsinitializer", "recurrentinitializer", "gammainitializer", "betainitializer",
            "movingmeaninitializer", "movingvarianceinitializer", "alphainitializer", "weightfiller", "biasfiller",
            "weightsinitializer", "biasesinitializer", "depthwiseinitializer", "pointwiseinitializer", "initialization",
            "initialisation", "initvalue", "initvalues", "initstd", "zeroinit", "forgetbias", "unitforgetbias",
            "pretrained", "initialweights", "precision",
        ),
        _INITIAL,
    ),
    "precision": _ONE_DTYPE,
    **dict.fromkeys(
        (
            "kernelregularizer", "biasregularizer", "activityregularizer", "embeddingsregularizer", "regularizer",
            "recurrentregularizer", "gammaregularizer", "betaregularizer", "kernelconstraint", "biasconstraint",
            "weightsregularizer", "l1", "l2", "maxnorm", "normtype", "decaymult", "weightdecaymult", "spectralnorm",
        ),
        _PENALTY,
    ),
    "weightdecay": "write `weight_decay` once, in `training` at the top of the file",
    **dict.fromkeys(("trainable", "requiresgrad", "freeze", "learnableparams"), _FROZEN),
    "frozen": _FROZEN,
    **dict.fromkeys(
        (
            "momentum", "eps", "epsilon", "alpha", "beta", "k", "decay", "renorm", "fused", "returnindices", "countincludepad",
            "divisoroverride", "aligncorners", "antialias", "halfpixelcenters", "recomputescalefactor", "seed",
            "noiseshape", "value", "fillvalue", "constantvalues", "returnstate", "stateful", "unroll", "batchfirst",
            "timemajor", "gobackwards", "implementation", "addbiaskv", "addzeroattn", "needweights", "attnmask",
            "keypaddingmask", "maskzero", "paddingidx", "sparse", "scalegradbyfreq", "approximate", "lr", "learningrate",
            "lrmult", "usecudnn", "engine", "storageorder", "synchronized", "virtualbatchsize", "training", "inplaceabn",
            "usecausalmask", "causal", "iscausal", "maxvalue", "threshold", "cudnnoffload", "jit",
            "recurrentactivation", "resetafter", "usepallas", "temperature", "lower", "upper", "minval", "maxval",
        ),
        _NOTHING,
    ),
    **dict.fromkeys(("dataformat", "channelslast", "channelsfirst", "layout", "dimordering"), _LAYOUT),
    **dict.fromkeys(("dtype", "autocast", "paramdtype", "policy"), _ONE_DTYPE),
    "device": "no layer has a device here: leave `{word}` out; `analyzer memory` has `--device`",
    **dict.fromkeys(("namescope", "scope", "variablescope"), "write a name as `name:` beside the layer: leave `{word}` out"),
    **dict.fromkeys(("reuse", "weightsharing", "tieweights", "paramname"), "write `tied: <layer>` beside the layer: it then reuses the parameters of an earlier layer"),
    **dict.fromkeys(("dropout", "recurrentdropout", "attndrop", "projdrop", "attentiondropout", "dropoutrate", "dropoutp"), _DROPOUT),
    **dict.fromkeys(("activation", "act", "activationfn", "nonlinearity"), "an activation is a layer of its own, such as `- relu`"),
    **dict.fromkeys(("norm", "normlayer", "batchnorm"), "a normalisation is a layer of its own, such as `- batch_norm`"),
    **dict.fromkeys(("startdim", "enddim", "keepdim", "keepdims"), "it makes a vector of the whole volume: leave `{word}` out"),
    "keepdim": "leave `{word}` out", "keepdims": "leave `{word}` out",
    "keepprob": "write `rate`, the share that is dropped: 1 − `{word}`",
    "axis": "it has no choice of axes: leave `{word}` out",
    "dim": "it has no choice of axes: leave `{word}` out",
    "nobias": "write `bias: false`", "biasfree": "write `bias: false`",
    "batchsize": "the batch is no parameter of a layer: `--batch`, or `batch` in `training`",
    "batch": "the batch is no parameter of a layer: `--batch`, or `batch` in `training`",
    "lambda": _NOTHING,
}  # fmt: skip


#: Parameters of one type that mean something else there.
OF_TYPE = {
    "embedding": {"units": "size", "filters": "size", "features": "size", "outfeatures": "size", "hiddensize": "size"},
    "upsample": {"kernel": "factor", "ratio": "factor"},
    "multi_head_attention": {"dropout": "", "h": "heads"},
    "custom": {"bias": "biases", "flops": "macs"},
    "slice": {"stride": "step", "size": "stop"},
    "local_response_norm": {"depthradius": "size"},
    "squeeze_excite": {"activation": "act", "filters": "reduced", "channels": "reduced", "kernel": ""},
}
