"""Networks of Caffe's model zoo, written anew: each function returns the text of a deploy file.

Sources: the papers, and the descriptions of their layers in the zoo: names are theirs where a row is looked at.
"""

from __future__ import annotations


class Net:
    """A text that grows layer by layer; `last` is what the next layer reads."""

    def __init__(self, *shape: int) -> None:
        dims = " ".join(f"dim: {size}" for size in (1, *shape))
        self.text = f'layer {{ name: "data" type: "Input" top: "data" input_param {{ shape {{ {dims} }} }} }}\n'
        self.last = "data"
        self.channels = {"data": shape[0]}

    def add(self, name: str, type: str, parameters: str = "", bottom: str = "", top: str = "") -> str:
        """A layer that reads the last one, or the names in `bottom`."""
        read = " ".join(f'bottom: "{one}"' for one in (bottom or self.last).split())
        self.last = top or name
        self.text += f'layer {{ name: "{name}" type: "{type}" {read} top: "{self.last}" {parameters} }}\n'
        return self.last

    def conv(self, name: str, filters: int, kernel: int, more: str = "", bottom: str = "") -> str:
        return self.add(
            name, "Convolution", f"convolution_param {{ num_output: {filters} kernel_size: {kernel} {more} }}", bottom
        )

    def relu(self, name: str = "") -> str:
        return self.add(name or f"relu_{self.last}", "ReLU", top=self.last)

    def conv_relu(self, name: str, filters: int, kernel: int, more: str = "", bottom: str = "") -> str:
        self.conv(name, filters, kernel, more, bottom)
        return self.relu()

    def normed(
        self, name: str, filters: int, kernel: int, more: str = "", bottom: str = "", *, relu: bool = True
    ) -> str:
        """A convolution without biases, BatchNorm and Scale in place."""
        self.conv(name, filters, kernel, f"bias_term: false {more}", bottom)
        return self.norm(relu=relu)

    def norm(self, *, relu: bool = True) -> str:
        name = self.last
        self.add(f"bn_{name}", "BatchNorm", "batch_norm_param { use_global_stats: true }", top=name)
        self.add(f"scale_{name}", "Scale", "scale_param { bias_term: true }", top=name)
        return self.relu() if relu else name

    def pool(self, name: str, kernel: int, stride: int, more: str = "", bottom: str = "", method: str = "MAX") -> str:
        parameters = f"pooling_param {{ pool: {method} kernel_size: {kernel} stride: {stride} {more} }}"
        return self.add(name, "Pooling", parameters, bottom)

    def whole(self, name: str) -> str:
        return self.add(name, "Pooling", "pooling_param { pool: AVE global_pooling: true }")

    def dense(self, name: str, units: int) -> str:
        return self.add(name, "InnerProduct", f"inner_product_param {{ num_output: {units} }}")

    def lrn(self, name: str) -> str:
        return self.add(name, "LRN", "lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 }")

    def dropout(self) -> str:
        return self.add(f"drop_{self.last}", "Dropout", "dropout_param { dropout_ratio: 0.5 }", top=self.last)

    def end(self) -> str:
        self.add("prob", "Softmax")
        return self.text


def lenet() -> str:
    """LeCun et al. 1998 as Caffe has it, in the form of 2014: `layers` with words of an enumeration."""
    text = 'name: "LeNet"\ninput: "data"\ninput_dim: 64 input_dim: 1 input_dim: 28 input_dim: 28\n'
    last = "data"
    for name, type, parameters in (
        ("conv1", "CONVOLUTION", "convolution_param { num_output: 20 kernel_size: 5 stride: 1 }"),
        ("pool1", "POOLING", "pooling_param { pool: MAX kernel_size: 2 stride: 2 }"),
        ("conv2", "CONVOLUTION", "convolution_param { num_output: 50 kernel_size: 5 stride: 1 }"),
        ("pool2", "POOLING", "pooling_param { pool: MAX kernel_size: 2 stride: 2 }"),
        ("ip1", "INNER_PRODUCT", "inner_product_param { num_output: 500 }"),
        ("relu1", "RELU", ""),
        ("ip2", "INNER_PRODUCT", "inner_product_param { num_output: 10 }"),
        ("prob", "SOFTMAX", ""),
    ):
        top = last if type == "RELU" else name
        text += f'layers {{ name: "{name}" type: {type} bottom: "{last}" top: "{top}" blobs_lr: 1 blobs_lr: 2 {parameters} }}\n'
        last = top
    return text


def oldest_lenet() -> str:
    """The same in the form of 2013: `layers { layer { … } }`, with a padding layer of 2 before a larger input."""
    text = 'input: "data" input_dim: [1, 1, 24, 24]\n'
    text += 'layers { layer { name: "pad" type: "padding" pad: 2 } bottom: "data" top: "pad" }\n'
    last = "pad"
    for name, type, parameters in (
        ("conv1", "conv", "num_output: 20 kernelsize: 5 stride: 1 biasterm: true"),
        ("pool1", "pool", "pool: MAX kernelsize: 2 stride: 2"),
        ("conv2", "conv", "num_output: 50 kernelsize: 5"),
        ("pool2", "pool", "pool: MAX kernelsize: 2 stride: 2"),
        ("ip1", "innerproduct", "num_output: 500"),
        ("relu1", "relu", ""),
        ("ip2", "innerproduct", "num_output: 10"),
        ("prob", "softmax", ""),
    ):
        top = last if type == "relu" else name
        text += f'layers {{ layer {{ name: "{name}" type: "{type}" {parameters} }} bottom: "{last}" top: "{top}" }}\n'
        last = top
    return text


def caffenet() -> str:
    """Krizhevsky et al. 2012: two groups in the second, fourth and fifth convolution."""
    net = Net(3, 227, 227)
    for name, filters, kernel, more in (
        ("conv1", 96, 11, "stride: 4"),
        ("conv2", 256, 5, "pad: 2 group: 2"),
        ("conv3", 384, 3, "pad: 1"),
        ("conv4", 384, 3, "pad: 1 group: 2"),
        ("conv5", 256, 3, "pad: 1 group: 2"),
    ):
        net.conv_relu(name, filters, kernel, more)
        if name in ("conv1", "conv2", "conv5"):
            net.pool(name.replace("conv", "pool"), 3, 2)
        if name in ("conv1", "conv2"):
            net.lrn(name.replace("conv", "norm"))
    for name in ("fc6", "fc7"):
        net.dense(name, 4096)
        net.relu()
        net.dropout()
    net.dense("fc8", 1000)
    return net.end()


def vgg16(shape: tuple[int, int] = (224, 224)) -> str:
    """Simonyan and Zisserman 2014, configuration D."""
    net = Net(3, *shape)
    for block, (filters, count) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)), 1):
        for number in range(1, count + 1):
            net.conv_relu(f"conv{block}_{number}", filters, 3, "pad: 1")
        net.pool(f"pool{block}", 2, 2)
    for name in ("fc6", "fc7"):
        net.dense(name, 4096)
        net.relu()
        net.dropout()
    net.dense("fc8", 1000)
    return net.end()


#: Szegedy et al. 2014, table 1: filters of 1×1, of 3×3 and the reduction before it, of 5×5 likewise, behind the pool.
INCEPTIONS = {
    "3a": (64, 96, 128, 16, 32, 32), "3b": (128, 128, 192, 32, 96, 64), "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64), "4c": (128, 128, 256, 24, 64, 64), "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128), "5a": (256, 160, 320, 32, 128, 128), "5b": (384, 192, 384, 48, 128, 128),
}  # fmt: skip


def googlenet() -> str:
    """Szegedy et al. 2014 without the classifiers that only training has."""
    net = Net(3, 224, 224)
    net.conv_relu("conv1/7x7_s2", 64, 7, "pad: 3 stride: 2")
    net.pool("pool1/3x3_s2", 3, 2)
    net.lrn("pool1/norm1")
    net.conv_relu("conv2/3x3_reduce", 64, 1)
    net.conv_relu("conv2/3x3", 192, 3, "pad: 1")
    net.lrn("conv2/norm2")
    net.pool("pool2/3x3_s2", 3, 2)
    for name, (one, reduce3, three, reduce5, five, behind) in INCEPTIONS.items():
        start, stem = net.last, f"inception_{name}/"
        parts = [net.conv_relu(f"{stem}1x1", one, 1, bottom=start)]
        net.conv_relu(f"{stem}3x3_reduce", reduce3, 1, bottom=start)
        parts.append(net.conv_relu(f"{stem}3x3", three, 3, "pad: 1"))
        net.conv_relu(f"{stem}5x5_reduce", reduce5, 1, bottom=start)
        parts.append(net.conv_relu(f"{stem}5x5", five, 5, "pad: 2"))
        net.pool(f"{stem}pool", 3, 1, "pad: 1", bottom=start)
        parts.append(net.conv_relu(f"{stem}pool_proj", behind, 1))
        net.add(f"{stem}output", "Concat", bottom=" ".join(parts))
        if name in ("3b", "4e"):
            net.pool(f"pool{int(name[0])}/3x3_s2", 3, 2)
    net.pool("pool5/7x7_s1", 7, 1, method="AVE")
    net.dropout()
    net.dense("loss3/classifier", 1000)
    return net.end()


def squeezenet(version: str) -> str:
    """Iandola et al. 2016, version 1.0 or 1.1."""
    net = Net(3, 224, 224)
    if version == "1.0":
        net.conv_relu("conv1", 96, 7, "stride: 2")
        pools = {1: "pool1", 4: "pool4", 8: "pool8"}
    else:
        net.conv_relu("conv1", 64, 3, "stride: 2")
        pools = {1: "pool1", 3: "pool3", 5: "pool5"}
    net.pool("pool1", 3, 2)
    for number, squeeze in enumerate((16, 16, 32, 32, 48, 48, 64, 64), 2):
        stem = f"fire{number}/"
        start = net.conv_relu(f"{stem}squeeze1x1", squeeze, 1)
        one = net.conv_relu(f"{stem}expand1x1", 4 * squeeze, 1, bottom=start)
        three = net.conv_relu(f"{stem}expand3x3", 4 * squeeze, 3, "pad: 1", bottom=start)
        net.add(f"{stem}concat", "Concat", bottom=f"{one} {three}")
        if number in pools:
            net.pool(pools[number], 3, 2)
    net.dropout()
    net.conv_relu("conv10", 1000, 1)
    net.whole("pool10")
    return net.end()


def resnet50() -> str:
    """He et al. 2015: the step in the first 1×1 of a block; the first convolution has biases in the authors' file."""
    net = Net(3, 224, 224)
    net.conv("conv1", 64, 7, "pad: 3 stride: 2")
    net.norm()
    net.pool("pool1", 3, 2)
    for stage, (width, blocks) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3)), 2):
        for number in range(blocks):
            start, stem = net.last, f"res{stage}{'abcdef'[number]}"
            stride = "stride: 2" if number == 0 and stage > 2 else ""
            beside = net.normed(f"{stem}_branch1", 4 * width, 1, stride, start, relu=False) if number == 0 else start
            net.normed(f"{stem}_branch2a", width, 1, stride, start)
            net.normed(f"{stem}_branch2b", width, 3, "pad: 1")
            net.normed(f"{stem}_branch2c", 4 * width, 1, relu=False)
            net.add(stem, "Eltwise", bottom=f"{beside} {net.last}")
            net.relu()
    net.pool("pool5", 7, 1, method="AVE")
    net.dense("fc1000", 1000)
    return net.end()


def mobilenet() -> str:
    """Howard et al. 2017, width 1."""
    net = Net(3, 224, 224)
    net.normed("conv1", 32, 3, "pad: 1 stride: 2")
    planes = 32
    for number, (filters, stride) in enumerate(
        ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)), 2
    ):
        net.normed(f"conv{number}/dw", planes, 3, f"pad: 1 stride: {stride} group: {planes}")
        net.normed(f"conv{number}/sep", filters, 1)
        planes = filters
    net.whole("pool6")
    net.conv("fc7", 1000, 1)
    return net.end()


def mobilenet_v2() -> str:
    """Sandler et al. 2018."""
    net = Net(3, 224, 224)
    net.normed("conv1", 32, 3, "pad: 1 stride: 2")
    planes, number = 32, 0
    for factor, filters, count, first in (
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
    ):  # fmt: skip
        for stride in (first, *[1] * (count - 1)):
            number += 1
            start, wide = net.last, planes * factor
            if factor > 1:
                net.normed(f"block{number}/expand", wide, 1)
            net.normed(f"block{number}/dw", wide, 3, f"pad: 1 stride: {stride} group: {wide} engine: CAFFE")
            net.normed(f"block{number}/linear", filters, 1, relu=False)
            if stride == 1 and planes == filters:
                net.add(f"block{number}", "Eltwise", bottom=f"{start} {net.last}")
            planes = filters
    net.normed("conv_last", 1280, 1)
    net.whole("pool")
    net.dense("fc", 1000)
    return net.end()


def nin() -> str:
    """Lin et al. 2013, for ImageNet."""
    net = Net(3, 224, 224)
    for number, (filters, kernel, more, behind) in enumerate(
        ((96, 11, "stride: 4", 96), (256, 5, "pad: 2", 256), (384, 3, "pad: 1", 384), (1024, 3, "pad: 1", 1024)), 1
    ):
        net.conv_relu(f"conv{number}", filters, kernel, more)
        net.conv_relu(f"cccp{2 * number - 1}", behind, 1)
        net.conv_relu(f"cccp{2 * number}", 1000 if number == 4 else behind, 1)
        if number < 4:
            net.pool(f"pool{number}", 3, 2)
    net.whole("pool4")
    return net.end()


def ssd300(classes: int = 21) -> str:
    """Liu et al. 2016 with VGG-16: six maps, of which boxes and classes are put together."""
    net = Net(3, 300, 300)
    for block, (filters, count) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)), 1):
        for number in range(1, count + 1):
            net.conv_relu(f"conv{block}_{number}", filters, 3, "pad: 1")
        if block < 5:
            net.pool(f"pool{block}", 2, 2)
    net.pool("pool5", 3, 1, "pad: 1")
    net.conv_relu("fc6", 1024, 3, "pad: 6 dilation: 6")
    net.conv_relu("fc7", 1024, 1)
    for number, (narrow, wide, more) in enumerate(
        ((256, 512, "pad: 1 stride: 2"), (128, 256, "pad: 1 stride: 2"), (128, 256, ""), (128, 256, "")), 6
    ):
        net.conv_relu(f"conv{number}_1", narrow, 1)
        net.conv_relu(f"conv{number}_2", wide, 3, more)
    norm = "norm_param { across_spatial: false channel_shared: false scale_filler { type: 'constant' value: 20 } }"
    net.add("conv4_3_norm", "Normalize", norm, "conv4_3")
    parts: dict[str, list[str]] = {"loc": [], "conf": [], "priorbox": []}
    for source, boxes in (
        ("conv4_3_norm", 4), ("fc7", 6), ("conv6_2", 6), ("conv7_2", 6), ("conv8_2", 4), ("conv9_2", 4),
    ):  # fmt: skip
        for part, filters in (("loc", 4 * boxes), ("conf", classes * boxes)):
            name = f"{source}_mbox_{part}"
            net.conv(name, filters, 3, "pad: 1", source)
            net.add(f"{name}_perm", "Permute", "permute_param { order: 0 order: 2 order: 3 order: 1 }")
            parts[part].append(net.add(f"{name}_flat", "Flatten", "flatten_param { axis: 1 }"))
        ratios = "aspect_ratio: 2" if boxes == 4 else "aspect_ratio: 2 aspect_ratio: 3"
        prior = f"prior_box_param {{ min_size: 30 max_size: 60 {ratios} flip: true clip: false variance: 0.1 }}"
        parts["priorbox"].append(net.add(f"{source}_mbox_priorbox", "PriorBox", prior, f"{source} data"))
    for part, found in parts.items():
        axis = 2 if part == "priorbox" else 1
        net.add(f"mbox_{part}", "Concat", f"concat_param {{ axis: {axis} }}", " ".join(found))
    net.add(
        "mbox_conf_reshape", "Reshape", f"reshape_param {{ shape {{ dim: 0 dim: -1 dim: {classes} }} }}", "mbox_conf"
    )
    net.add("mbox_conf_softmax", "Softmax", "softmax_param { axis: 2 }")
    net.add("mbox_conf_flatten", "Flatten", "flatten_param { axis: 1 }")
    net.add(
        "detection_out",
        "DetectionOutput",
        "detection_output_param { num_classes: 21 }",
        "mbox_loc mbox_conf_flatten mbox_priorbox",
    )
    return net.text


def fcn32s(classes: int = 21) -> str:
    """Long et al. 2015: VGG-16 as convolutions, padded by 100, and one step back to the size of the image."""
    net = Net(3, 500, 500)
    for block, (filters, count) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)), 1):
        for number in range(1, count + 1):
            net.conv_relu(f"conv{block}_{number}", filters, 3, f"pad: {100 if (block, number) == (1, 1) else 1}")
        net.pool(f"pool{block}", 2, 2)
    net.conv_relu("fc6", 4096, 7)
    net.conv_relu("fc7", 4096, 1)
    net.conv("score_fr", classes, 1)
    frozen = f"param {{ lr_mult: 0 }} convolution_param {{ num_output: {classes} bias_term: false kernel_size: 64 stride: 32 }}"
    net.add("upscore", "Deconvolution", frozen)
    net.add("score", "Crop", "crop_param { axis: 2 offset: 19 }", f"{net.last} data")
    return net.text


def senet_block() -> str:
    """Hu et al. 2017: squeeze and excitation of 64 channels by 16, then Axpy."""
    net = Net(64, 14, 14)
    net.conv("x", 64, 3, "pad: 1")
    net.whole("pool")
    net.conv_relu("down", 4, 1)
    net.conv("up", 64, 1)
    net.add("gate", "Sigmoid", top="up")
    net.add("axpy", "Axpy", bottom="up x data")
    return net.text
