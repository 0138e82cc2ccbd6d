"""What would bring an amount within its budget: the change with the most effect, and its result where that is exact.

Otherwise it is a factor. Parameters of convolutions grow with the square of the depths, their MACs with the square of
the depths and with the positions, outputs with the depths and the positions.
"""

from __future__ import annotations

from math import ceil, floor

from analyzer.engine.network import Node
from analyzer.engine.result import Analysis, Row
from analyzer.units import count, memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.engine.amounts import Amounts
    from analyzer.engine.memory.mode_memory import ModeMemory
    from analyzer.engine.memory.settings import Run


def cure(key: str, amount: int, allowed: int, amounts: Amounts) -> str | None:
    """A change that brings `amount` to what is allowed."""
    if key in ("peak_training_memory", "peak_inference_memory"):
        return _of_peak(key, amount, allowed, amounts)
    if key == "receptive_field":
        return _of_field(amount, allowed, amounts.analysis)
    if key in ("depth", "layers"):
        return _of_number(key, amount, allowed, amounts)
    if amount < allowed:
        return f"depths × {_up(_root(allowed, amount))} come to about that" if amount else "add layers with weights"
    if not allowed:
        return None
    if key == "activation_memory":
        return _of_activations(amount, allowed, amounts.analysis)
    if key in ("macs", "flops"):
        return _of_macs(amount, allowed, amounts)
    return _of_parameters(key, amount, allowed, amounts)


def _of_parameters(key: str, amount: int, allowed: int, amounts: Amounts) -> str:
    over, parts = amount - allowed, amounts.parts(key)
    rows = {row.name: row for row in amounts.analysis.rows}
    for name, part in parts:
        flat = _flattened(rows[name]) if part > over else None
        if flat is not None:
            saved = part - _rest(part, rows[name], flat)
            if saved >= over:
                return (
                    f"`global_avg_pool` before `{name}` instead of flattening {flat.output.pretty()}: "
                    f"{_said(key, amount - saved)}, which fits"
                )
    if key == "trainable":
        return f"`frozen: true` on layers with {_said(key, over)} parameters, such as `{parts[0][0]}`, or {_width(allowed, amount)}"
    if key == "params_local":
        return f"`sharing: shared`, larger strides before the heaviest layers, or {_width(allowed, amount)}"
    if key == "weight_memory" and amounts.analysis.dtype in ("float32", "float64", "tf32") and 2 * allowed >= amount:
        return f"{_width(allowed, amount)}; `--dtype float16` takes {_said(key, amount // 2)}"
    return _width(allowed, amount)


def _flattened(row: Row) -> Node | None:
    """The node whose volume a dense layer reads flattened; None where it reads none that has positions."""
    if not row.node.layer.dense:
        return None
    node = row.node.inputs[0]
    while node.output.positions == 1 and len(node.inputs) == 1 and node.output.size == node.flow.input.size:
        node = node.inputs[0]
    return node if node.output.positions > 1 else None


def _rest(part: int, row: Row, flat: Node) -> int:
    """What remains of a dense layer's part after a pool to one position: all biases, and the weights of one cell."""
    cost = row.declared
    weights = part * cost.weights // max(cost.weights + cost.biases, 1)
    return part - weights + weights // flat.output.positions


def _width(allowed: int, amount: int) -> str:
    return f"depths × {_down(_root(allowed, amount))} (√ of the budget's share) come to about that"


def _of_macs(amount: int, allowed: int, amounts: Amounts) -> str:
    stages: dict[str, int] = {}
    for row in amounts.analysis.rows:
        stage = row.name.partition(".")[0]
        stages[stage] = stages.get(stage, 0) + row.macs
    stage, most = max(stages.items(), key=lambda item: item[1])
    share = 100 * most / max(sum(stages.values()), 1)
    spatial = len(amounts.analysis.input.spatial)
    ways = [f"depths × {_down(_root(allowed, amount))}"]
    if spatial:
        ways.append(f"sides of the input × {_down((allowed / amount) ** (1 / spatial))}")
    return f"`{stage}` takes {share:.1f} % of it; {' or '.join(ways)} come to about the budget"


def _of_activations(amount: int, allowed: int, analysis: Analysis) -> str:
    largest = max(analysis.rows, key=lambda row: row.activation_bytes).name
    batch = analysis.batch * allowed // amount
    if batch:
        return f"a batch of {count(batch)}, or a stride before `{largest}`"
    return f"a stride before `{largest}`, or depths × {_down(allowed / amount)}"


def _of_peak(key: str, amount: int, allowed: int, amounts: Amounts) -> str | None:
    """The change of the run, of those `analyzer memory` proposes, that is just enough; otherwise the best one."""
    if amount < allowed:
        return "a minimum for a peak is more often a mistake than a wish"
    held, run, ranks = amounts.held, amounts.run, amounts.memory.ranks
    training = key == "peak_training_memory"

    def taken_by(changed: Run) -> int:
        return held.needed(changed, amounts.memory.strategy, ranks) if training else _inference(held, changed)

    smaller = []
    batch = run.batch // ranks // 2
    while batch:
        changed = run.but(batch=batch * ranks)
        smaller.append((taken_by(changed), changed_keys(run, changed)))
        if smaller[-1][0] <= allowed:
            break
        batch //= 2
    tried = []
    if training:
        tried = [
            (change.bytes, f"{changed_keys(run, change.run)} ({change.words})") for change in amounts.memory.changes
        ]
        if run.optimizer != "sgd":
            changed = run.but(optimizer="sgd")
            tried.append((taken_by(changed), changed_keys(run, changed)))
    elif run.dtype == "float32" and run.autocast is None:
        changed = run.but(dtype="float16")
        tried.append((taken_by(changed), changed_keys(run, changed)))
    fitting = [(-taken, words) for taken, words in tried + smaller if taken <= allowed]
    if fitting:
        taken, words = min(fitting)
        return f"{words} comes to {memory(-taken)}, which fits"
    if not tried + smaller:
        return None
    taken, words = min(tried + smaller)
    return f"{words} comes to {memory(taken)}, still too much: smaller depths or fewer positions are needed"


def changed_keys(run: Run, changed: Run) -> str:
    """What a file writes for another run.

    >>> from analyzer.engine.memory.settings import Run
    >>> changed_keys(Run(batch=8), Run(batch=4, accumulate=2))
    '`training: {batch: 4, accumulate: 2}`'
    """
    keys = [name for name in run._fields if getattr(changed, name) != getattr(run, name)]
    return f"`training: {{{', '.join(f'{name}: {getattr(changed, name)}' for name in keys)}}}`"


def _inference(held: ModeMemory, run: Run) -> int:
    """Bytes at the peak of inference in another run."""
    from analyzer.engine.memory.inference import Inference
    from analyzer.engine.memory.tape import Tape

    return Inference(Tape(held.work, run, training=False)).peak.bytes


def _of_field(amount: int, allowed: int, analysis: Analysis) -> str | None:
    """The last window layer's kernel, and its dilation; a stride before it."""
    for row in reversed(analysis.rows):
        window = row.node.layer.window(row.node.flow.input)
        above = row.node.inputs[0].index if row.node.inputs else -1
        field = analysis.rows[above].receptive_field if above >= 0 else None
        if window is None or row.receptive_field is None or row.receptive_field.everything:
            continue
        step = max(1, round(max(field.stride))) if field is not None else 1
        size = max(window.kernel)
        if amount < allowed:
            return (
                f"`kernel: {size + ceil((allowed - amount) / step)}` in `{row.name}`, where each cell adds {step}; or a "
                "`dilation` or another layer there, or a `stride` before it"
            )
        less = size - ceil((amount - allowed) / step)
        if less >= 1:
            return f"`kernel: {less}` in `{row.name}`, where each cell adds {step}"
        return f"smaller kernels, or one stride or layer fewer before `{row.name}`, where each cell adds {step}"
    return None


def _of_number(key: str, amount: int, allowed: int, amounts: Amounts) -> str:
    name = next((name for name, _ in amounts.parts(key)), None)
    place = "" if name is None else f"; `{name}` has the most" if key == "depth" else f"; most of them are `{name}`"
    number = abs(amount - allowed)
    what = "layer" if number == 1 else "layers"
    weights, where = (" with weights", " on the longest path") if key == "depth" else ("", "")
    return f"{count(number)} {what}{weights} {'fewer' if amount > allowed else 'more'}{where}{place}"


def _said(key: str, number: int) -> str:
    return memory(number) if key.endswith("memory") else count(number)


def _root(allowed: int, amount: int) -> float:
    return float((allowed / amount) ** 0.5)


def _down(factor: float) -> str:
    """A factor of at most this, with two to four decimals."""
    for digits in (2, 3, 4):
        value = floor(factor * 10**digits) / 10**digits
        if 0 < value < 1:
            return f"{value:.{digits}f}"
    return f"{factor:.2g}"


def _up(factor: float) -> str:
    return f"{ceil(factor * 100) / 100:.2f}"
