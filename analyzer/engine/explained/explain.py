"""The explanation of a network: the arithmetic of the layers that are asked for.

>>> from analyzer.engine.explained.expression import written
>>> from analyzer.engine.analysis import analyze_network
>>> from analyzer.engine.network import Network
>>> from analyzer.layers import CATALOGUE
>>> from analyzer.volume import Volume
>>> network = Network()
>>> image = network.enter("image", Volume((32, 32), 3))
>>> node = network.place("conv1", CATALOGUE["conv"](filters=20, kernel=8, stride=2, padding=1), [image])
>>> conv1 = explain_network(analyze_network(network)).layers[0]
>>> for step in conv1.about("output", "parameters"):
...     print(step.mode or "", step.name, "=", written(step.formula), "=", step.value)
 H_out = ⌊(32 − 8 + 2·1)/2⌋ + 1 = 14
 W_out = ⌊(32 − 8 + 2·1)/2⌋ + 1 = 14
 D_out = 20 = 20
shared parameters = (8·8·3 + 1)·20 = 3860
local parameters = (8·8·3 + 1)·20·14·14 = 756560
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.diagnostics import Diagnostic
from analyzer.engine.explained.chosen import chosen
from analyzer.engine.explained.expression import Letter, letters_in
from analyzer.engine.explained.kept import kept_tensors
from analyzer.engine.explained.lettered import AXIS_LETTERS
from analyzer.engine.explained.result import Explained, Explanation, Step
from analyzer.engine.explained.rule import rule
from analyzer.engine.explained.steps import Around, input_steps, refused_steps, steps_of
from analyzer.engine.memory.by_layer import measure_memory
from analyzer.engine.network import Node, Origin, Refused
from analyzer.engine.result import MODES, Analysis, Row
from analyzer.engine.tying import reused
from analyzer.layers import Flow
from analyzer.settings import one_of

#: The modes of sharing that an explanation can show.
SHOWN = ("both", *MODES)


def explain_network(
    analysis: Analysis, names: Sequence[str] = (), *, mode: str = "both", mistakes: Sequence[Diagnostic] = ()
) -> Explanation:
    """The arithmetic of the layers of these names, or of all layers, equal neighbours once.

    `mode` is the mode of sharing that is shown: `both` shows shared and local, and declared where the file declares
    another sharing. `mistakes` are those of a network that was refused: without names, its layers up to the first
    refusal are explained, and of the layer that was refused as much as can be calculated.

    Raises `UnknownLayer` for a name that the network does not have, `SettingError` for a mode that does not exist.
    """
    one_of("mode", mode, SHOWN)
    network = analysis.network
    modes = MODES if mode == "both" else (mode,)
    refused = {one.name: one for one in network.refused}
    first = network.refused[0] if network.refused and not names else None
    nodes = chosen(network, [name for name in names if name not in refused]) if names or network.nodes else []
    if names and all(name in refused for name in names):
        nodes = []
    measure_memory(analysis)
    around = around_of(analysis, modes) if network.nodes else None
    layers = []
    for alike in nodes:
        if first is not None and alike[0].index >= first.placed:
            continue
        layers.append(_one(alike, analysis, around))
    shown = [first] if first is not None else [refused[name] for name in dict.fromkeys(names) if name in refused]
    layers += [_of_refused(one) for one in shown]
    return Explanation(
        layers=layers,
        name=analysis.name,
        file=analysis.file,
        inputs=network.inputs,
        batch=analysis.batch,
        dtype=analysis.dtype,
        modes=modes,
        refused=mistakes,
        diagnostics=analysis.diagnostics,
    )


def around_of(analysis: Analysis, modes: Sequence[str]) -> Around:
    """What the steps of every layer need to know."""
    network = analysis.network
    return Around(
        rows={row.name: row for row in analysis.rows},
        kept=kept_tensors(network, batch=analysis.batch, dtype=analysis.dtype),
        shared=reused(network.nodes),
        local=reused(network.nodes, local=True),
        modes=modes,
        batch=analysis.batch,
        dtype=analysis.dtype,
        network=network,
    )


def _one(nodes: Sequence[Node], analysis: Analysis, around: Around | None) -> Explained:
    """The explanation of a layer, of several equal ones, or of an input of the network."""
    node = nodes[0]
    if node.index < 0 or around is None:
        steps = list(input_steps(node, analysis.batch, analysis.dtype))
        return _explained(nodes, None, steps, "A volume that enters the network.")
    row = around.rows[node.name]
    return _explained(nodes, row, list(steps_of(row, around)), rule(node.layer.__class__))


def _of_refused(one: Refused) -> Explained:
    """As much of the explanation of a refused layer as can be calculated."""
    flow = Flow([node.output for node in one.inputs], one.inputs[0].output)
    node = Node(one.placed, one.name, one.layer, one.inputs, flow, Origin(), None, False, flow.output)
    found = _explained([node], None, list(refused_steps(one.layer, flow.inputs)), rule(one.layer.__class__))
    found.refused = True
    return found


def _explained(nodes: Sequence[Node], row: Row | None, steps: Sequence[Step], says: str) -> Explained:
    """The explanation of layers with these steps."""
    found: dict[str, Letter] = {}
    for step in steps:
        for letter in letters_in(step.formula) if step.formula is not None else ():
            found.setdefault(letter.name, letter)
    calculated = {step.name for step in steps}
    given = [letter for name, letter in found.items() if letter.meaning and name not in calculated]
    return Explained(
        node=nodes[0],
        row=row,
        names=[node.name for node in nodes],
        rule=says,
        letters=sorted(given, key=lambda letter: not _is_read(letter)),  # the others are parameters
        steps=steps,
    )


def _is_read(letter: Letter) -> bool:
    """Whether a letter is for a size of a volume that a layer reads: `height of input 2`."""
    axis, _, of = letter.meaning.partition(" of ")
    return axis in AXIS_LETTERS and of.startswith(("the input", "input "))
