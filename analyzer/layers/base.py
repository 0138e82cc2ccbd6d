"""The base of the layer types: parameters that are declared once, traits, and the questions that a type answers.

A type is a class. Its docstring gives its rule, its annotated class attributes are its parameters, and its methods are
the answers that differ from the defaults here. The loader, the schema, the docs and the messages are made from it.
"""

# Longer than most modules: a type has one base, where each question stands with its default answer.

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from analyzer.layers.answers import NOTHING, Bank, Bounds, Counts, Flow
from analyzer.layers.operations import (
    AS_READ,
    INPLACE,
    ORDERED,
    OWN,
    VIEW,
    Array,
    Back,
    Depth,
    Lie,
    Operation,
    Place,
    Precision,
)
from analyzer.layers.parameters import Parameter, parameter, read_parameters
from analyzer.layers.readings import KEPT, Cells, Readings
from analyzer.layers.sharing import SHARED, Sharing
from analyzer.layers.traits import Averages, Drops, Normalises, Scores
from analyzer.layers.windows import NO_GEOMETRY, Geometry, Window
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar

    from typing_extensions import Self, dataclass_transform
else:

    def dataclass_transform(**_: object) -> Callable[[object], object]:
        """typing.dataclass_transform is for the type checker only."""
        return lambda cls: cls


#: Every layer type by its name in the language, in the order of the catalogue.
CATALOGUE: dict[str, type[Layer]] = {}


@dataclass_transform(kw_only_default=True, field_specifiers=(parameter,))
class Layer:
    """A layer with its parameters. One object may be placed several times in a network.

    The constructor takes parameters by their names, as a file writes them, and raises `Refusal` for a wrong one.

    Class keywords: `type`, its name in the language; `elsewhere`, its names in frameworks, for "did you mean"; `reads`,
    the least and the most volumes that it reads (None for any number).
    """

    type: ClassVar[str] = ""
    family: ClassVar[str] = ""
    elsewhere: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[int, int | None]] = (1, 1)
    declared: ClassVar[dict[str, Parameter]] = {}
    main: ClassVar[str | None] = None
    #: The textbook's letters that it accepts, each with its parameter.
    letters: ClassVar[dict[str, str]] = {}
    #: The parameters that a layer must give.
    needed: ClassVar[tuple[str, ...]] = ()
    shares: ClassVar[bool] = False
    #: Whether its author gives its numbers, which are not calculated: marked in every report.
    authored: ClassVar[bool] = False
    #: Whether its output is a view of its input's memory.
    view: ClassVar[bool] = False

    # Traits. A check, a pass or a report asks for one of these and never for a type's name, so that it sees a new type.
    #: Whether it sums inputs times trained weights, adds a bias, and does nothing else.
    linear: ClassVar[bool] = False
    #: Whether it reads the whole volume as one vector and sums all of it.
    dense: ClassVar[bool] = False
    #: Whether its filters read one plane each.
    depthwise: ClassVar[bool] = False
    #: Whether it is two linear layers in one.
    factored: ClassVar[bool] = False
    #: Whether its MACs multiply fixed numbers instead of trained ones.
    fixed: ClassVar[bool] = False
    #: Whether its output is numbers that the network keeps, and no activation.
    stored: ClassVar[bool] = False
    #: Whether it looks up rows of a table.
    looks_up: ClassVar[bool] = False
    #: The number of the input that has indices, whole numbers of eight bytes; None where none has.
    indices: ClassVar[int | None] = None
    #: Whether it changes each cell by itself, without trained sums over the depth.
    pointwise: ClassVar[bool] = False
    #: Whether it is an activation function.
    activates: ClassVar[bool] = False
    #: Whether it only cuts off values below or above fixed bounds.
    clips: ClassVar[bool] = False
    #: Whether runtimes for microcontrollers can cut off its values in its own kernel (a fused activation).
    clamped: ClassVar[bool] = False
    #: Whether it multiplies each value by a number that does not depend on the sample.
    scales: ClassVar[bool] = False
    #: Whether it summarises cells without weights.
    pools: ClassVar[bool] = False
    #: Whether it makes one volume of several.
    merges: ClassVar[bool] = False
    #: Whether it multiplies its inputs with each other.
    multiplies: ClassVar[bool] = False
    #: Whether it can put out more positions than it reads, all calculated from the input.
    grows: ClassVar[bool] = False
    #: Whether it stretches its input to a given size, which may not be a multiple of it.
    stretches: ClassVar[bool] = False
    #: Whether it may leave elements out in a way that `windows` does not say.
    picks: ClassVar[bool] = False
    #: Whether it only adds cells around the volume, or removes some there.
    cuts: ClassVar[bool] = False
    #: Whether it moves values to other axes and loses none.
    reorders: ClassVar[bool] = False
    #: Whether its planes are made of parts of other planes.
    regroups: ClassVar[bool] = False
    normalises: ClassVar[Normalises] = Normalises.NOTHING
    averages: ClassVar[Averages] = Averages.NOTHING
    drops: ClassVar[Drops] = Drops.NOTHING
    scores: ClassVar[Scores] = Scores.PLAIN

    #: For a layer that runs as one operation: the values that its backward pass keeps, and how autocast runs it; see
    #: `Operation`. `keeps` has no default, so that a type declares it (it may be empty) or answers `saved`.
    keeps: ClassVar[tuple[int, ...]]
    precision: ClassVar[Precision] = AS_READ
    lies: ClassVar[Lie] = ORDERED
    backward: ClassVar[Back | None] = None
    orders: ClassVar[tuple[int, ...]] = ()
    #: The place of the depth among the axes of the tensors that it reads and puts out; None where it takes them as they
    #: come. `depth_in` asks for it.
    depth_at: ClassVar[Depth | None] = None
    #: Whether it is made for tokens, whose depth comes last, though it takes any volume.
    of_tokens: ClassVar[bool] = False

    def __init__(self, **written: Any) -> None:
        self.__dict__.update(read_parameters(self.type, self.declared, self.long_form(written)))

    @classmethod
    def short_keys(cls) -> tuple[str, ...]:
        """The keys of its main parameter's mapping, which may be written without that parameter: `pad: {top: 1}`."""
        return () if cls.main is None else tuple(k for k in cls.declared[cls.main].kind.keys if k not in cls.declared)

    @classmethod
    def long_form(cls, written: dict[str, Any]) -> dict[str, Any]:
        """Its parameters by their names, the keys of its main parameter's mapping put into that parameter."""
        keys = cls.short_keys()
        inside = {name: value for name, value in written.items() if name in keys}
        if not inside or cls.main is None or not {cls.main, cls.declared[cls.main].letter}.isdisjoint(written):
            return written
        return {cls.main: inside, **{name: value for name, value in written.items() if name not in keys}}

    @classmethod
    def of_read(cls, values: dict[str, Any]) -> Self:
        """The layer with values that its kinds have read, by attribute; the loader reads each value once."""
        layer = object.__new__(cls)
        layer.__dict__.update(values)
        return layer

    def written(self) -> dict[str, Any]:
        """Its parameters as a file writes them, by their names, those at their defaults left out."""
        values = [(declared, getattr(self, declared.attribute)) for declared in self.declared.values()]
        return {one.name: one.kind.write(value) for one, value in values if one.required or value != one.default}

    def __init_subclass__(
        cls,
        *,
        type: str | None = None,
        elsewhere: tuple[str, ...] = (),
        reads: tuple[int, int | None] | None = None,
    ) -> None:
        own = {name: value for name, value in vars(cls).items() if value.__class__ is Parameter}
        if own:
            for name, declaration in own.items():
                declaration.attribute = name
                declaration.name = declaration.name or name
                if declaration.main:
                    cls.main = declaration.name
                if declaration.required:
                    delattr(cls, name)
                else:
                    setattr(cls, name, declaration.default)
            declared = {**cls.declared, **{declaration.name: declaration for declaration in own.values()}}
            first = {cls.main: declared[cls.main]} if cls.main in declared else {}
            cls.declared = {**first, **declared}
            cls.letters = {p.letter: p.name for p in cls.declared.values() if p.letter}
            cls.needed = tuple(p.name for p in cls.declared.values() if p.required)
            cls.shares = "sharing" in cls.declared
        if reads is not None:
            cls.reads = reads
        if type is None:
            return
        if type in CATALOGUE:
            raise TypeError(f"the layer type {type} is declared by {CATALOGUE[type].__name__} and {cls.__name__}")
        _check_answers(cls, type)
        cls.type = type
        cls.family = cls.__module__.rpartition(".")[2]
        cls.elsewhere = elsewhere
        CATALOGUE[sys.intern(type)] = cls

    def output(self, inputs: Sequence[Volume]) -> Volume:
        """The output volume. Default: that of the first input.

        Raises `Refusal` where the layer cannot read these volumes; it names the parameter at fault.
        """
        return inputs[0]

    def parameters(self, flow: Flow, sharing: Sharing) -> Counts:
        """Weights, biases and buffers with the asked sharing. Default: none."""
        return NOTHING

    def macs(self, flow: Flow) -> int:
        """Multiply-accumulates of one sample, biases not counted. Default: none."""
        return 0

    def first_macs(self, flow: Flow) -> int:
        """The MACs that multiply the input itself; the others multiply what the layer makes of it. Default: all."""
        return self.macs(flow)

    def backward_macs(self, flow: Flow, needed: Sequence[bool], *, trained: bool) -> int:
        """MACs of the backward pass of one sample: those of a product, for each factor that a gradient flows to.

        `needed` says so of each input, `trained` of the weights. Default: the MACs are products with weights.
        """
        macs, first, reads = self.macs(flow), self.first_macs(flow), any(needed)
        return macs * trained + first * reads + (macs - first) * (trained or reads)

    def elements_read(self, flow: Flow, which: int) -> int:
        """The elements that it reads of input number `which`. Default: all."""
        return flow.inputs[which].size

    def differentiates(self, which: int) -> bool:
        """Whether a gradient of its output flows to input number `which`. Default: it does."""
        return True

    def window(self, volume: Volume) -> Window | None:
        """The window that it slides over `volume`. Default: it has none.

        Raises `Refusal` (SHAPE203) for sizes of another number of axes than the volume has.
        """
        return None

    def geometry(self, volume: Volume) -> Geometry:
        """The numbers of its window over `volume` as reports show them. Default: those of `window`."""
        window = self.window(volume)
        if window is None:
            return NO_GEOMETRY
        groups = self.plane_groups(volume) if self.linear and not self.factored else None
        return Geometry(window.kernel, window.stride, window.padding, window.dilation, groups)

    def windowed_macs(self, flow: Flow) -> int:
        """The MACs of its window, whose taps may fall on padding. Default: all of its MACs."""
        return self.macs(flow)

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """The operations that it runs as on a CPU, and what the backward pass of each keeps. Default: one operation.

        Their parameter tensors together have the weights and biases of `parameters(flow, sharing)`.
        """
        return (self.operation(flow, sharing),)

    def saved_on_cuda(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """The same with CUDA's kernels. Default: as on the CPU."""
        return self.saved(flow, sharing)

    def operation(self, flow: Flow, sharing: Sharing, extras: Sequence[Array] = ()) -> Operation:
        """The layer as one operation, which also makes and keeps `extras`."""
        counts = self.parameters(flow, sharing)
        return Operation(
            range(len(flow.inputs)),
            flow.output.size,
            place=self.place,
            keeps=self.keeps,
            extras=extras,
            trained=counts.tensors(),
            buffers=(Array(counts.buffers, batched=False),) if counts.buffers else (),
            precision=self.precision,
            lies=self.lies,
            backward=self.backward,
            orders=self.orders,
        )

    def depth_in(self, flow: Flow, given: Depth) -> Depth:
        """The place of the depth in the tensors that it reads, where its first input has it `given`."""
        return given if self.depth_at is None else self.depth_at

    def windows(self, flow: Flow, which: int) -> Readings:
        """Which cells of input number `which` an output cell is made of, on each axis; see `Reading`.

        Default: for a type that is `pointwise` the cell at its own position; otherwise those under its window.
        """
        if self.pointwise:
            return (KEPT,) * flow.output.rank
        window = self.window(flow.inputs[which])
        return Cells.UNKNOWN if window is None else window.readings()

    def moved_axes(self, flow: Flow) -> tuple[int, ...] | None:
        """For a layer that only moves elements, the axes of its input in their order in the output, the depth last.

        The elements in that order, row by row, are then those of the output. None for any other layer. Where
        `cut_axes` cuts the axes first, these are the axes that it makes.
        """
        return None

    def cut_axes(self, flow: Flow) -> tuple[int, ...]:
        """The sizes of the axes that `moved_axes` orders. Default: those of the input."""
        return flow.input.sizes

    # Questions about one layer that depend on its parameters.

    @property
    def passes(self) -> bool:
        """Whether it hands on the values that it reads, at most in another shape."""
        return False

    @property
    def dropped(self) -> float:
        """The share that it drops at random while the network trains, from 0 to 1."""
        return 0.0

    @property
    def overwrites(self) -> bool:
        """Whether it writes its output over its first input."""
        return False

    @property
    def place(self) -> Place:
        """Where its output lies, as the operations that it runs as have it: in its first input's memory, or its own."""
        return VIEW if self.view else INPLACE if self.overwrites else OWN

    @property
    def crops(self) -> bool:
        """Whether it cuts its inputs to the smallest of them."""
        return False

    @property
    def mixes_planes(self) -> bool:
        """Whether each plane of its output is made of all planes of the same cell, without weights."""
        return False

    @property
    def centres(self) -> bool:
        """Whether it adds a trained centre (beta) after it has normalised."""
        return False

    @property
    def learns_statistics(self) -> bool:
        """Whether it keeps running statistics and uses them in inference."""
        return False

    @property
    def positional(self) -> bool:
        """Whether it has trained numbers of its own at each position."""
        return False

    @property
    def declared_sharing(self) -> Sharing:
        """The sharing that its author gave it; shared for a type without the parameter."""
        return SHARED

    def bank_positions(self, flow: Flow) -> tuple[int, ...]:
        """The positions, by axis, that have a filter bank each where it is locally connected."""
        return flow.output.spatial

    def plane_groups(self, volume: Volume) -> int:
        """The groups of planes of `volume` that its weights do not mix."""
        return 1

    def statistics_over(self, volume: Volume) -> int | None:
        """The values of one sample in each mean that it normalises by; None for a layer that subtracts no mean."""
        return None

    def bank(self, flow: Flow) -> Bank | None:
        """Its weights as another layer may reuse them, as they are or transposed; None where none can."""
        return None

    def agreed(self) -> list[object]:
        """The values that give its weights their shape; the kernels `3` and `3x3` are the same."""
        values = [getattr(self, declared.attribute) for declared in self.declared.values() if declared.agreed]
        return [value[0] if isinstance(value, tuple) and len(set(value)) == 1 else value for value in values]

    def bounds(self, volume: Volume) -> Bounds | None:
        """The part of one axis of `volume` that it cuts out; None for a layer that cuts out none."""
        return None


def _check_answers(cls: type[Layer], type: str) -> None:
    """Refuses a type without an answer of its own, of which every report would show 0 or nothing."""
    if cls.saved is Layer.saved and not hasattr(cls, "keeps"):
        raise TypeError(f"the layer type {type} must declare `keeps` or `saved`: what its backward pass keeps")
    if not (cls.pointwise or cls.windows is not Layer.windows or cls.window is not Layer.window):
        raise TypeError(
            f"the layer type {type} must declare `pointwise`, `window` or `windows`: which input cells an output cell is made of"
        )


class Input(Layer):
    """Where a volume enters the network; not in the catalogue, since no file writes it as a layer."""

    type = "input"
