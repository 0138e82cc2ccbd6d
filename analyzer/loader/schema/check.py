"""What does not fit a schema, as findings: each in words, at the key or value of the tree that is wrong."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence

from analyzer.diagnostics import Diagnostic, listed, nearest
from analyzer.layers import CATALOGUE
from analyzer.layers.elsewhere import found_elsewhere, type_help
from analyzer.layers.kinds import written
from analyzer.loader.parse.grammar import GRAPH_KEYS
from analyzer.loader.parse.naming import is_path, key_help
from analyzer.loader.parse.top import top_key
from analyzer.loader.schema.layers import NO_BARE_VALUE, NO_LAYER, TWO_LAYERS
from analyzer.loader.schema.misfit import Misfit
from analyzer.loader.text.places import inner
from analyzer.loader.text.tree import Damaged, Mapping, Scalar, Tree
from analyzer.record import Record
from analyzer.source import Span, shown
from analyzer.words.parameter_help import parameter_help
from analyzer.words.settings import choice_meant

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    #: The way from the root to a value: keys and positions.
    Way: TypeAlias = tuple[str | int, ...]

#: More known keys than this are not listed in a message.
_MANY = 16

_TYPES = {
    "object": "a mapping", "array": "a list", "string": "a text", "integer": "a whole number", "number": "a number",
    "boolean": "`true` or `false`", "null": "nothing",
}  # fmt: skip


class _Finding(Record):
    """A misfit in words: the way to its value, and its key where the key itself is wrong.

    `unknown` marks an unknown key, `missing` a mapping without a key that it needs, `second` a second layer in an item.
    """

    way: Way
    message: str
    key: str | None = None
    help: str | None = None
    unknown: bool = False
    missing: bool = False
    second: bool = False


def against_schema(data: Any, schema: dict[str, Any], tree: Tree | None, file: str) -> list[Diagnostic]:
    """What is wrong with `data` by the schema, in the order of the file; `tree` has the places (None: unknown).

    Raises `ImportError` where jsonschema is not installed.
    """
    from jsonschema import Draft7Validator

    return findings_of(map(_misfit, Draft7Validator(schema).iter_errors(data)), tree, file)


def _misfit(error: Any) -> Misfit:
    """An error of jsonschema."""
    schema = error.schema if isinstance(error.schema, dict) else {}
    of_name = "propertyNames" in error.absolute_schema_path
    return Misfit(
        tuple(error.absolute_path), error.instance, schema, error.validator, error.validator_value, of_name=of_name
    )


def findings_of(misfits: Iterable[Misfit], tree: Tree | None, file: str) -> list[Diagnostic]:
    """Misfits as findings, in the order of the file; `tree` has the places (None: unknown)."""
    found = {(one.way, one.key, one.message): one for misfit in misfits for one in _translated(misfit)}.values()
    misspelt = {finding.way for finding in found if finding.unknown}
    placed: dict[tuple[int, int], Diagnostic] = {}
    for finding in found:
        if not (_consequence(finding, misspelt, tree) or _is_quoted_path(finding, tree)):
            diagnostic = _placed(finding, tree, file)
            span = diagnostic.span
            place = (span.line, span.column) if tree is not None and span is not None else (len(placed), -1)
            placed.setdefault(place, diagnostic)
    return [placed[place] for place in sorted(placed)]


def _is_quoted_path(finding: _Finding, tree: Tree | None) -> bool:
    """Whether a name with dots may have them, which depends on its quotes: no schema sees these."""
    way = finding.way
    if way == ("inputs",) and tree is not None:
        inputs = inner(tree, way)
        return isinstance(inputs, Mapping) and any(key.text == finding.key and is_path(key) for key, _ in inputs.items)
    named = len(way) > 2 and way[-1] == "name" and isinstance(way[-2], int)
    return named and tree is not None and is_path(inner(tree, way))


def _translated(misfit: Misfit) -> Iterable[_Finding]:
    """A misfit in words; several where it is about several keys."""
    way, schema, value = misfit.way, misfit.schema, misfit.value
    said = schema.get("errorMessage")
    if misfit.of_name:
        second = said == TWO_LAYERS
        message = TWO_LAYERS if second else f"`{shown(str(value))}` {said or f'must be {_words(misfit)}'}"
        return [_Finding(way, message, str(value), _near(value, schema), second=second)]
    if misfit.keyword == "additionalProperties":
        known = [*schema.get("properties", ())]
        unknown = _unknown_in_item if schema.get("title") == "layer" else _unknown
        strange = [key for key in value if key not in known and not _by_pattern(key, schema)]
        findings = [unknown(way, key, known, value) for key in strange]
        for finding in findings:
            finding.unknown = True
        return findings
    if misfit.keyword == "required":
        lacking = [key for key in misfit.wanted if key not in value]  # each has an error, which names all
        return [_Finding(way, f"{_whose(way)} needs `{key}`", missing=True) for key in lacking]
    if misfit.keyword == "dependencies":
        lists = {key: needs for key, needs in misfit.wanted.items() if key in value and isinstance(needs, list)}
        key = next(key for key, needs in lists.items() if not value.keys() >= set(needs))
        return [_Finding(way, f"`{key}` needs {listed(misfit.wanted[key], last='and')} beside it", key=key)]
    if misfit.keyword == "not" and said is not None:
        return [_Finding(way, NO_LAYER if said == NO_LAYER else f"{_whose(way)} {said}")]
    if misfit.keyword in ("minItems", "maxItems", "minProperties", "maxProperties"):
        return [_Finding(way, f"{_whose(way)} {_counted(misfit)}")]
    if said == NO_BARE_VALUE:
        return [_Finding(way, f"{_whose(way)} {said}, but this is {written(value)}")]
    unlike = said or f"must be {_words(misfit)}"
    return [_Finding(way, f"{_whose(way)} {unlike}, not {written(value)}", help=_near(value, schema))]


def _words(misfit: Misfit) -> str:
    """What the keyword of a misfit expects, in words."""
    keyword, wanted = misfit.keyword, misfit.wanted
    if keyword == "type":
        types = [_TYPES[name] for name in ([wanted] if isinstance(wanted, str) else wanted)]
        return types[0] if len(types) == 1 else f"{', '.join(types[:-1])} or {types[-1]}"
    if keyword == "enum":
        return listed(wanted)
    if keyword == "const":
        return f"`{wanted}`"
    if keyword in ("minimum", "exclusiveMinimum"):
        return f"{'at least' if keyword == 'minimum' else 'above'} {_number(wanted)}"
    if keyword == "maximum":
        return f"at most {_number(wanted)}"
    if keyword == "minLength":
        return "a text that is not empty"
    if keyword == "uniqueItems":
        return "a list that names each once"
    if keyword == "pattern":
        return f"a text that matches {wanted}"
    return "otherwise"


def _number(value: float) -> str:
    return "10^15" if value == 10**15 else f"{value:,}".replace("-", "−")


def _counted(misfit: Misfit) -> str:
    """`needs at least 2 items`."""
    keyword, limit = misfit.keyword, misfit.wanted
    what = ("item" if keyword.endswith("Items") else "key") + ("" if limit == 1 else "s")
    verb = "needs at least" if keyword.startswith("min") else "takes at most"
    return f"{verb} {limit} {what}"


def _unknown(way: Way, key: str, known: Sequence[str], value: Any) -> _Finding:
    help = _known_help(way, key, known)
    if help is None and 0 < len(known) <= _MANY:
        help = f"its keys are {listed(known, last='and')}"
    return _Finding(way, f"{_whose(way, 'a model')} has no key `{shown(key)}`", key=key, help=help)


def _known_help(way: Way, key: str, known: Sequence[str]) -> str | None:
    """What helps with an unknown key: of a layer type, of the file, or of anything else."""
    kind = CATALOGUE.get(way[-1]) if way and isinstance(way[-1], str) else None
    if kind is not None:
        return parameter_help(key, kind.type, kind.declared, kind.letters)
    if way == ("training",) or way == ("budget",):
        return key_help(key, known, str(way[0]))
    elsewhere = found_elsewhere(key)
    if elsewhere in known or (elsewhere or "").partition(":")[0] in known:
        return f"`{shown(key)}` is called `{elsewhere}` here"
    if not way and "layers" in known:
        return top_key(key)[0]
    near = nearest(key, known)
    return f"did you mean `{near}`?" if near else None


def _unknown_in_item(way: Way, key: str, known: Sequence[str], value: dict[str, Any]) -> _Finding:
    """A key of a layer that is neither a graph key nor a type."""
    kind = next((CATALOGUE[word] for word in value if word in CATALOGUE), None)
    if kind is None:
        finding = _unknown(way, key, known, value)
        finding.message = f"no layer type, block or structure is called `{shown(key)}`"
        finding.help = type_help(key) or finding.help
        return finding
    if key in kind.declared or key in kind.letters:
        help = f"write it inside: `{kind.type}: {{{key}: …}}`, or indent it further"
        return _Finding(way, f"`{key}` is a parameter of `{kind.type}`, but is written beside it", key=key, help=help)
    help = key_help(key, [*GRAPH_KEYS], "graph") or f"its keys are {listed(GRAPH_KEYS, last='and')}"
    return _Finding(way, f"a layer has no key `{shown(key)}`", key=key, help=help)


def _near(value: Any, schema: dict[str, Any]) -> str | None:
    """The nearest of the words that a schema lists."""
    if not isinstance(value, str):
        return None
    elsewhere = found_elsewhere(value)
    words = [word for word in schema.get("enum", ()) if isinstance(word, str)]
    if elsewhere in words:
        return f"`{shown(value)}` is called `{elsewhere}` here"
    near = choice_meant(value, words)
    return f"did you mean `{near}`?" if near else None


def _by_pattern(key: str, schema: dict[str, Any]) -> bool:
    return any(re.search(pattern, key) for pattern in schema.get("patternProperties", ()))


def _whose(way: Way, root: str = "the file") -> str:
    """The end of a way in a sentence: `stride` of `conv`, item 2 of `layers`."""
    if not way:
        return root
    last = f"`{shown(way[-1])}`" if isinstance(way[-1], str) else f"item {way[-1] + 1}"
    owner = next((step for step in reversed(way[:-1]) if isinstance(step, str)), None)
    if isinstance(way[-1], str) and len(way) > 1 and not isinstance(way[-2], str):
        return last  # a key of an item: the name of the list would not help
    return last if owner is None else f"{last} of `{shown(owner)}`"


def _consequence(finding: _Finding, misspelt: Container[Way], tree: Tree | None) -> bool:
    """Whether a finding only follows from another one.

    A key is missing where one is misspelt; the second of two layers in one item is at fault, not the first; what the
    reader refused was reported by it.
    """
    if finding.missing and finding.way in misspelt:
        return True
    place = inner(tree, finding.way) if tree is not None else None
    if isinstance(place, Mapping) and finding.second:
        return next(key.text for key, _ in place.items if key.text not in GRAPH_KEYS) == finding.key
    return isinstance(place, Damaged)


def _placed(finding: _Finding, tree: Tree | None, file: str) -> Diagnostic:
    """The finding at its key or value. Where the places are not known, a note says how to get there."""
    if tree is None:
        way = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in finding.way).lstrip(".")
        notes = [f"at {shown(way, 200)}"] if way else []
        return Diagnostic("SCHEMA101", finding.message, Span(file, 1, 1), notes=notes, help=finding.help)
    place = inner(tree, finding.way)
    if finding.key is not None:
        place = _key(place, finding.key) or place
    elif isinstance(place, Mapping) and not finding.way and place.items:
        place = place.items[0][0]
    return Diagnostic("SCHEMA101", finding.message, place.span(file), help=finding.help)


def _key(tree: Tree, name: str) -> Scalar | None:
    """The key of a mapping as it was written."""
    items = tree.items if isinstance(tree, Mapping) else ()
    return next((key for key, _ in items if key.text == name), None)
