"""schemas/model.schema.json: valid, as the code makes it, and of one mind with the parser."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator
from mutation import mutated

from analyzer import analyze
from analyzer.cli.schema import schema_text
from analyzer.diagnostics import Diagnostic
from analyzer.engine.amounts import AMOUNTS
from analyzer.layers import CATALOGUE
from analyzer.loader.expand.expansion import expand
from analyzer.loader.parse.file import parse
from analyzer.loader.parse.grammar import (
    BLOCK_KEYS,
    GRAPH_KEYS,
    JOINS,
    PARALLEL_KEYS,
    RESIDUAL_KEYS,
    STRUCTURES,
    TOP_KEYS,
    TRAINING_KEYS,
)
from analyzer.loader.schema.check import against_schema
from analyzer.loader.schema.model import model_schema
from analyzer.loader.text.reader import read_tree
from analyzer.loader.text.tree import Mapping, Sequence, Tree, plain_value

ROOT = Path(__file__).parents[2]
SCHEMA = model_schema()
GOOD = sorted((ROOT / "tests" / "good").glob("*.yaml"))
EXAMPLES = sorted((ROOT / "example_models").glob("*.yaml"))
BAD = sorted((ROOT / "tests" / "bad").rglob("*.yaml"))
MUTANTS = 600

#: What the parser refuses and a schema cannot see: the code, what its message looks like, and why.
UNSEEN = (
    ("VALUE103", r"(`\w+`|block `.*`) needs (?!`body`|`branches`)", "`defaults` may supply required parameters"),
    ("VALUE102", r"block `", "the arguments of blocks"),
    ("MODEL102", r".* called `[A-Z]", "whether a block exists"),
    ("MODEL104", r".*`[A-Z]\w*` and `[A-Z]", "two blocks in one item"),
    ("MODEL101", r"a layer has no key `[A-Z]", "two capitalised keys in one item"),
    ("MODEL101", r"`sweep` has the axis", "two names of one input"),
    ("MODEL109", r"", "blocks that reach themselves"),
    ("NAME102", r"", "names in expressions"),
    ("NAME103", r"", "that names are unique"),
    ("NAME101", r"`-?[0-9.e+]+` is not a valid name", "a name that looks like a number is one in JSON"),
    ("NAME101", r"`[^\x00-\u2bff]+` is not a valid name", "signs beyond U+2BFF that are no letters"),
    ("EXPR", r"", "the grammar of expressions"),
    ("YAML", r"(?!.* are both given)", "YAML itself"),
    ("LIMIT1", r"", "nesting, sizes of texts, elements of a volume, lengths of expressions"),
    ("VALUE101", r"the lists of `repeat` have different lengths", "relations of values"),
    ("VALUE101", r"the `min` of `.*` is above its `max`", "relations of values"),
    ("VALUE101", r"`device` of `training` is not a device", "which cards there are"),
    (
        "VALUE101",
        r"`.*` of `sweep` (has|must be (a range such|a volume|written)|must have (axes|only|finite))",
        "ranges",
    ),
    ("VALUE10[14]", r".*(`null`|`~`)", "`null` and nothing are one in JSON"),
)


def unseen(finding: Diagnostic) -> bool:
    """Whether the schema is excused for a finding of the parser."""
    return any(re.match(code, finding.code) and re.match(message, finding.message, re.S) for code, message, _ in UNSEEN)


def disagreement(text: str, file: str) -> str | None:
    """How parser and schema disagree on a text; None where they agree."""
    tree = read_tree(text, file).tree
    if tree is None:
        return None  # no tree, nothing to hold against a schema
    schema = against_schema(plain_value(tree), SCHEMA, tree, file)
    read = parse(text, file)
    model, findings = read.model, read.problems
    seen = [finding for finding in findings if not unseen(finding)]
    if seen and not schema:
        return f"the schema accepts {seen}"
    if schema and not findings and not (expand(model)[1] if model is not None else ()):
        return f"the schema alone refuses: {schema}"
    return None


def first_error(text: str) -> Diagnostic:
    """The one finding of the schema in a text."""
    read = read_tree(text, "net.yaml")
    tree, problems = None if read.lost else read.tree, read.problems
    assert tree is not None
    assert not problems
    found = against_schema(plain_value(tree), SCHEMA, tree, "net.yaml")
    assert len(found) == 1, found
    return found[0]


# -- the schema itself -------------------------------------------------------------------------------------------------


def test_it_is_a_valid_draft_7_schema() -> None:
    Draft7Validator.check_schema(SCHEMA)


def test_the_file_is_what_the_code_makes() -> None:
    written = (ROOT / "schemas" / "model.schema.json").read_text(encoding="utf-8")
    assert written == "".join(schema_text(SCHEMA)), "run: analyzer schema > schemas/model.schema.json"


def test_it_names_no_host_and_no_alternatives() -> None:
    text = json.dumps(SCHEMA)
    assert "://" not in text.replace("http://json-schema.org/draft-07/schema#", "")
    assert '"oneOf"' not in text
    assert '"anyOf"' not in text


def test_every_reference_has_its_definition() -> None:
    for way in re.findall(r'"#/([^"]+)"', json.dumps(SCHEMA)):
        part: Any = SCHEMA
        for step in way.split("/"):
            part = part[step]


def test_every_word_of_the_language_is_described() -> None:
    definitions = SCHEMA["definitions"]
    described = {**SCHEMA["properties"], **{key: definitions["layer"]["properties"][key] for key in GRAPH_KEYS}}
    described |= {name: definitions[name] for name in (*CATALOGUE, *STRUCTURES)}
    described |= definitions["residual"]["properties"] | definitions["block"]["properties"]
    described |= {f"parallel.{key}": part for key, part in definitions["parallel"]["properties"].items()}
    for name, layer in CATALOGUE.items():
        parameters = definitions[f"{name}.parameters"].get("properties", {})
        assert set(parameters) == {*layer.declared, *layer.letters, *layer.short_keys()}
        described |= {f"{name}.{parameter}": parameters[parameter] for parameter in layer.declared}
    lacking = [name for name, part in described.items() if not part.get("description")]
    assert not lacking


# -- parser and schema --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*GOOD, *EXAMPLES], ids=lambda path: path.stem)
def test_it_accepts_every_good_file(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    read = read_tree(text, path.name)
    tree, problems = None if read.lost else read.tree, read.problems
    assert tree is not None
    assert not problems
    assert not against_schema(plain_value(tree), SCHEMA, tree, path.name)
    assert not parse(text, path.name).problems


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_every_good_file_is_analysed(path: Path) -> None:
    assert analyze(path).rows


def test_agreement_on_every_bad_file() -> None:
    if not BAD:
        pytest.skip("tests/bad holds no file")
    texts = {path: path.read_bytes().decode("utf-8", "replace") for path in BAD}
    wrong = {path.name: disagreement(text, path.name) for path, text in texts.items()}
    assert not {name: said for name, said in wrong.items() if said is not None}


def test_the_lines_agree_on_every_bad_file() -> None:
    """What parser and schema both see is pointed at on one line, save a block without layers: at its key, or its value."""
    apart = []
    for path in BAD:
        text = path.read_bytes().decode("utf-8", "replace")
        tree = read_tree(text, path.name).tree
        if tree is None:
            continue
        lines = {d.span.line for d in against_schema(plain_value(tree), SCHEMA, tree, path.name) if d.span is not None}
        seen = [finding for finding in parse(text, path.name).problems if not unseen(finding)]
        apart += [d for d in seen if d.span is not None and d.span.line not in lines and d.code != "MODEL107"]
    assert not apart


def _plain(path: Path) -> Any:
    tree = read_tree(path.read_text(encoding="utf-8"), path.name).tree
    assert tree is not None
    return plain_value(tree)


def _dumped(data: Any) -> str:
    """Data as YAML; nothing is written as nothing, not as the word `null`."""
    text: str = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, default_flow_style=None, width=200)
    return text.replace(": null", ": ")


@pytest.mark.parametrize("part", range(6))
def test_agreement_on_mutations_of_the_good_files(part: int) -> None:
    bases = [_plain(path) for path in GOOD]
    refused = 0
    for seed in range(part, MUTANTS, 6):
        chance = random.Random(seed)
        text = _dumped(mutated(chance.choice(bases), chance))
        said = disagreement(text, "net.yaml")
        assert said is None, f"seed {seed}: {said}\n{text}"
        refused += bool(parse(text, "net.yaml").problems)
    assert MUTANTS // 6 * 0.4 < refused < MUTANTS // 6 * 0.95, "mutations should be wrong mostly, and not always"


def test_the_good_files_use_every_key() -> None:
    """Between them, the files of tests/good write every key of the grammar and every spelling of the tables."""
    keys: set[str] = set()
    words: set[str] = set()
    stack: list[Tree] = []
    for path in GOOD:
        tree = read_tree(path.read_text(encoding="utf-8"), path.name).tree
        stack.append(tree) if tree is not None else None
    while stack:
        tree = stack.pop()
        if isinstance(tree, Mapping):
            keys |= {key.text for key, _ in tree.items}
            stack += [value for _, value in tree.items]
        elif isinstance(tree, Sequence):
            stack += tree.items
        else:
            words.add(getattr(tree, "text", ""))
    grammar = (TOP_KEYS, GRAPH_KEYS, STRUCTURES, RESIDUAL_KEYS, PARALLEL_KEYS, BLOCK_KEYS, AMOUNTS, TRAINING_KEYS)
    assert not {key for table in grammar for key in table} - keys
    sides = {"top", "bottom", "left", "right", "front", "back", "tiled", "regions", "min", "max", "K", "F", "P"}
    assert not sides - keys
    assert (
        not {"same", "same_lower", "valid", "causal", "local", "shared", "none", "center", *JOINS} - words - {"concat"}
    )


# -- places ----------------------------------------------------------------------------------------------------------

HEAD = "input: 32x32x3\nlayers:\n"


@pytest.mark.parametrize(
    ("line", "column", "message", "help"),
    [
        ("- conv: {filters: 3, kernel: [3, -1]}", 34, "item 2 of `kernel` must be at least 1, not −1", None),
        ("- conv: {filters: 20.5, kernel: 3}", 19, "`filters` of `conv` must be a whole number of at least 1, not 20.5", None),
        ("- conv: {filters: 3, kernel: 3, padding: sme}", 42, "`padding` of `conv` must be `same`, ", None),
        ("- conv: {filters: 3, kernel: 3, padding: {top: 1, lft: 2}}", 51, "`padding` of `conv` has no key `lft`", "did you mean `left`?"),
        ("- conv: {filters: 3, kernel: 3, sharing: {tiled: 0}}", 50, "`tiled` of `sharing` must be at least 1, not 0", None),
        ("- conv: {filters: 3, kernel: 3, strid: 2}", 33, "`conv` has no key `strid`", "did you mean `stride`?"),
        ("- conv: {K: 3, filters: 3, F: 3}", 25, "`filters` of `conv` cannot appear beside its letter `K`", None),
        ("- conv: {filters: 3, kernel: 3, act: rleu}", 38, "`act` of `conv` must be the name of an activation", "did you mean `relu`?"),
        ("- conv: {filters: 3, kernel: 3, act: {leaky_relu: {slope: a}}}", 59, "`slope` of `leaky_relu` must be a number", None),
        ("- conv: {filters: 3, kernel: 3, padding: {}}", 42, "`padding` of `conv` needs at least 1 key", None),
        ("- conv: {filters: 3, kernel: 3, sharing: {}}", 42, "`sharing` of `conv` needs at least 1 key", None),
        ("- conv: {filters: 3, kernel: 3, act: {relu: , tanh: }}", 38, "`act` of `conv` takes at most 1 key", None),
        ("- conv: {filters: 3, kernel: [1, 2, 3, 4]}", 30, "`kernel` of `conv` takes at most 3 items", None),
        ("- max_pool: 0", 13, "`max_pool` must be a whole number of at least 1", None),
        ("- relu: 3", 9, "`relu` takes no bare value, but this is 3", None),
        ("- rleu", 3, "item 1 of `layers` must be a layer type or a block, not `rleu`", "did you mean `relu`?"),
        ("- max_pol: 2", 3, "no layer type, block or structure is called `max_pol`", "did you mean `max_pool`?"),
        ("- {relu: , padding: 1, }", 12, "a layer has no key `padding`", None),
        ("- {max_pool: 2, padding: 1}", 17, "`padding` is a parameter of `max_pool`, but is written beside it", None),
        ("- {relu: , frm: a}", 12, "a layer has no key `frm`", "did you mean `from`?"),
        ("- {relu: , dropout: 0.5}", 12, "one item has two layers", None),
        ("- {relu: , Stage: }", 12, "one item has two layers", None),
        ("- {name: a}", 3, "this item has no layer type, block or structure", None),
        ("- {relu: , name: a.b}", 18, "`name` must be a name of letters, digits", None),
        ("- {relu: , name: prev}", 18, "`name` must be a name of letters, digits", None),
        ("- {relu: , repeat: -1}", 20, "`repeat` must be a count, or lists", None),
        ("- {relu: , repeat: {c: 3}}", 24, "`c` of `repeat` must be a list, not 3", None),
        ("- {relu: , repeat: {if: [3]}}", 21, "`if` must be a name", None),
        ("- {relu: , first: {inplace: true}}", 12, "`first` needs `repeat` beside it", None),
        ("- {conv: {filters: 1, kernel: 1}, repeat: 2, first: {stride: 0}}", 62, "`stride` of `first` must be a whole number of at least 1", None),
        ("- {sequence: [relu, 3]}", 21, "item 2 of `sequence` must be a layer: a mapping or a word, not 3", None),
        ("- {sequence: [relu], tied: [a]}", 28, "`tied` must be a text", None),
        ("- {relu: , from: [a, b]}", 18, "`from` takes at most 1 item", None),
        ("- {add: [a, b], from: c}", 23, "`from` cannot appear beside `add`", None),
        ("- {relu: , expect: 3x3x3x3x3}", 20, "`expect` must be a volume such as", None),
        ("- {relu: , frozen: 1}", 20, "`frozen` must be `true` or `false`, not 1", None),
        ("- parallel: {join: sum, branches: {a: []}}", 20, "`join` of `parallel` must be `concat`, ", None),
        ("- parallel: {branches: {prev: []}}", 25, "`prev` must be a name", None),
        ("- residual: {body: [relu], project: nne}", 37, "`project` of `residual` must be `none`", "did you mean `none`?"),
        ("- residual: {project: none}", 13, "`residual` needs `body`", None),
        ("- residual: {body: [{parallel: {branches: {a: [conv: {filters: x}]}}}]}", 64, "`filters` of `conv` must be", None),
    ],
)  # fmt: skip
def test_an_error_points_at_the_innermost_wrong_value(line: str, column: int, message: str, help: str | None) -> None:
    found = first_error(HEAD + line)
    assert found.message.startswith(message)
    assert found.span is not None
    assert (found.span.line, found.span.column) == (3, column)
    if help is not None:
        assert found.help == help


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("layers: [relu]", 1, 1, "the file needs `input`"),
        ("input: 3x3x3", 1, 1, "the file needs `layers`"),
        ("input: 3x3x3\nlayers: []", 2, 9, "`layers` needs at least 1 item"),
        ("input: 3x3x3x3x3\nlayers: [relu]", 1, 8, "`input` must be a volume"),
        ("input: {height: 3, depth: 3}\nlayers: [relu]", 1, 9, "`height` needs `width` beside it"),
        ("input: {length: 3, width: 3, depth: 1}\nlayers: [relu]", 1, 20, "`width` cannot appear beside `length`"),
        ("input: 3\ninputs: {a: 3}\nlayers: [relu]", 2, 9, "`inputs` cannot appear beside `input`"),
        ("input: 3\nlayers: [relu]\nbudget: {params: 3 MB}", 3, 18, "`params` of `budget` must be an amount such as"),
        ("input: 3\nlayers: [relu]\nbudget: {macs: {mn: 3}}", 3, 17, "`macs` of `budget` has no key `mn`"),
        ("input: 3\nlayers: [relu]\ntraining: {batch: 0}", 3, 19, "`batch` of `training` must be at least 1"),
        ("input: 3\nlayers: [relu]\nvars: {D: 3}", 3, 8, "`D` must be a name"),
        ("input: 3\nlayers: [relu]\nblocks: {foo: {layers: []}}", 3, 10, "`foo` must begin with a capital letter"),
        ("input: 3\nlayers: [relu]\nblocks: {Foo: {params: [a b], layers: []}}", 3, 25, "item 1 of `params` must be"),
        ("input: 3\nlayers: [relu]\ndefaults: {conv: {strid: 1}}", 3, 19, "`conv` of `defaults` has no key `strid`"),
        ("- relu", 1, 1, "the file must be a mapping"),
    ],
)
def test_an_error_of_the_file_points_at_its_place(text: str, line: int, column: int, message: str) -> None:
    found = first_error(text)
    assert found.message.startswith(message)
    assert found.span is not None
    assert (found.span.line, found.span.column) == (line, column)
