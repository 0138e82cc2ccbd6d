"""The words and numbers of a comparison that text and Markdown share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from analyzer.difference.result import Difference, LabelledReport, OneSided
from analyzer.reporter.difference.entries import Entry
from analyzer.reporter.modes import modes_of
from analyzer.units import UNKNOWN, count, exact, memory, plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The peaks of memory, with their labels.
_PEAKS = (("peak_training_memory", "training peak"), ("peak_inference_memory", "inference peak"))

#: The words for fields of a layer.
_WORDS = {"macs_on_data": "MACs on data", "unread": "unread cells", "frozen": "frozen", "authored": "own numbers"}


def shown_modes(difference: Difference | OneSided, mode: str) -> tuple[str, ...]:
    """The modes that are shown: `declared` too where one of the networks declares sharing of its own."""
    mixed = False
    for side in (difference.old, difference.new):
        if side is None:
            continue
        totals = side.report["totals"]
        mixed = mixed or totals["declared"] != totals["shared"]
    return modes_of(mode, mixed=mixed)


def about(side: LabelledReport) -> list[str]:
    """A network in a few words: name, input, batch, dtype, layers."""
    inputs = side.inputs
    volumes = [f"{name} {pretty(volume)}" for name, volume in inputs.items()]
    report = side.report
    weights = [f"weights {report['weights_dtype']}"] if "weights_dtype" in report else []
    layers = plural(side.layers, "layer")
    return [report["name"], *volumes, f"batch {count(report['batch'])}", report["dtype"], *weights, layers]


def run_differs(difference: Difference) -> str:
    """What the runs differ in; empty where they are the same."""
    return ", ".join(f"{what} {pretty(old)} → {pretty(new)}" for what, old, new in difference.run)


def totals(difference: Difference, modes: Sequence[str], *, brief: bool) -> Iterator[tuple[str, str, str, str, str]]:
    """The totals as (name, old, new, change, percent); `brief` leaves out the parts of parameters that changed."""
    old, new = difference.old, difference.new

    def row(name: str, label: str, spell: Callable[[int], str]) -> tuple[str, str, str, str, str]:
        before, after = old.total(name), new.total(name)
        return (label, spell(before), spell(after), signed(after - before, spell), percent(before, after))

    def changed(name: str) -> bool:
        return old.total(name) != new.total(name)

    for mode in modes:
        label = f"{mode} parameters"
        yield row(f"{mode}.parameters", label, count)
        if changed(f"{mode}.biases") and not (brief and changed(f"{mode}.parameters")):
            yield row(f"{mode}.weights", "  weights", count)
            yield row(f"{mode}.biases", "  biases", count)
        if any(side.total(f"{mode}.trainable") != side.total(f"{mode}.parameters") for side in (old, new)):
            yield row(f"{mode}.trainable", "  trainable", count)
        if changed(f"{mode}.buffers") and not brief:
            yield row(f"{mode}.buffers", "  buffers", count)
        yield row(f"{mode}.bytes", "  memory", memory)
    yield row("macs", "MACs per sample", count)
    yield row("activation_bytes", "activations, all", memory)
    yield row("peak_activation", "activations, peak", memory)
    for name, label in _PEAKS:
        if name in difference.peaks():
            yield row(name, label, memory)
    yield row("layers", "layers", count)
    fields = [_last_field(side) for side in (old, new)]
    if any(fields):
        yield ("receptive field", fields[0] or "none", fields[1] or "none", "" if fields[0] != fields[1] else "0", "")


def own_totals(side: LabelledReport, modes: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The totals of one network as (name, value)."""
    for mode in modes:
        yield f"{mode} parameters", count(side.total(f"{mode}.parameters"))
        yield "  memory", memory(side.total(f"{mode}.bytes"))
    yield "MACs per sample", count(side.total("macs"))
    yield "activations, all", memory(side.total("activation_bytes"))
    yield "activations, peak", memory(side.total("peak_activation"))
    for name, label in _PEAKS:
        if name in side.peaks:
            yield label, memory(side.total(name))
    yield "layers", count(side.total("layers"))
    field = _last_field(side)
    if field:
        yield "receptive field", field


def _last_field(side: LabelledReport) -> str:
    """The field of the last layer that does not see the whole input, or the words for all of it."""
    found = ""
    for layer in side.report["layers"]:
        field = layer.get("receptive_field")
        if field is not None:
            if not any(field["stride"]):
                break
            found = _field(field)
    return found


def _field(field: Mapping[str, Any] | None) -> str:
    return "none" if field is None else "×".join(map(str, field["size"]))


def pretty(text: str) -> str:
    """A volume in the sign of the field; other text as it is."""
    return text.replace("x", "×") if text.replace("x", "").isdigit() else text


def signed(change: int, spell: Callable[[int], str]) -> str:
    """A change with its sign; of numbers of which a part is unknown, the change of what is known.

    >>> signed(-5, count), signed(UNKNOWN + 5, count), signed(UNKNOWN, count)
    ('−5', '+5 known', 'unknown')
    """
    if not exact(change):
        return f"{signed(int(change), spell)} known" if change else "unknown"
    return "0" if not change else ("+" if change > 0 else "−") + spell(abs(change))


def percent(old: int, new: int) -> str:
    """A change in percent of what was, one decimal; empty where there was nothing, or where a part is unknown.

    >>> percent(200, 150), percent(10_000_000, 10_000_001), percent(0, 5), percent(7, 7)
    ('−25.0 %', '+<0.1 %', '', '0 %')
    """
    if not (exact(old) and exact(new)):
        return ""
    if old == new:
        return "0 %"
    if old == 0:
        return ""
    tenths = (abs(new - old) * 2000 // old + 1) // 2
    sign = "+" if new > old else "−"
    return f"{sign}{tenths // 10:,}.{tenths % 10} %" if tenths else f"{sign}<0.1 %"


def subject(entry: Entry) -> str:
    """What an entry is about: `conv with batch_norm, relu`, `30 blocks of 10 layers`."""
    with_ = f" with {', '.join(_few(entry.parts))}" if entry.parts and entry.kind else ""
    if entry.kind:
        return f"{entry.kind}{f' ×{entry.times}' if entry.times > 1 else ''}{with_}"
    each = plural(entry.layers // entry.times, "layer")
    return f"{entry.times} blocks of {each}" if entry.times > 1 else f"block of {each}"


def _few(words: Sequence[str]) -> list[str]:
    return list(words) if len(words) <= 4 else [*words[:3], f"{len(words) - 3} more"]


def costs(entry: Entry, modes: Sequence[str], spell: Callable[[int], str] = count) -> list[str]:
    """The change of the costs of an entry: parameters in each mode, once where they are the same, and MACs."""
    changes = [(mode, entry.delta[f"{mode}.parameters"]) for mode in modes]
    if len({change for _, change in changes}) == 1:
        texts = [f"{signed(changes[0][1], spell)} parameters"] if changes[0][1] else []
    else:
        texts = [f"{signed(change, spell)} {mode} parameters" for mode, change in changes if change]
    if entry.delta["macs"] or not exact(entry.delta["macs"]):
        texts.append(f"{signed(entry.delta['macs'], spell)} MACs")
    if not texts and entry.delta["activation_bytes"]:
        texts.append(f"{signed(entry.delta['activation_bytes'], memory)} activations")
    return texts


def details(entry: Entry, modes: Sequence[str], *, numbers: bool) -> list[str]:
    """What changed in a layer; with `numbers` its costs too, before and after."""
    return changed_fields(entry.fields, entry.was, modes, numbers=numbers)


def changed_fields(
    fields: Mapping[str, tuple[Any, Any]], was: str, modes: Sequence[str], *, numbers: bool, output: bool = True
) -> list[str]:
    """The fields of a layer that changed; `was` is another name that it had, empty without one."""
    texts = []
    if "kind" in fields:
        texts.append(_arrow("kind", fields["kind"]))
    if was:
        texts.append(f"was {was}")
    if "output" in fields and output:
        texts.append(_arrow("output", tuple(pretty(volume) for volume in fields["output"])))
    if "inputs" in fields:
        texts.append(_arrow("reads", tuple(", ".join(_few(names)) or "nothing" for names in fields["inputs"])))
    if "receptive_field" in fields and set(fields) <= {"receptive_field", "unread", "macs_on_data", "inputs"}:
        texts.append(_field_change(fields["receptive_field"]))
    for mode in modes:
        biases = fields.get(f"{mode}.biases")
        if biases is not None and 0 in biases and mode == modes[0]:
            texts.append(_arrow("biases", tuple(map(count, biases))))
    if numbers:
        texts += _numbers(fields, modes)
    if "tied" in fields:
        texts.append(_arrow("tied to", tuple(name or "nothing" for name in fields["tied"])))
    if "arguments" in fields:
        old, new = fields["arguments"]
        texts += [_arrow(name, (_plain(old[name]), _plain(new[name]))) for name in old]
    for name, word in _WORDS.items():
        if name in fields and not (name in ("macs_on_data", "unread") and "output" in fields):
            if name == "macs_on_data" and "macs" in fields:
                continue
            texts.append(_arrow(word, tuple(_plain(value) for value in fields[name])))
    return texts


def _numbers(fields: Mapping[str, tuple[Any, Any]], modes: Sequence[str]) -> Iterator[str]:
    """The costs before and after; of parameters once, where they are the same in all modes."""
    pairs = [(mode, fields.get(f"{mode}.parameters")) for mode in modes]
    once = len({pair for _, pair in pairs}) == 1
    for place, (mode, pair) in enumerate(pairs[:1] if once else pairs):
        if pair is not None:
            label = "parameters" if once else f"{mode} parameters" if place == 0 else mode
            yield _arrow(label, tuple(map(count, pair))) + _in_percent(*pair)
    if "macs" in fields:
        macs = [UNKNOWN if number is None else number for number in fields["macs"]]
        yield _arrow("MACs", tuple(map(count, macs))) + _in_percent(*macs)


def _in_percent(old: int, new: int) -> str:
    said = percent(old, new)
    return f" ({said})" if said else ""


def _field_change(pair: tuple[Any, Any]) -> str:
    old, new = pair
    if _field(old) != _field(new) or old is None or new is None:
        return _arrow("receptive field", (_field(old), _field(new)))
    part = "stride" if old["stride"] != new["stride"] else "offset"
    return _arrow(f"receptive field's {part}", tuple("×".join(map(str, field[part])) for field in pair))


def _arrow(what: str, pair: tuple[Any, ...]) -> str:
    return f"{what} {pair[0]} → {pair[1]}"


def _plain(value: Any) -> str:
    if value is None or value is True:
        return "yes" if value else "no"
    if isinstance(value, (str, float)):
        return str(value)
    return ", ".join(map(str, value)) if isinstance(value, list) else count(value)


def tally(group: Sequence[Entry]) -> str:
    """What happened to the layers of several entries: `20 added, 15 changed`."""
    numbers: dict[str, int] = {}
    for entry in group:
        numbers[entry.what] = numbers.get(entry.what, 0) + entry.layers
    return ", ".join(f"{count(number)} {what}" for what, number in numbers.items())


def counted(difference: Difference) -> str:
    """How many layers changed, and how: `6 added, 15 unchanged`."""
    numbers = difference.counts()
    affected = numbers.pop("affected")
    unchanged = numbers.pop("unchanged")
    parts = [f"{count(number)} {what}" for what, number in numbers.items() if number]
    if affected:
        why = "receptive field" if not difference.run else "receptive field or bytes"
        parts.append(f"{count(affected)} only in {why}")
    return ", ".join([*parts, f"{count(unchanged)} unchanged"])
