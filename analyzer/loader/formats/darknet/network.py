"""A Darknet network, section by section, as layers of the catalogue.

Every rule is that of Darknet's own code, as the sources name it: whole numbers are divided as C divides them, and a
vector of N outputs is an image of 1x1xN to the layer that reads it.

Sources: parser.c, convolutional_layer.c, maxpool_layer.c, local_layer.c, reorg_layer.c, route_layer.c,
shortcut_layer.c, rnn_layer.c, gru_layer.c, lstm_layer.c, crnn_layer.c of pjreddie/darknet; parser.c of
AlexeyAB/darknet.
"""

# Longer than most modules: one short method a section, as `parser.c` has one function a section.

from __future__ import annotations

from collections.abc import Callable, Sequence

from analyzer.diagnostics import nearest
from analyzer.layers import CATALOGUE
from analyzer.loader.formats.darknet.sections import Options, Section, sections_of
from analyzer.loader.formats.darknet.words import ACTIVATIONS, SILENT, STEMS
from analyzer.loader.formats.sheet import Place, Sheet, Written
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def write_network(text: str, sheet: Sheet, input: Sequence[int] | None = None) -> None:
    """Writes the network of a configuration on the sheet; `input` is a volume to use in place of the file's.

    Every mistake goes to the sheet. What reads a layer with a mistake is left out in silence.
    """
    sections = sections_of(text, sheet)
    if not sections or sections[0].kind not in ("net", ""):
        place = sections[0].place() if sections else Place("", line=1)
        sheet.refuse("a configuration begins with `[net]`, which has the size of the input", place)
        return
    volume = input if input is not None else _input(Options(sections[0], sheet))
    if volume is None or any(problem.severity == "error" for problem in sheet.problems):
        return
    network = _Network(sheet, sheet.enter("input", volume))
    for section in sections[1:]:
        network.add(section)
    sheet.outputs(network.ends())


def _input(options: Options) -> list[int] | None:
    """The volume of the input: height, width and channels, or a vector of `inputs`."""
    height, width, channels = (options.whole(key, 0, least=0) for key in ("height", "width", "channels"))
    inputs = options.whole("inputs", height * width * channels, least=0)
    if options.wrong:
        return None
    if height and width and channels:
        return [height, width, channels]
    if inputs:
        return [inputs]
    lacks = next((key for key in ("height", "width", "channels") if not options.has(key)), "inputs")
    options.refuse(
        "`[net]` gives no input", help=f"`{lacks}` is missing, or 0: `width=416`, `height=416`, `channels=3`"
    )
    return None


class _Network:
    """The layers so far: what each section puts out, None where a mistake left it open."""

    # By hand: it starts with the input.
    def __init__(self, sheet: Sheet, source: Written) -> None:
        self.sheet = sheet
        self.source = source
        self.made: list[Written | None] = []
        self.read: set[int] = set()
        self.ended: list[int] = []

    def add(self, section: Section) -> None:
        """Writes the layers of one section."""
        options = Options(section, self.sheet)
        above = self.made[-1] if self.made else self.source
        if above is None and section.kind not in ("route",):
            self.made.append(None)
            return
        self.made.append(_Layers(self, options, above or self.source).written() if section.kind else None)

    def of(self, index: int) -> Written | None:
        """What the section with this number puts out, for another that reads it."""
        self.read.add(index)
        return self.made[index]

    def ends(self) -> list[Written]:
        """The outputs: the last layer, and every head."""
        places = [*self.ended, len(self.made) - 1] if self.made else []
        return [written for place in places if (written := self.made[place]) is not None]


class _Layers:
    """The layers of one section."""

    # By hand: it names what it writes after the section.
    def __init__(self, network: _Network, options: Options, above: Written) -> None:
        self.network = network
        self.sheet = network.sheet
        self.options = options
        self.above = above
        self.kind = options.section.kind
        self.index = len(network.made)
        self.name = f"{STEMS.get(self.kind, self.kind)}{self.index}"

    def written(self) -> Written | None:
        """What the section puts out; None after a mistake."""
        if self.kind in SILENT:
            self.network.ended.append(self.index - 1)
            return self.above
        made = _SECTIONS[self.kind](self)
        return None if self.options.wrong else made

    def write(
        self,
        type: str,
        inputs: Sequence[Written],
        parameters: dict[str, Any] | None = None,
        part: str = "",
        **more: Any,
    ) -> Written:
        """Writes a layer of the section; `part` is its name in it where the section has several."""
        place = Place(f"{self.name}.{part}" if part else self.name, line=self.options.section.line)
        return self.sheet.write(type, inputs, place, parameters, **more)

    def image(self, written: Written) -> Written:
        """A volume with axes: a vector is an image of one cell."""
        if written.volume.rank:
            return written
        return self.write("reshape", [written], {"to": f"1x1x{written.volume.depth}"}, "image")

    def activated(self, written: Written, default: str = "logistic", part: str = "act") -> Written:
        """The layer with the activation of the section behind it."""
        word = self.options.word("activation", default)
        if word not in ACTIVATIONS:
            near = nearest(word, ACTIVATIONS)
            help = f"did you mean `{near}`?" if near else "Darknet itself takes `relu` in its place"
            self.options.refuse(f"Darknet has no activation `{shown(word)}`", "activation", help)
            return written
        found = ACTIVATIONS[word]
        return written if found is None else self.write(found[0], [written], dict(found[1]), part)

    def normalised(self, written: Written, part: str = "norm") -> Written:
        """The layer with the batch norm of the section behind it."""
        return self.write("batch_norm", [written], {}, part) if self.batch_normalize else written

    @property
    def batch_normalize(self) -> bool:
        """Whether a batch norm follows; its centres are then the biases of the layer."""
        return bool(self.options.whole("batch_normalize", 0))

    def strides(self) -> list[int]:
        """The steps along height and width."""
        stride = self.options.whole("stride", 1, least=1)
        return [self.options.whole("stride_y", stride, least=1), self.options.whole("stride_x", stride, least=1)]

    # Sections.

    def convolutional(self) -> Written:
        options, image = self.options, self.image(self.above)
        size, dilation = options.whole("size", 1, least=1), options.whole("dilation", 1, least=1)
        padding = size // 2 if options.whole("pad", 0) else options.whole("padding", 0, least=0)
        dilation = 1 if size == 1 else dilation
        strides, blur = self.strides(), options.whole("antialiasing", 0)
        parameters = {
            "filters": options.whole("filters", 1, least=1),
            "kernel": [size] * image.volume.rank,
            "stride": [1, 1] if blur else strides,
            "padding": padding * dilation,
            "dilation": dilation,
            "groups": options.whole("groups", 1, least=1),
            "bias": not self.batch_normalize,
        }
        tied = self.shared() if options.has("share_index") else None
        written = self.write("conv", [image], _plain(parameters), tied=tied)
        written = self.activated(self.normalised(written))
        if not blur:
            return written
        kernel = 2 if blur == 2 else 3
        return self.write("blur_pool", [written], {"kernel": kernel, "stride": strides, "padding": kernel // 3}, "blur")

    def shared(self) -> Written | None:
        """The convolution whose weights this one uses."""
        index = self.reached("share_index", self.options.whole("share_index", 0))
        name = "" if index is None else f"conv{index}"
        return next((one for one in self.sheet.layers if one.name == name), None)

    def deconvolutional(self) -> Written:
        options, image = self.options, self.image(self.above)
        size = options.whole("size", 1, least=1)
        padding = size // 2 if options.whole("pad", 0) else options.whole("padding", 0, least=0)
        parameters = {
            "filters": options.whole("filters", 1, least=1),
            "kernel": [size] * image.volume.rank,
            "stride": options.whole("stride", 1, least=1),
            "padding": padding,
            "bias": not self.batch_normalize,
        }
        return self.activated(self.normalised(self.write("conv_transpose", [image], _plain(parameters))))

    def local(self) -> Written:
        """Its padding keeps ⌊(W − 1)/S⌋ + 1 positions, whatever the size; without it there are ⌊(W − F)/S⌋ + 1."""
        options, image = self.options, self.image(self.above)
        size = options.whole("size", 1, least=1)
        pair = [(size - 1) // 2, size - 1 - (size - 1) // 2]
        parameters = {
            "filters": options.whole("filters", 1, least=1),
            "kernel": [size] * image.volume.rank,
            "stride": options.whole("stride", 1, least=1),
            "padding": [pair] * image.volume.rank if options.whole("pad", 0) else 0,
            "sharing": "local",
        }
        return self.activated(self.write("conv", [image], _plain(parameters)))

    def connected(self) -> Written:
        return self.activated(self.product(self.above, self.options.whole("output", 1, least=1)))

    def product(self, source: Written, units: int, part: str = "") -> Written:
        """A dense layer with its batch norm, as `make_connected_layer` has it."""
        written = self.write("dense", [source], {"units": units, "bias": not self.batch_normalize}, part)
        return self.normalised(written, f"{part}.norm" if part else "norm")

    def maxpool(self) -> Written:
        options, image = self.options, self.image(self.above)
        if options.whole("maxpool_depth", 0):
            count = options.whole("out_channels", 1, least=1)
            if image.volume.depth % count:
                options.refuse(f"{image.volume.depth} planes cannot be divided into {count}", "out_channels")
                return image
            height, width = image.volume.spatial[-2:]
            split = self.write(
                "reshape", [image], {"to": f"{height}x{width}x{image.volume.depth // count}x{count}"}, "split"
            )
            largest = self.write("reduce", [split], {"op": "max", "axis": "width"}, "largest")
            return self.write("reshape", [largest], {"to": f"{height}x{width}x{count}"})
        return self.blurred(self.write("max_pool", [image], self.pool()))

    def pool(self) -> dict[str, Any]:
        """The window of a pool, whose padding in all is its size less 1."""
        options = self.options
        strides = self.strides()
        blur = options.whole("antialiasing", 0)
        size = options.whole("size", options.whole("stride", 1, least=1), least=1)
        padding = options.whole("padding", size - 1, least=0)
        pair = [padding // 2, padding - padding // 2]
        parameters = {"kernel": [size, size], "stride": [1, 1] if blur else strides, "padding": [pair, pair]}
        return parameters if padding else {key: parameters[key] for key in ("kernel", "stride")}

    def blurred(self, written: Written) -> Written:
        """A pool with the fixed filter of `antialiasing` behind it, which takes the step."""
        if not self.options.whole("antialiasing", 0):
            return written
        return self.write("blur_pool", [written], {"kernel": 3, "stride": self.strides(), "padding": 1}, "blur")

    def local_avgpool(self) -> Written:
        return self.blurred(self.write("avg_pool", [self.image(self.above)], {**self.pool(), "include_padding": False}))

    def avgpool(self) -> Written:
        return self.write("global_avg_pool", [self.image(self.above)])

    def dropout(self) -> Written:
        return self.write("dropout", [self.above], {"rate": self.options.number("probability", 0.5)})

    def softmax(self) -> Written:
        """Over all values, or over the planes at each position where it is `spatial`."""
        flat = self.above.volume.positions == 1 or self.options.whole("spatial", 0)
        source = self.above if flat else self.write("flatten", [self.above], {}, "flat")
        return self.write("softmax", [source])

    def logistic(self) -> Written:
        return self.write("sigmoid", [self.above])

    def activation(self) -> Written:
        return self.activated(self.above, "linear", "")

    def batchnorm(self) -> Written:
        return self.write("batch_norm", [self.above])

    def normalization(self) -> Written:
        return self.write(
            "local_response_norm", [self.image(self.above)], {"size": self.options.whole("size", 5, least=1)}
        )

    def l2norm(self) -> Written:
        return self.custom(self.above.volume.sizes, [self.above], "l2norm")

    def custom(self, sizes: Sequence[int], inputs: Sequence[Written], what: str, weights: int = 0) -> Written:
        """A layer that the catalogue lacks; it multiplies nothing by weights that are not counted here."""
        self.sheet.uncovered[what] = self.sheet.uncovered.get(what, 0) + 1
        parameters: dict[str, Any] = {"output": "x".join(map(str, sizes))}
        return self.write("custom", inputs, {**parameters, "weights": weights} if weights else parameters)

    def crop(self) -> Written:
        """The middle of the image, as a test run takes it."""
        image = self.image(self.above)
        pairs = []
        for key, size in zip(("crop_height", "crop_width"), image.volume.spatial[-2:], strict=True):
            left = size - self.options.whole(key, 1, least=1)
            if left < 0:
                self.options.refuse(f"`{key}` is larger than the image, {size}", key)
                return image
            pairs.append([left // 2, left - left // 2])
        return self.write("crop", [image], {"padding": pairs})

    def reorg(self) -> Written:
        options, image = self.options, self.image(self.above)
        stride, extra = options.whole("stride", 1, least=1), options.whole("extra", 0, least=0)
        if extra:
            return self.write("pad", [self.write("flatten", [image], {}, "flat")], {"depth": [0, extra]})
        if options.whole("flatten", 0):
            return self.write("permute", [image], {"order": ["depth", *image.volume.axes[:-1]]})
        return self.write(
            "pixel_shuffle" if options.whole("reverse", 0) else "pixel_unshuffle", [image], {"factor": stride}
        )

    def upsample(self) -> Written:
        stride = self.options.whole("stride", 2)
        if stride < 0:
            size = -stride
            return self.write("avg_pool", [self.image(self.above)], {"kernel": [size, size], "stride": size})
        return self.write("upsample", [self.image(self.above)], {"factor": max(1, stride)})

    def yolo(self) -> Written:
        """A logistic function of the places, the objects and the classes; the sizes of boxes stay as they are."""
        self.network.ended.append(self.index)
        return self.write("sigmoid", [self.above], note="a head of YOLO: boxes follow from its values and its anchors")

    # Sections that read others.

    def reached(self, key: str, written: int) -> int | None:
        """The number of the section that `layers` or `from` means; None after a finding."""
        index = self.index + written if written < 0 else written
        if 0 <= index < self.index:
            return index
        arithmetic = f"{self.index} − {-written} = {index}" if written < 0 else f"this is section {self.index}"
        least = f"-{self.index} to -1, or 0 to {self.index - 1}" if self.index else "none: no section is above it"
        message = f"`{key}={written}` names no section above this one ({arithmetic})"
        self.options.refuse(message, key, f"possible are {least}")
        return None

    def sources(self, key: str) -> list[Written] | None:
        """What the sections put out that an option names; None after a mistake in one of them."""
        found = [self.reached(key, written) for written in self.options.wholes(key)]
        made = [self.network.of(index) for index in found if index is not None]
        if self.options.wrong or any(one is None for one in made):
            self.options.wrong = True
            return None
        return [one for one in made if one is not None]

    def route(self) -> Written | None:
        """The planes of several layers; with `groups` one part of the planes of each."""
        sources = self.sources("layers")
        if sources is None:
            return None
        groups, part = self.options.whole("groups", 1, least=1), self.options.whole("group_id", 0, least=0)
        if groups > 1:
            sources = [self.sliced(source, groups, part, number) for number, source in enumerate(sources, 1)]
        if len(sources) == 1:
            return sources[0]
        if len({source.volume.spatial for source in sources}) > 1:
            sources = [self.write("flatten", [source], {}, f"flat{number}") for number, source in enumerate(sources, 1)]
        return self.write("concat", sources)

    def sliced(self, source: Written, groups: int, part: int, number: int) -> Written:
        """One of the equal parts of the planes of a layer."""
        depth = source.volume.depth // groups
        if source.volume.depth % groups or part >= groups:
            message = f"`groups={groups}` and `group_id={part}` do not divide the {source.volume.depth} planes of `{source.name}`"
            self.options.refuse(message, "groups")
            return source
        return self.write("slice", [source], {"start": part * depth, "stop": (part + 1) * depth}, f"part{number}")

    def shortcut(self) -> Written | None:
        """A sum. Where the volumes differ, Darknet adds the corner that both have: no layer of the catalogue does."""
        sources = self.sources("from")
        if sources is None:
            return None
        weights = self.weighted(len(sources))
        if weights is None:
            return None
        inputs = [self.above, *sources]
        if weights or any(source.volume != self.above.volume for source in sources):
            return self.activated(self.custom(self.above.volume.sizes, inputs, "shortcut", weights), "linear")
        return self.activated(self.write("add", inputs), "linear")

    def weighted(self, count: int) -> int | None:
        """The trained factors of the terms of a sum; None after a finding."""
        word = self.options.word("weights_type", "none")
        each = {"none": 0, "per_feature": 1, "per_layer": 1, "per_channel": self.above.volume.depth}.get(word)
        if each is None:
            self.options.refuse(f"Darknet has no `weights_type={shown(word)}`", "weights_type")
            return None
        return (count + 1) * each

    def sam(self) -> Written | None:
        sources = self.sources("from")
        if sources is None:
            return None
        return self.activated(self.write("multiply", [self.above, *sources]), "linear")

    def scale_channels(self) -> Written | None:
        sources = self.sources("from")
        if sources is None:
            return None
        return self.activated(self.write("multiply", [*sources, self.image(self.above)]), "linear")

    # Recurrent sections: one step, each product a layer of its own, as Darknet keeps them.

    def state(self, sizes: Sequence[int]) -> Written:
        """The state of the step before, which nobody trains."""
        main = CATALOGUE["parameter"].main or ""
        given = {main: "x".join(map(str, sizes)), "trained": False, "count": 0}
        return self.write("parameter", [], given, "state", note="the state of the step before")

    def rnn(self) -> Written:
        units = self.options.whole("output", 1, least=1)
        entered = self.activated(self.product(self.above, units, "input"), part="input.act")
        kept = self.activated(self.product(self.state([units]), units, "self"), part="self.act")
        state = self.write("add", [entered, kept], {}, "sum")
        return self.activated(self.product(state, units, "output"), part="output.act")

    def crnn(self) -> Written:
        hidden, filters = (self.options.whole(key, 1, least=1) for key in ("hidden_filters", "output_filters"))
        image = self.image(self.above)

        def convolved(source: Written, filters: int, part: str) -> Written:
            given = {"filters": filters, "kernel": [3, 3], "padding": 1, "bias": not self.batch_normalize}
            written = self.write("conv", [source], _plain(given), part)
            return self.activated(self.normalised(written, f"{part}.norm"), part=f"{part}.act")

        entered = convolved(image, hidden, "input")
        kept = convolved(self.state(entered.volume.sizes), hidden, "self")
        return convolved(self.write("add", [entered, kept], {}, "sum"), filters, "output")

    def gate(self, state: Written, units: int, letter: str, type: str = "sigmoid") -> Written:
        """A gate: the product with the state, the one with the input, their sum."""
        kept, entered = self.product(state, units, f"w{letter}"), self.product(self.above, units, f"u{letter}")
        return self.write(type, [self.write("add", [kept, entered], {}, f"{letter}.sum")], {}, letter)

    def gru(self) -> Written:
        units = self.options.whole("output", 1, least=1)
        state = self.state([units])
        update, reset = self.gate(state, units, "z"), self.gate(state, units, "r")
        forgot = self.write("multiply", [state, reset], {}, "forgot")
        new = self.gate(forgot, units, "h", "tanh" if self.options.whole("tanh", 0) else "sigmoid")
        # z·h' + (1 − z)·h = h' + z·(h − h'), as weighted_sum_cpu mixes them
        change = self.write("multiply", [self.write("subtract", [state, new], {}, "step"), update], {}, "change")
        return self.write("add", [new, change], {}, "mix")

    def lstm(self) -> Written:
        units = self.options.whole("output", 1, least=1)
        state = self.state([units])
        forget, enter = self.gate(state, units, "f"), self.gate(state, units, "i")
        new, out = self.gate(state, units, "g", "tanh"), self.gate(state, units, "o")
        kept = self.write("multiply", [forget, self.state([units])], {}, "kept")
        cell = self.write("add", [kept, self.write("multiply", [enter, new], {}, "entered")], {}, "cell")
        return self.write("multiply", [out, self.write("tanh", [cell], {}, "tanh")], {}, "out")


def _plain(parameters: dict[str, Any]) -> dict[str, Any]:
    """The parameters without those at their usual values."""
    usual = {"padding": 0, "dilation": 1, "groups": 1, "bias": True, "stride": 1}
    found = {key: value for key, value in parameters.items() if usual.get(key, ()) != value}
    if isinstance(found.get("stride"), list) and len(set(found["stride"])) == 1:
        found["stride"] = found["stride"][0]
        if found["stride"] == 1:
            del found["stride"]
    return found


#: What writes each section.
_SECTIONS: dict[str, Callable[[_Layers], Written | None]] = {
    "convolutional": _Layers.convolutional,
    "deconvolutional": _Layers.deconvolutional,
    "local": _Layers.local,
    "connected": _Layers.connected,
    "maxpool": _Layers.maxpool,
    "local_avgpool": _Layers.local_avgpool,
    "avgpool": _Layers.avgpool,
    "dropout": _Layers.dropout,
    "softmax": _Layers.softmax,
    "logistic": _Layers.logistic,
    "activation": _Layers.activation,
    "batchnorm": _Layers.batchnorm,
    "normalization": _Layers.normalization,
    "l2norm": _Layers.l2norm,
    "crop": _Layers.crop,
    "reorg": _Layers.reorg,
    "reorg3d": _Layers.reorg,
    "upsample": _Layers.upsample,
    "yolo": _Layers.yolo,
    "gaussian_yolo": _Layers.yolo,
    "route": _Layers.route,
    "shortcut": _Layers.shortcut,
    "sam": _Layers.sam,
    "scale_channels": _Layers.scale_channels,
    "rnn": _Layers.rnn,
    "crnn": _Layers.crnn,
    "gru": _Layers.gru,
    "lstm": _Layers.lstm,
}
