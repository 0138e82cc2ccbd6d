"""The modules of this folder by the operators that they read; tests/loader/formats/make_table.py makes it."""

from __future__ import annotations

MODULES = {
    "activations": (
        "Celu", "Clip", "Elu", "FastGelu", "Gelu", "HardSigmoid", "HardSwish", "LeakyRelu", "Mish", "QuickGelu",
        "Relu", "Selu", "Sigmoid", "Silu", "Softplus", "Softsign", "Swish", "Tanh", "ThresholdedRelu",
    ),
    "attention": (
        "Attention", "GroupQueryAttention", "LinearAttention", "MultiHeadAttention", "RotaryEmbedding",
        "ai.onnx.preview:FlexAttention",
    ),
    "branching": (
        "If",
    ),
    "choosing": (
        "Compress", "Gather", "GatherElements", "GatherND", "OneHot", "ReverseSequence", "Scatter", "ScatterElements",
        "ScatterND", "Slice", "TensorScatter", "TopK", "Trilu",
    ),
    "convolutions": (
        "Conv", "ConvInteger", "ConvTranspose", "DeformConv", "FusedConv", "QLinearConv",
    ),
    "decomposed": (
        "LpNormalization", "MeanVarianceNormalization", "SwiGLU",
    ),
    "elementwise": (
        "Abs", "Acos", "Acosh", "Add", "And", "Asin", "Asinh", "Atan", "Atanh", "Bernoulli", "Binarizer", "BitShift",
        "BitwiseAnd", "BitwiseNot", "BitwiseOr", "BitwiseXor", "Ceil", "Cos", "Cosh", "Div", "Equal", "Erf", "Exp",
        "Floor", "Greater", "GreaterOrEqual", "IsInf", "IsNaN", "Less", "LessOrEqual", "Log", "Max", "Mean", "Min",
        "Mod", "Mul", "Neg", "Not", "Or", "Pow", "Reciprocal", "Round", "Shrink", "Sign", "Sin", "Sinh", "Sqrt",
        "Sub", "Sum", "Tan", "Where", "Xor",
    ),
    "embeddings": (
        "BiasGelu", "EmbedLayerNormalization", "Gather", "QAttention", "com.microsoft:Attention",
    ),
    "ending": (
        "Loop", "NonMaxSuppression", "NonZero", "Scan", "SequenceMap", "Unique",
    ),
    "generated": (
        "BlackmanWindow", "EyeLike", "HammingWindow", "HannWindow", "MelWeightMatrix", "RandomNormal",
        "RandomNormalLike", "RandomUniform", "RandomUniformLike",
    ),
    "joining": (
        "Concat", "Split", "Tile",
    ),
    "learning": (
        "ArrayFeatureExtractor", "CategoryMapper", "FeatureVectorizer", "Imputer", "LabelEncoder", "Normalizer",
        "OneHotEncoder", "Scaler",
    ),
    "matrices": (
        "Add", "Cast", "DynamicQuantizeMatMul", "FusedGemm", "FusedMatMul", "Gemm", "MatMul", "MatMulInteger",
        "MatMulIntegerToFloat", "MatMulNBits", "Mul", "QGemm", "QLinearMatMul", "TransposeMatMul",
    ),
    "normalising": (
        "Hardmax", "LogSoftmax", "Softmax",
    ),
    "norms": (
        "BatchNormalization", "GroupNorm", "GroupNormalization", "InstanceNormalization", "LRN", "LayerNormalization",
        "PRelu", "RMSNormalization", "SimplifiedLayerNormalization", "SkipLayerNormalization",
        "SkipSimplifiedLayerNormalization",
    ),
    "opaque": (
        "AffineGrid", "CausalConvWithState", "Col2Im", "DFT", "Det", "GridSample", "ImageDecoder", "MaxRoiPool",
        "Multinomial", "NegativeLogLikelihoodLoss", "RegexFullMatch", "RoiAlign", "STFT", "SoftmaxCrossEntropyLoss",
        "StringConcat", "StringNormalizer", "StringSplit", "TfIdfVectorizer",
    ),
    "padding": (
        "CenterCropPad", "Pad",
    ),
    "pools": (
        "AveragePool", "GlobalAveragePool", "GlobalLpPool", "GlobalMaxPool", "LpPool", "MaxPool", "MaxUnpool",
    ),
    "products": (
        "Einsum",
    ),
    "quantising": (
        "DequantizeLinear", "DynamicQuantizeLinear", "QLinearAdd", "QLinearConcat", "QLinearGlobalAveragePool",
        "QLinearLeakyRelu", "QLinearMul", "QLinearSigmoid", "QLinearSoftmax", "QuantizeLinear",
    ),
    "recurrent": (
        "DynamicQuantizeLSTM", "GRU", "LSTM", "RNN",
    ),
    "reductions": (
        "ArgMax", "ArgMin", "CumProd", "CumSum", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp",
        "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare",
    ),
    "regrouping": (
        "BitCast", "Cast", "CastLike", "Dropout", "Expand", "Flatten", "Identity", "Reshape", "Squeeze",
        "StopGradient", "Transpose", "Unsqueeze",
    ),
    "resampling": (
        "DepthToSpace", "Resize", "SpaceToDepth", "Upsample",
    ),
    "sequences": (
        "ConcatFromSequence", "Optional", "OptionalGetElement", "OptionalHasElement", "SequenceAt",
        "SequenceConstruct", "SequenceEmpty", "SequenceErase", "SequenceInsert", "SequenceLength", "SplitToSequence",
    ),
}  # fmt: skip
