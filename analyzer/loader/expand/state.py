"""The state of an expansion: the network so far, its names, and the counters that its limits look at."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from analyzer.diagnostics import Refusal
from analyzer.engine.network import Network, Node
from analyzer.loader.expand.frame import Frame
from analyzer.loader.expand.mistakes import Mistakes, Stop
from analyzer.loader.expand.names import Names
from analyzer.loader.expand.scope import MISSING, Missing, Scope
from analyzer.loader.expand.size import Size, extra_steps
from analyzer.loader.expand.values import Values
from analyzer.loader.parse.description import Item, Model
from analyzer.loader.text.limits import LIMITS
from analyzer.loader.text.tree import Tree
from analyzer.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


class Expects(Enum):
    """What an expansion does with `expect`."""

    #: One that fails is a mistake.
    BIND = "bind"
    #: One that fails is counted: it was written for another input, or for other variables.
    COUNT = "count"
    #: None is compared.
    SKIP = "skip"


class Unmet(Record):
    """An `expect` that fails and is no mistake: its place, and the sentence about it."""

    tree: Tree
    message: str


class Tying(Record):
    """A group that reuses the parameters of an earlier one, while it is expanded.

    `path` is its name and `name` that of the earlier group; `owners` are the layers with parameters of that group (None
    where a mistake left them open), `used` how many of them have a counterpart so far. `outer` is the tied group
    around.
    """

    item: Item
    scope: Scope
    path: str
    outer: Tying | None
    name: str = ""
    owners: Sequence[Node] | None = None
    used: int = 0


class Expansion(Record):
    """The state of one expansion: the description, the network so far, and how far it has come.

    `frozen` says that a block or structure around the item is frozen, `weights_dtype` which number format one of them
    gives its weights, `tying` is the tied one around it; `depth`
    counts open lists, `calls` open calls of blocks. `unmet` has the `expect`s that fail where they are counted, each
    once, by the identity of its template. `traces` writes down what is asked of volumes (`Facts`), and `traced` has the
    identities of the expressions by which parameters of layers ask. `changes` has parameters in place of those of an
    item, by its identity and their attributes, and `most` the number of steps in place of the limit: a trial changes
    these and `expects`. `outermost` is the scope of the file's own list. `empty` has the steps of calls that placed
    nothing, by block, source and arguments: such a call is not expanded again.
    """

    model: Model
    mistakes: Mistakes
    values: Values
    network: Network = field(init=False)
    names: Names = field(init=False)
    entry: Node | Missing = MISSING
    frozen: bool = False
    weights_dtype: str | None = None
    tying: Tying | None = None
    steps: int = 0
    depth: int = 0
    calls: int = 0
    empty: dict[tuple[object, ...], int] = field(factory=dict)
    size: Size = field(factory=Size)
    expects: Expects = Expects.BIND
    unmet: dict[int, Unmet] = field(factory=dict)
    traces: bool = False
    traced: set[int] = field(factory=set)
    changes: dict[int, dict[str, Any]] = field(factory=dict)
    most: int | None = None
    outermost: Scope | None = None

    def check(self) -> None:
        model = self.model
        self.network = Network(LIMITS.layers)
        self.network.source, self.network.uncovered = model.source, model.uncovered
        self.network.tensors = model.tensors
        self.network.weights_dtype, self.network.formats = model.weights_dtype, {**model.formats}
        self.network.notes += model.told
        self.network.groups |= model.groups
        self.names = Names(self.network)

    @property
    def progress(self) -> tuple[int, int]:
        """The number of layers placed and of mistakes found; equal before and after a list that left nothing."""
        return len(self.network.nodes), len(self.mistakes.found)

    def step(self, item: Item, scope: Scope, count: int = 1) -> None:
        """Counts visits of an item, a large one as several; raises `Stop` beyond the limit."""
        self.steps += count + extra_steps(item, scope.prefix)
        most = LIMITS.steps if self.most is None else self.most
        if self.steps > most:
            message = f"the model takes more than {most:,} steps to expand"
            self.stop(Refusal(message, code="LIMIT106", help="fewer repetitions"), item, scope)

    def stop(self, refusal: Refusal, item: Item, scope: Scope) -> NoReturn:
        """Reports that a limit was passed, and raises `Stop`."""
        self.mistakes.report(refusal, item.place, scope)
        raise Stop

    def resolve(self, name: str, frame: Frame) -> Node | Missing:
        """The node that a name in an item means; raises `Refusal` where nothing visible has the name."""
        return self.names.resolve(name, frame.scope, frame.above, self.entry)


def resolve_all(run: Expansion, names: Sequence[str], frame: Frame) -> list[Node | Missing]:
    """The nodes that a list of names means; a `Refusal` says by its position which one is wrong."""
    run.size.refer(len(names))
    found: list[Node | Missing] = []
    for place, name in enumerate(names):
        try:
            every = run.names.repetitions(name, frame.scope) if name.endswith(".*") else None
            if every is not None:
                run.size.refer(len(every))
                found += [word.node for word in every]
                continue
            found.append(run.resolve(name, frame))
        except Refusal as refusal:
            if refusal.reason is None and frame.scope.caller is not None and frame.values.has_word(name):
                refusal = run.names.unknown_argument(name, frame.scope.caller)
            refusal.at = (place,)
            raise refusal from None
    return found
