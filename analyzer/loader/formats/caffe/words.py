"""The words of Caffe: the messages of its network files with their fields, and the old names of layer types.

A field is `name:kind`, with a `*` where it may be written several times. Kinds: `i` and `u` whole numbers, `f` a
number, `b` a truth value, `s` a text, `word` a word that no number depends on, the values of an enumeration with `|`
between them, `any` for what is not read, and the name of another message.

Sources: caffe.proto of BVLC/caffe (2020), and of the forks weiliu89/caffe (SSD), NVIDIA/caffe, intel/caffe,
alexgkendall/caffe-segnet, hszhao/PSPNet, rbgirshick/caffe-fast-rcnn; upgrade_proto.cpp of BVLC/caffe.
"""

from __future__ import annotations

_V1 = "V1LayerParameter"

#: The fields of each message.
MESSAGES = {
    "NetParameter": (
        "name:s input:s* input_shape:BlobShape* input_dim:i* force_backward:b state:NetState debug_info:b "
        "layer:LayerParameter* layers:V1LayerParameter* default_forward_type:word default_backward_type:word "
        "default_forward_math:word default_backward_math:word global_grad_scale:f global_grad_scale_adaptive:b "
        "default_conv_algos_override:s reduce_buckets:i default_cudnn_math_override:i eltwise_mem_sharing:b "
        "compile_net_state:any engine:s bn_stats_batch_size:u multinode:any"
    ),
    "BlobShape": "dim:i*",
    "NetState": "phase:TRAIN|TEST level:i stage:s*",
    "LayerParameter": (
        "name:s type:s bottom:s* top:s* phase:TRAIN|TEST loss_weight:f* param:ParamSpec* blobs:any* "
        "propagate_down:b* include:NetStateRule* exclude:NetStateRule* transform_param:TransformationParameter "
        "loss_param:LossParameter accuracy_param:AccuracyParameter argmax_param:ArgMaxParameter "
        "batch_norm_param:BatchNormParameter bias_param:BiasParameter clip_param:ClipParameter "
        "concat_param:ConcatParameter contrastive_loss_param:any convolution_param:ConvolutionParameter "
        "crop_param:CropParameter data_param:DataParameter dropout_param:DropoutParameter "
        "dummy_data_param:DummyDataParameter eltwise_param:EltwiseParameter elu_param:ELUParameter "
        "embed_param:EmbedParameter exp_param:ExpParameter flatten_param:FlattenParameter "
        "hdf5_data_param:HDF5DataParameter hdf5_output_param:any hinge_loss_param:any "
        "image_data_param:ImageDataParameter infogain_loss_param:any inner_product_param:InnerProductParameter "
        "input_param:InputParameter log_param:LogParameter lrn_param:LRNParameter "
        "memory_data_param:MemoryDataParameter mvn_param:MVNParameter parameter_param:ParameterParameter "
        "pooling_param:PoolingParameter power_param:PowerParameter prelu_param:PReLUParameter "
        "python_param:PythonParameter recurrent_param:RecurrentParameter reduction_param:ReductionParameter "
        "relu_param:ReLUParameter reshape_param:ReshapeParameter scale_param:ScaleParameter "
        "sigmoid_param:SigmoidParameter softmax_param:SoftmaxParameter spp_param:SPPParameter "
        "slice_param:SliceParameter swish_param:SwishParameter tanh_param:TanHParameter "
        "threshold_param:ThresholdParameter tile_param:TileParameter window_data_param:WindowDataParameter "
        "annotated_data_param:any detection_evaluate_param:any detection_output_param:any multibox_loss_param:any "
        "norm_param:NormalizeParameter permute_param:PermuteParameter prior_box_param:PriorBoxParameter "
        "video_data_param:any forward_type:word backward_type:word forward_math:word backward_math:word debug:b "
        "cudnn_math_override:i trt_param:any detectnet_groundtruth_param:any detectnet_augmentation_param:any "
        "box_annotator_ohem_param:any psroi_pooling_param:PSROIPoolingParameter "
        "roi_pooling_param:ROIPoolingParameter smooth_l1_loss_param:any split_param:any "
        "spatial_dropout_param:SpatialDropoutParameter engine:s multinode:any mn_activation_param:any "
        "mn_grad_compress_param:any quantization_param:any reorg_param:ReorgParameter region_loss_param:any "
        "eval_detection_param:any bn_param:BNParameter dense_image_data_param:DenseImageDataParameter "
        "upsample_param:UpsampleParameter adaptive_bias_channel_param:any bias_channel_param:any "
        "dense_crf_param:any domain_transform_param:any interp_param:InterpParameter mat_read_param:any "
        "mat_write_param:any seg_accuracy_param:any unique_label_param:any "
        "shuffle_channel_param:ShuffleChannelParameter local_param:LocalParameter local_conv_param:LocalParameter "
        "relu6_param:ReLUParameter detection_eval_param:any yolov3_detection_output_param:any "
        "focal_loss_param:any center_loss_param:any triplet_loss_param:any proposal_param:any lstm_param:any "
        "spatial_transformer_param:any st_param:any correlation_param:any yolo_v3_param:any "
        "roi_align_param:ROIPoolingParameter l2n_param:any freespace_extract_param:any "
        "deformable_convolution_param:any sigmoid_cross_entropy_loss_param:any cosine_param:any "
        "label_specific_add_param:any margin_inner_product_param:any channel_scale_param:any resize_param:any "
        "shuffle_param:any"
    ),
    "ParamSpec": "name:s share_mode:STRICT|PERMISSIVE lr_mult:f decay_mult:f",
    "NetStateRule": "phase:TRAIN|TEST min_level:i max_level:i stage:s* not_stage:s*",
    "TransformationParameter": (
        "scale:f mirror:b crop_size:u mean_file:s mean_value:f* force_color:b force_gray:b crop_h:u crop_w:u "
        "resize_param:ResizeParameter noise_param:any distort_param:any expand_param:any emit_constraint:any "
        "img_rand_resize_lower:u img_rand_resize_upper:u rand_resize_ratio_lower:f rand_resize_ratio_upper:f "
        "vertical_stretch_lower:f vertical_stretch_upper:f horizontal_stretch_lower:f horizontal_stretch_upper:f "
        "interpolation_algo_down:INTER_NEAREST|INTER_LINEAR|INTER_CUBIC|INTER_AREA "
        "interpolation_algo_up:INTER_NEAREST|INTER_LINEAR|INTER_CUBIC|INTER_AREA allow_upscale:b "
        "forward_packing:NCHW|NHWC use_gpu_transform:b random_seed:i display:b num_labels:i "
        "random_resize_param:any random_aspect_ratio_param:any flow:b bgr2rgb:b pad:u scale_factors:f* "
        "crop_width:u crop_height:u"
    ),
    "ResizeParameter": (
        "prob:f resize_mode:word height:u width:u height_scale:u width_scale:u pad_mode:word pad_value:f* "
        "interp_mode:word*"
    ),
    "LossParameter": (
        "ignore_label:i normalization:FULL|VALID|BATCH_SIZE|NONE|PRE_FIXED normalize:b label_smoothing:f "
        "pre_fixed_normalizer:f weight_by_label_freqs:b class_weighting:f*"
    ),
    "AccuracyParameter": "top_k:u axis:i ignore_label:i",
    "ArgMaxParameter": "out_max_val:b top_k:u axis:i",
    "BatchNormParameter": (
        "use_global_stats:b moving_average_fraction:f eps:f scale_filler:FillerParameter "
        "bias_filler:FillerParameter scale_bias:b engine:word use_weight_bias:b bias_term:b "
        "filler:FillerParameter stats_batch_size:u relu:b update_global_stats:b"
    ),
    "FillerParameter": "type:s value:f min:f max:f mean:f std:f sparse:i variance_norm:FAN_IN|FAN_OUT|AVERAGE scale:f",
    "BiasParameter": "axis:i num_axes:i filler:FillerParameter",
    "ClipParameter": "min:f max:f",
    "ConcatParameter": "axis:i concat_dim:u per_fla_fuse:b engine:word",
    "ConvolutionParameter": (
        "num_output:u bias_term:b pad:u* kernel_size:u* stride:u* dilation:u* pad_h:u pad_w:u kernel_h:u "
        "kernel_w:u stride_h:u stride_w:u group:u weight_filler:FillerParameter bias_filler:FillerParameter "
        "engine:word axis:i force_nd_im2col:b cudnn_convolution_algo_seeker:GET|FINDEX conv_algos_override:s "
        "relu:b negative_slope:f conv_algorithm:s coeff:f* fuse_type:word fusion_type:NONE_FUSION|SUM_FUSION kernel_depth:u "
        "temporal_stride:u temporal_pad:u kernel_d:u stride_d:u pad_d:u hole:u hole_h:u hole_w:u dilation_h:u "
        "dilation_w:u"
    ),
    "CropParameter": "axis:i offset:u*",
    "DataParameter": (
        "source:s batch_size:u rand_skip:u backend:LEVELDB|LMDB scale:f mean_file:s crop_size:u mirror:b "
        "force_encoded_color:b prefetch:u threads:u parser_threads:u cache:b shuffle:b precache:b side:u*"
    ),
    "DropoutParameter": "dropout_ratio:f scale_train:b engine:word random_seed:i sample_weights_test:b",
    "DummyDataParameter": "data_filler:FillerParameter* shape:BlobShape* num:u* channels:u* height:u* width:u*",
    "EltwiseParameter": "operation:PROD|SUM|MAX coeff:f* stable_prod_grad:b engine:word",
    "ELUParameter": "alpha:f lambda:f",
    "EmbedParameter": "num_output:u input_dim:u bias_term:b weight_filler:FillerParameter bias_filler:FillerParameter",
    "ExpParameter": "base:f scale:f shift:f",
    "FlattenParameter": "axis:i end_axis:i",
    "HDF5DataParameter": "source:s batch_size:u shuffle:b",
    "ImageDataParameter": (
        "source:s batch_size:u rand_skip:u shuffle:b new_height:u new_width:u is_color:b scale:f mean_file:s "
        "crop_size:u mirror:b root_folder:s short_side:u threads:u cache:b precache:b dataset_share_per_node:f "
        "min_height:u min_width:u ignore_label:i label_type:NONE|IMAGE|PIXEL new_dim:u* bicubic:b"
    ),
    "InnerProductParameter": (
        "num_output:u bias_term:b weight_filler:FillerParameter bias_filler:FillerParameter axis:i transpose:b "
        "engine:word relu:b negative_slope:f"
    ),
    "InputParameter": "shape:BlobShape*",
    "LogParameter": "base:f scale:f shift:f",
    "LRNParameter": "local_size:u alpha:f beta:f norm_region:ACROSS_CHANNELS|WITHIN_CHANNEL k:f engine:word",
    "MemoryDataParameter": "batch_size:u channels:u height:u width:u",
    "MVNParameter": "normalize_variance:b across_channels:b eps:f",
    "ParameterParameter": "shape:BlobShape",
    "PoolingParameter": (
        "pool:MAX|AVE|STOCHASTIC pad:u pad_h:u pad_w:u kernel_size:u kernel_h:u kernel_w:u stride:u stride_h:u "
        "stride_w:u engine:word global_pooling:b round_mode:CEIL|FLOOR torch_pooling:b pad_3d:u* "
        "kernel_size_3d:u* stride_3d:u* avg_include_pad:b axis:i ceil_mode:b kernel_depth:u temporal_stride:u "
        "temporal_pad:u kernel_d:u stride_d:u pad_d:u"
    ),
    "PowerParameter": "power:f scale:f shift:f",
    "PReLUParameter": "filler:FillerParameter channel_shared:b",
    "PythonParameter": "module:s layer:s param_str:s share_in_parallel:b",
    "RecurrentParameter": "num_output:u weight_filler:FillerParameter bias_filler:FillerParameter debug_info:b expose_hidden:b",
    "ReductionParameter": "operation:_|SUM|ASUM|SUMSQ|MEAN axis:i coeff:f",
    "ReLUParameter": "negative_slope:f engine:word fuse:b",
    "ReshapeParameter": "shape:BlobShape axis:i num_axes:i",
    "ScaleParameter": "axis:i num_axes:i filler:FillerParameter bias_term:b bias_filler:FillerParameter",
    "SigmoidParameter": "engine:word",
    "SoftmaxParameter": "engine:word axis:i",
    "SPPParameter": "pyramid_height:u pool:MAX|AVE|STOCHASTIC engine:word",
    "SliceParameter": "axis:i slice_point:u* slice_dim:u",
    "SwishParameter": "beta:f",
    "TanHParameter": "engine:word",
    "ThresholdParameter": "threshold:f",
    "TileParameter": "axis:i tiles:i",
    "WindowDataParameter": (
        "source:s scale:f mean_file:s batch_size:u crop_size:u mirror:b fg_threshold:f bg_threshold:f "
        "fg_fraction:f context_pad:u crop_mode:s cache_images:b root_folder:s"
    ),
    "NormalizeParameter": "across_spatial:b scale_filler:FillerParameter channel_shared:b eps:f",
    "PermuteParameter": "order:u*",
    "PriorBoxParameter": (
        "min_size:f* max_size:f* aspect_ratio:f* flip:b clip:b variance:f* img_size:u img_h:u img_w:u step:f "
        "step_h:f step_w:f offset:f"
    ),
    "PSROIPoolingParameter": "spatial_scale:f output_dim:i group_size:i",
    "ROIPoolingParameter": "pooled_h:u pooled_w:u spatial_scale:f pooled_size:u*",
    "SpatialDropoutParameter": "dropout_ratio:f",
    "ReorgParameter": "stride:u reverse:b",
    "BNParameter": (
        "bn_mode:LEARN|INFERENCE scale_filler:FillerParameter shift_filler:FillerParameter "
        "slope_filler:FillerParameter bias_filler:FillerParameter momentum:f eps:f frozen:b engine:word"
    ),
    "DenseImageDataParameter": (
        "source:s batch_size:u rand_skip:u shuffle:b new_height:u new_width:u is_color:b mean_file:s "
        "root_folder:s mirror:b crop_width:u crop_height:u label_divide_factor:f"
    ),
    "UpsampleParameter": "scale:u scale_h:u scale_w:u pad_out_h:b pad_out_w:b upsample_h:u upsample_w:u",
    "InterpParameter": "height:i width:i zoom_factor:i shrink_factor:i pad_beg:i pad_end:i use_blob_size:b",
    "ShuffleChannelParameter": "group:u",
    "LocalParameter": (
        "num_output:u bias_term:b pad:u kernel_size:u stride:u weight_filler:FillerParameter "
        "bias_filler:FillerParameter pad_h:u pad_w:u kernel_h:u kernel_w:u stride_h:u stride_w:u"
    ),
    "V1LayerParameter": (
        "param:s* blob_share_mode:STRICT|PERMISSIVE* blobs_lr:f* weight_decay:f* layer:V0LayerParameter"
    ),
    "V0LayerParameter": (
        "name:s type:s num_output:u biasterm:b weight_filler:FillerParameter bias_filler:FillerParameter pad:u "
        "kernelsize:u group:u stride:u pool:MAX|AVE|STOCHASTIC dropout_ratio:f local_size:u alpha:f beta:f k:f "
        "source:s scale:f meanfile:s batchsize:u cropsize:u mirror:b blobs:any* blobs_lr:f* weight_decay:f* "
        "rand_skip:u det_fg_threshold:f det_bg_threshold:f det_fg_fraction:f det_context_pad:u det_crop_mode:s "
        "new_num:i new_channels:i new_height:i new_width:i shuffle_images:b concat_dim:u hdf5_output_param:any"
    ),
}

#: The kinds of the fields of messages that were asked for.
_FIELDS: dict[str, dict[str, str]] = {}


def fields_of(message: str) -> dict[str, str]:
    """The kinds of a message's fields, by their names.

    >>> fields_of("FlattenParameter")
    {'axis': 'i', 'end_axis': 'i'}
    """
    found = _FIELDS.get(message)
    if found is None:
        pairs = (entry.partition(":") for entry in MESSAGES[message].split())
        found = _FIELDS[message] = {name: kind for name, _, kind in pairs}
        if message == _V1:  # the old form has the parameters of the new one
            found = _FIELDS[message] = {**fields_of("LayerParameter"), **found, "type": "|".join(V1_TYPES)}
    return found


#: Layer types by their words in old files (`layers { type: CONVOLUTION }`), in the order of the numbers of these words.
V1_TYPES = {
    "NONE": "", "ACCURACY": "Accuracy", "BNLL": "BNLL", "CONCAT": "Concat", "CONVOLUTION": "Convolution",
    "DATA": "Data", "DROPOUT": "Dropout", "EUCLIDEAN_LOSS": "EuclideanLoss", "FLATTEN": "Flatten",
    "HDF5_DATA": "HDF5Data", "HDF5_OUTPUT": "HDF5Output", "IM2COL": "Im2col", "IMAGE_DATA": "ImageData",
    "INFOGAIN_LOSS": "InfogainLoss", "INNER_PRODUCT": "InnerProduct", "LRN": "LRN",
    "MULTINOMIAL_LOGISTIC_LOSS": "MultinomialLogisticLoss", "POOLING": "Pooling", "RELU": "ReLU",
    "SIGMOID": "Sigmoid", "SOFTMAX": "Softmax", "SOFTMAX_LOSS": "SoftmaxWithLoss", "SPLIT": "Split", "TANH": "TanH",
    "WINDOW_DATA": "WindowData", "ELTWISE": "Eltwise", "POWER": "Power",
    "SIGMOID_CROSS_ENTROPY_LOSS": "SigmoidCrossEntropyLoss", "HINGE_LOSS": "HingeLoss", "MEMORY_DATA": "MemoryData",
    "ARGMAX": "ArgMax", "THRESHOLD": "Threshold", "DUMMY_DATA": "DummyData", "SLICE": "Slice", "MVN": "MVN",
    "ABSVAL": "AbsVal", "SILENCE": "Silence", "CONTRASTIVE_LOSS": "ContrastiveLoss", "EXP": "Exp",
    "DECONVOLUTION": "Deconvolution",
    # of forks
    "BN": "BN", "UPSAMPLE": "Upsample", "DENSE_IMAGE_DATA": "DenseImageData", "RESHAPE": "Reshape", "PRELU": "PReLU",
    "PYTHON": "Python", "ROI_POOLING": "ROIPooling", "SMOOTH_L1_LOSS": "SmoothL1Loss", "SPP": "SPP",
    "CONVOLUTION3D": "Convolution3D", "POOLING3D": "Pooling3D", "INTERP": "Interp", "LOCAL": "Local",
    "DECONVOLUTION3D": "Deconvolution3D",
}  # fmt: skip

#: Layer types by their names in the oldest files (`layers { layer { type: "conv" } }`).
V0_TYPES = {
    "accuracy": "Accuracy", "bnll": "BNLL", "concat": "Concat", "conv": "Convolution", "data": "Data",
    "dropout": "Dropout", "euclidean_loss": "EuclideanLoss", "flatten": "Flatten", "hdf5_data": "HDF5Data",
    "hdf5_output": "HDF5Output", "im2col": "Im2col", "images": "ImageData", "infogain_loss": "InfogainLoss",
    "innerproduct": "InnerProduct", "lrn": "LRN", "multinomial_logistic_loss": "MultinomialLogisticLoss",
    "pool": "Pooling", "relu": "ReLU", "sigmoid": "Sigmoid", "softmax": "Softmax", "softmax_loss": "SoftmaxWithLoss",
    "split": "Split", "tanh": "TanH", "window_data": "WindowData", "padding": "padding",
}  # fmt: skip

#: The fields of the oldest files that are now in a parameter of the layer type: type, old name → parameter, new name.
V0_FIELDS = {
    "Convolution": ("convolution_param", {
        "num_output": "num_output", "biasterm": "bias_term", "pad": "pad", "kernelsize": "kernel_size",
        "group": "group", "stride": "stride",
    }),
    "InnerProduct": ("inner_product_param", {"num_output": "num_output", "biasterm": "bias_term"}),
    "Pooling": ("pooling_param", {"pool": "pool", "pad": "pad", "kernelsize": "kernel_size", "stride": "stride"}),
    "Dropout": ("dropout_param", {"dropout_ratio": "dropout_ratio"}),
    "LRN": ("lrn_param", {"local_size": "local_size", "alpha": "alpha", "beta": "beta", "k": "k"}),
    "Concat": ("concat_param", {"concat_dim": "concat_dim"}),
    "Data": ("data_param", {"batchsize": "batch_size", "cropsize": "crop_size"}),
    "ImageData": ("image_data_param", {
        "batchsize": "batch_size", "cropsize": "crop_size", "new_height": "new_height", "new_width": "new_width",
    }),
    "WindowData": ("window_data_param", {"batchsize": "batch_size", "cropsize": "crop_size"}),
}  # fmt: skip
