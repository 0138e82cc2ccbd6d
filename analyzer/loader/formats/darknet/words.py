"""The words of Darknet: sections, their options, activations.

Sources: parser.c and activations.c of pjreddie/darknet (2018 to 2022), and of AlexeyAB/darknet, which has more of them.
"""

from __future__ import annotations

#: Other names of sections.
ALIASES = {
    "network": "net", "conv": "convolutional", "deconv": "deconvolutional", "conn": "connected", "max": "maxpool",
    "avg": "avgpool", "soft": "softmax", "lrn": "normalization", "local_avg": "local_avgpool", "Gaussian_yolo": "gaussian_yolo",
}  # fmt: skip


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


#: Options that every section may have: how its weights are trained, saved and loaded.
COMMON = _words(
    "truth onlyforward stopbackward dontsave dontload numload dontloadscales learning_rate smooth burnin_update "
    "train_only_bn dont_update clip truth_size"
)

_RECURRENT = "output hidden activation batch_normalize shortcut tanh"
_HEAD = (
    "classes num mask anchors max jitter ignore_thresh truth_thresh random map resize label_smooth_eps scale_x_y "
    "scale_x_y iou_normalizer obj_normalizer cls_normalizer delta_normalizer iou_loss iou_thresh_kind iou_thresh "
    "objectness_smooth new_coords focal_loss nms_kind beta_nms beta1 max_delta counters_per_class show_details uc_normalizer "
    "yolo_point embedding_layer track_history_size dets_for_track dets_for_show sim_thresh track_ciou_norm total "
    "max_boxes"
)

#: The options of each section.
OPTIONS: dict[str, tuple[str, ...]] = {
    "net": _words(
        "batch learning_rate learning_rate_min momentum decay subdivisions time_steps notruth random adam B1 B2 eps "
        "height width channels inputs max_crop min_crop max_ratio min_ratio center clip angle aspect saturation "
        "exposure hue policy burn_in power max_batches step scale gamma steps scales seq_scales batches_per_cycle "
        "batches_cycle_mult track augment_speed init_sequential_subdivisions sequential_subdivisions try_fix_nan "
        "weights_reject_freq equidistant_point badlabels_rejection_percentage num_sigmas_reject_badlabels ema_alpha "
        "badlabels_reject_threshold adversarial_lr attention loss_scale dynamic_minibatch optimized_memory "
        "workspace_size_limit_MB flip blur gaussian_noise mixup cutmix mosaic mosaic_bound letter_box contrastive "
        "contrastive_jit_flip contrastive_color unsupervised label_smooth_eps resize_step show_receptive_field seen "
        "dynamic_minibatch max_chart_loss stretch jitter resize mosaic_scale"
    ),
    "convolutional": _words(
        "filters size stride stride_x stride_y pad padding groups dilation antialiasing activation batch_normalize "
        "binary xnor bin_output use_bin_output flipped dot sway rotate stretch stretch_sway angle grad_centr reverse "
        "deform assisted_excitation share_index coordconv"
    ),
    "deconvolutional": _words("filters size stride pad padding activation batch_normalize"),
    "local": _words("filters size stride pad activation"),
    "connected": _words("output activation batch_normalize"),
    "maxpool": _words("size stride stride_x stride_y padding maxpool_depth out_channels antialiasing"),
    "local_avgpool": _words("size stride stride_x stride_y padding maxpool_depth out_channels antialiasing"),
    "avgpool": (),
    "dropout": _words(
        "probability dropblock dropblock_size_rel dropblock_size_abs dropblock_size dropblock_coordinates"
    ),
    "softmax": _words("groups temperature tree spatial noloss softmax_tree"),
    "contrastive": _words(
        "classes cls_normalizer temperature max_delta detection steps yolo_layer max_boxes contrastive_neg_max"
    ),
    "logistic": (),
    "activation": _words("activation"),
    "batchnorm": (),
    "normalization": _words("size alpha beta kappa"),
    "l2norm": (),
    "crop": _words("crop_height crop_width flip angle saturation exposure noadjust shift"),
    "reorg": _words("stride reverse flatten extra"),
    "reorg3d": _words("stride reverse flatten extra"),
    "route": _words("layers groups group_id stream"),
    "shortcut": _words("from activation alpha beta weights_type weights_normalization assisted_excitation"),
    "sam": _words("from activation"),
    "scale_channels": _words("from scale_wh activation"),
    "upsample": _words("stride scale"),
    "yolo": _words(_HEAD),
    "gaussian_yolo": _words(_HEAD),
    "region": _words(
        "coords classes num log sqrt softmax background max jitter rescore thresh classfix absolute random coord_scale "
        "object_scale noobject_scale mask_scale class_scale bias_match tree map anchors resize"
    ),
    "detection": _words(
        "coords classes rescore num side softmax sqrt max coord_scale forced object_scale noobject_scale class_scale "
        "jitter resize random reorg"
    ),
    "iseg": _words("classes ids"),
    "cost": _words("type scale ratio noobj thresh"),
    "rnn": _words(_RECURRENT + " logistic"),
    "gru": _words(_RECURRENT),
    "lstm": _words(_RECURRENT),
    "crnn": _words(
        "output_filters hidden_filters size stride pad padding groups dilation xnor activation batch_normalize shortcut"
    ),
    "empty": (),
    "silence": (),
}

#: Sections without a layer: what they read is an output of the network, or is only compared with a truth.
SILENT = ("cost", "detection", "region", "iseg", "contrastive", "empty", "silence")

#: The names that Darknet prints, which names of layers begin with.
STEMS = {
    "convolutional": "conv", "deconvolutional": "deconv", "maxpool": "max", "local_avgpool": "local_avg",
    "avgpool": "avg", "normalization": "lrn", "gaussian_yolo": "yolo",
}  # fmt: skip

#: Activations: the type here with its parameters, None where values stay as they are.
ACTIVATIONS: dict[str, tuple[str, dict[str, object]] | None] = {
    "linear": None,
    "logistic": ("sigmoid", {}),
    "relu": ("relu", {}),
    "relu6": ("relu6", {}),
    "elu": ("elu", {}),
    "selu": ("selu", {}),
    "gelu": ("gelu", {}),
    "leaky": ("leaky_relu", {"slope": 0.1}),
    "revleaky": ("leaky_relu", {"slope": 0.1}),
    "relie": ("leaky_relu", {"slope": 0.01}),
    "tanh": ("tanh", {}),
    "hardtan": ("hard_tanh", {}),
    "swish": ("silu", {}),
    "mish": ("mish", {}),
    "normalize_channels": ("softmax", {}),
    "normalize_channels_softmax": ("softmax", {}),
    "normalize_channels_softmax_maxval": ("softmax", {}),
    # piecewise functions that only Darknet has; `elementwise` names them
    "ramp": ("elementwise", {"op": "ramp"}),
    "loggy": ("elementwise", {"op": "loggy"}),
    "plse": ("elementwise", {"op": "plse"}),
    "stair": ("elementwise", {"op": "stair"}),
    "lhtan": ("elementwise", {"op": "lhtan"}),
    "hard_mish": ("elementwise", {"op": "hard_mish"}),
}
