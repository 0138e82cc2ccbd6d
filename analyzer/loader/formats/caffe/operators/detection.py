"""Layers of detectors.

Sources: prior_box_layer.cpp of weiliu89/caffe; roi_pooling_layer.cpp of rbgirshick/caffe-fast-rcnn;
psroi_pooling_layer.cpp of daijifeng001/caffe-rfcn.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.loader.formats.caffe.layers import Layer
from analyzer.loader.formats.caffe.reading import Reading, layer_type
from analyzer.loader.formats.caffe.values import numbers, truth, whole, wholes
from analyzer.loader.formats.digits import BATCH
from analyzer.loader.formats.views import Tensor


@layer_type("PriorBox")
def prior_box(reading: Reading, layer: Layer) -> None:
    """The boxes of each cell and their variances, 1 × 2 × 4·boxes: constants of the network."""
    x, block = reading.bottom(layer), layer.parameters("prior_box_param")
    reading.axes(layer, x, 4)
    least, most = len(numbers(block, "min_size")), len(numbers(block, "max_size"))
    if not least:
        raise reading.refuse(layer, f"`{layer.name}` has no `min_size`", layer.place())
    boxes = _ratios(numbers(block, "aspect_ratio"), flip=truth(block, "flip", True)) * least + most
    shape = [2, x.shape[2] * x.shape[3] * boxes * 4]
    made = reading.heart.parameter(shape, layer.place(), trained=False, count=0)
    reading.give(layer, reading.heart.batched(made, 0))


def _ratios(written: Sequence[float], *, flip: bool) -> int:
    """The different ratios of sides: 1, those of the file, and their reciprocals where boxes are also turned."""
    found, known = 1, {1.0}
    for ratio in written:
        if round(ratio, 6) not in known:
            both = (ratio, 1 / ratio) if flip else (ratio,)
            known.update(round(one, 6) for one in both)
            found += len(both)
    return found


@layer_type("ROIPooling", "ROIAlign", "PSROIPooling")
def roi_pooling(reading: Reading, layer: Layer) -> None:
    """Planes of one size for each region."""
    x, regions = reading.bottom(layer), reading.bottom(layer, 1)
    reading.axes(layer, x, 4)
    if layer.type == "PSROIPooling":
        block = layer.parameters("psroi_pooling_param")
        planes, size = whole(block, "output_dim"), [whole(block, "group_size")] * 2
    else:
        block = layer.parameters("roi_pooling_param" if layer.type == "ROIPooling" else "roi_align_param")
        size = wholes(block, "pooled_size") * 2
        planes, size = x.shape[1], size[:2] or [whole(block, "pooled_h"), whole(block, "pooled_w")]
    if planes < 1 or min(size) < 1:
        raise reading.refuse(layer, f"a size of `{layer.name}` is below 1", layer.place())
    # a region is five numbers: the number of the image, and two corners
    count = max(1, regions.size // 5)
    made = reading.custom(layer, [count, planes, *size], macs=0)
    if count > 1:  # the regions of an image are an axis of its sample
        reading.give(layer, Tensor(made.base, [(BATCH, *made.axes[0]), *made.axes[1:]]))
