"""What a written file says beside its layers: where it comes from, and the keys that are not about the network."""

from __future__ import annotations

from analyzer.engine.network import Network
from analyzer.loader.foreign.programs import read_from
from analyzer.loader.parse.description import Limit, Model
from analyzer.loader.text.tree import Mapping, plain_value
from analyzer.units import read_amount

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: How the comment begins that every written file has at its top.
_WRITTEN = "# Written by `analyzer convert`"


def head_of(model: Model, network: Network) -> dict[str, Any]:
    """The keys of a file beside the layers: its name, the settings of a run, the budget, the weights' number format."""
    head: dict[str, Any] = {"name": model.name}
    if model.description is not None:
        head["description"] = model.description
    if model.training:
        head["training"] = {key: value for key, value in model.training.items() if value is not None}
    if model.budget:
        written = model.tree.get("budget") if isinstance(model.tree, Mapping) else None
        kept = plain_value(written) if isinstance(written, Mapping) else {}
        for one in model.unsettled:
            kept.pop(one.key, None)
        head["budget"] = {key: kept[key] if key in kept else _limit(limit) for key, limit in model.budget.items()}
    if network.weights_dtype is not None:
        head["weights_dtype"] = network.weights_dtype
    return head


def _limit(limit: Limit) -> Any:
    """A limit that was calculated from variables, in the units that its ends have."""
    if limit.least is None:
        return _amount(limit.most, limit.unit)
    ends = {"min": _amount(limit.least, limit.least_unit)}
    return ends if limit.most is None else {**ends, "max": _amount(limit.most, limit.unit)}


def _amount(amount: int | None, unit: str) -> int | str | None:
    factor = read_amount(f"1{unit}")
    if amount is None or not unit or factor is None or amount % factor[0]:
        return amount
    return f"{amount // factor[0]}{unit}"


def comments_of(model: Model, network: Network) -> list[str]:
    """The lines of the comment at the top: the file that the network comes from, and the notes about it.

    A file that has such a comment keeps it, so that converting a written file gives the same file.
    """
    kept = _leading(model.text)
    if kept:
        return [line.removeprefix("#").strip() for line in kept]
    source = network.source
    made = "" if source is None else f" ({', '.join(read_from(source))})"
    found = [f"{_WRITTEN.removeprefix('# ')} from {model.file}{made}."]
    for note in network.notes:
        somewhere = note.span is not None and (note.span.in_text or note.span.label)
        place = f" ({note.span.said})" if note.span is not None and somewhere else ""
        found.append(f"{note.severity}: {note.message}{place}")
    return found


def _leading(text: str) -> list[str]:
    """The lines of the comment of a file that was written by `analyzer convert`; none for another file."""
    if not text.startswith(_WRITTEN):
        return []
    lines = text.split("\n")
    end = next((place for place, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return lines[:end]


def loses_comments(model: Model) -> bool:
    """Whether a text in YAML has comments that are not kept: any but those of `comments_of`."""
    if model.format is not None or "#" not in model.text:
        return False
    rest = "\n".join(model.text.split("\n")[len(_leading(model.text)) :])
    return "#" in rest and _has_comment(rest)


def _has_comment(text: str) -> bool:
    """Whether there is a comment between the tokens of a text, which is valid YAML."""
    from analyzer.loader.text.pyyaml import pyyaml  # the text was read with it

    parser, end = pyyaml().parser(text), 0
    while parser.check_token():
        token = parser.get_token()
        if "#" in text[end : token.start_mark.index]:
            return True
        end = max(end, token.end_mark.index)
    return "#" in text[end:]
