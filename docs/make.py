"""Makes the pages that come from code: `python docs/make.py`; with `--check`, exit code 1 if a file differs.

It makes a page for each layer type and an index (docs/layers/), the same for the checks (docs/checks/), and the pages of
the Python API (docs/api_page.py) and of the commands. In README.md and in every other page it makes the tables between
`<!-- made: NAME -->` and `<!-- end -->`, runs the commands in `console` blocks, and puts in what they print
(docs/console.py). Everything else is written by hand.
"""

# Longer than most modules: a short function for each table and each page that is made.

from __future__ import annotations

import inspect
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import api_page
from console import ran

import analyzer
from analyzer.checks.page import Page
from analyzer.checks.run import checks
from analyzer.cli.layers import default_text
from analyzer.cli.main import COMMANDS
from analyzer.engine import amounts
from analyzer.engine.amounts import AMOUNTS
from analyzer.engine.result import Row
from analyzer.layers import CATALOGUE, SHARED, Layer, Parameter
from analyzer.layers.kinds import Kind
from analyzer.layers.operations import OUT
from analyzer.loader.parse.file import parse
from analyzer.loader.parse.grammar import (
    BLOCK_KEYS,
    GRAPH_KEYS,
    PARALLEL_KEYS,
    RESIDUAL_KEYS,
    STRUCTURES,
    TOP_KEYS,
    TRAINING_KEYS,
)
from analyzer.reporter.findings import FORMATS
from analyzer.reporter.findings import text as findings_text
from analyzer.reporter.findings.checked import Checked, CheckRun
from analyzer.reporter.options import Options
from analyzer.units import count

if TYPE_CHECKING:
    from analyzer.checks.run import Check

DOCS = Path(__file__).parent

#: The folders in which every page is made.
_MADE = (DOCS / "layers", DOCS / "checks")

#: Titles of the families of layer types, by the module of the family.
FAMILIES = {
    "convolution": "Convolutions",
    "dense": "Dense layers and embeddings",
    "pooling": "Pooling",
    "reductions": "Reductions along axes",
    "normalization": "Normalisation",
    "activation": "Activations",
    "regularization": "Regularisation",
    "arrangement": "Rearranging a volume",
    "moving": "Moving and repeating cells",
    "unfolding": "Windows as cells",
    "resampling": "Resampling",
    "merge": "Merges",
    "arithmetic": "Arithmetic and trained tensors",
    "attention": "Attention and tokens",
    "recurrent": "Recurrent layers",
    "special": "Others",
}

#: Titles of the groups of checks, by the first digit of their codes.
HUNDREDS = {
    "1": "Windows, receptive fields and positions",
    "2": "Neighbouring layers",
    "3": "Costs",
    "4": "Unused declarations",
    "5": "Budgets",
}

#: The index of the checks, above its tables.
_CHECKS = """\
# The checks

`analyzer check model.yaml` runs {number} checks on a network, before any training code exists. `analyzer check --list`
lists them in the terminal, and `analyzer check --explain CODE` prints the page of one. To run them in pre-commit and in
CI, copy from [this page](../ci.md).

| severity | meaning | exit code |
|---|---|---|
| error | a limit that the author set is broken | 1 |
| warning | probably wrong or wasteful; if it is intended, ignore it with a comment that gives the reason | 1 |
| note | worth knowing, often right | 0 |

The exit code is also 1 when a model does not load or its `expect` does not hold, and 2 when the command line or a file
is at fault. `--severity warning` hides the notes. With `--exit-zero`, findings in the models do not change the exit
code.

To choose which checks run:

- `--select CHECK1,linear-pair` runs only these, `--ignore CHECK301` all except these. Name a check by its code, the
  beginning of its code, or its name.
- A comment `# analyzer: ignore[CHECK201] reason` at the end of a line ignores that check on the line. On a line of its
  own it applies to the line below, and above the first key to the whole file. Write whole codes, separated by commas.
- `[tool.analyzer]` in pyproject.toml, or a file `.analyzer.toml`, applies to all models below it:
  [configuration](../ci.md#configuration).
"""

#: The example of a type's page: the input, and the lines of `layers`, of which the last is the type's. A type without an
#: entry gets the bare word.
EXAMPLES: dict[str, tuple[str, list[str]]] = {
    "conv": ("32x32x3", ["conv: {filters: 20, kernel: 8, stride: 2, padding: 1}"]),
    "depthwise_conv": ("32x32x8", ["depthwise_conv: {kernel: 3, padding: same}"]),
    "separable_conv": ("32x32x8", ["separable_conv: {filters: 16, kernel: 3, padding: same}"]),
    "conv_transpose": ("16x16x8", ["conv_transpose: {filters: 4, kernel: 2, stride: 2}"]),
    "dense": ("7x7x64", ["dense: 10"]),
    "linear": ("49x64", ["linear: 128"]),
    "embedding": ("100", ["embedding: {vocabulary: 10000, size: 64}"]),
    "max_pool": ("32x32x8", ["max_pool: {kernel: 3, stride: 2, padding: 1}"]),
    "avg_pool": ("32x32x8", ["avg_pool: 2"]),
    "lp_pool": ("32x32x8", ["lp_pool: 2"]),
    "adaptive_avg_pool": ("32x32x8", ["adaptive_avg_pool: 7"]),
    "adaptive_max_pool": ("32x32x8", ["adaptive_max_pool: 7x5"]),
    "mean": ("16x64", ["mean: length"]),
    "layer_norm": ("49x64", ["layer_norm"]),
    "rms_norm": ("49x64", ["rms_norm"]),
    "group_norm": ("32x32x64", ["group_norm: 32"]),
    "leaky_relu": ("32x32x8", ["leaky_relu: 0.1"]),
    "prelu": ("32x32x8", ["prelu: {per: depth}"]),
    "dropout": ("512", ["dropout: 0.5"]),
    "spatial_dropout": ("32x32x8", ["spatial_dropout: 0.2"]),
    "stochastic_depth": ("32x32x8", ["stochastic_depth: 0.1"]),
    "reshape": ("7x7x64", ['reshape: "49x?"']),
    "permute": ("16x64", ["permute: [depth, length]"]),
    "rearrange": ("14x14x32", ["rearrange: {pattern: \"(h a) (w b) c -> (h w) (a b) c\", sizes: {a: 7, b: 7}}"]),
    "parameter": ("196x768", ["parameter: 1x768", "concat: {inputs: [prev, input], axis: length}"]),
    "elementwise": ("32x32x8", ["elementwise: exp"]),
    "matmul": ("197x64", ["matmul: {inputs: [input, input], transpose: true}"]),
    "attention": ("12x197x64", ["attention: {}\n    from: [input, input, input]"]),
    "gather": ("32x32x8", ["gather: {axis: depth, count: 4}"]),
    "tile": ("32x1x8", ["tile: {axis: width, count: 32}"]),
    "roll": ("32x32x8", ["roll: {axis: [height, width], shift: -3}"]),
    "flip": ("32x32x8", ["flip: width"]),
    "reduce": ("32x32x8", ["reduce: {op: max, axis: depth}"]),
    "unfold": ("32x32x3", ["unfold: {kernel: 4, stride: 4}"]),
    "fold": ("64x48", ["fold: {to: 32x32, kernel: 4, stride: 4}"]),
    "pad": ("32x32x8", ["pad: {padding: {top: 1, left: 1}}"]),
    "crop": ("32x32x8", ["crop: [[1, 2], [0, 1]]"]),
    "slice": ("32x32x8", ["slice: {stop: 4}"]),
    "upsample": ("16x16x8", ["upsample: 2"]),
    "resize": ("16x16x8", ["resize: {to: 30x40, mode: bilinear}"]),
    "pixel_shuffle": ("16x16x8", ["pixel_shuffle: 2"]),
    "pixel_unshuffle": ("16x16x8", ["pixel_unshuffle: 2"]),
    "channel_shuffle": ("16x16x8", ["channel_shuffle: 4"]),
    "multiply": ("16x16x8", ["global_avg_pool", "sigmoid", "multiply: [input, prev]"]),
    "concat": ("16x16x8", ["conv: {filters: 4, kernel: 3, padding: same}", "concat: [input, prev]"]),
    "position_table": ("49x64", ["position_table"]),
    "class_token": ("49x64", ["class_token"]),
    "multi_head_attention": ("49x64", ["multi_head_attention: 8"]),
    "squeeze_excite": ("16x16x64", ["squeeze_excite: {ratio: 4}"]),
    "lstm": ("100x16", ["lstm: 32"]),
    "gru": ("100x16", ["gru: {units: 32, bidirectional: true}"]),
    "rnn": ("100x16", ["rnn: {units: 32, sequence: false}"]),
    "conv_lstm": ("8x32x32x3", ["conv_lstm: {filters: 16, kernel: 3}"]),
    "custom": ("16x16x8", ["custom: {output: 16x16x4, weights: 1000, macs: 256000}"]),
}  # fmt: skip

_MERGES = ("add", "subtract", "maximum", "average")
_SAME = "conv: {filters: 8, kernel: 3, padding: same}"

_MARK = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.S)


def pages() -> dict[Path, str]:
    """Every made file with its text."""
    made = {DOCS / "layers" / f"{name}.md": "".join(_page(layer)) for name, layer in CATALOGUE.items()}
    made[DOCS / "layers" / "README.md"] = "".join(_index())
    made.update({DOCS / "checks" / f"{Page(check).name}.md": "".join(_check_page(check)) for check in checks()})
    made[DOCS / "checks" / "README.md"] = "".join(_check_index())
    made[DOCS / "api.md"] = "".join(api_page.page())
    made[DOCS / "commands.md"] = ran("".join(_commands()))
    everywhere = (DOCS.parent / "README.md", *sorted(DOCS.rglob("*.md")))
    written = [path for path in everywhere if path.parent not in _MADE and path not in made]
    with ThreadPoolExecutor() as pool:
        texts = pool.map(lambda path: ran(_filled(path.read_text(encoding="utf-8"), path.name)), written)
        return {**made, **dict(zip(written, texts, strict=True))}


# -- layer types ------------------------------------------------------------------------------------------------------


def _page(layer: type[Layer]) -> Iterator[str]:
    yield f"# {layer.type}\n\n"
    sources = ""
    for paragraph in (inspect.getdoc(layer) or "").split("\n\n"):
        prose, found, named = paragraph.partition("Sources: " if paragraph.startswith("Sources: ") else " Source: ")
        if found:
            sources = named.replace("\n", " ")
        if re.match(r"\S.*?\S?  +\S", prose):
            yield f"```text\n{prose}\n```\n\n"
        elif prose:
            yield f"{prose}\n\n"
    yield from _parameters(layer)
    yield from _example(layer)
    yield from _elsewhere(layer)
    if sources:
        yield f"**Sources:** {sources}\n\n"
    yield f"[All layer types](README.md) · family: {FAMILIES[layer.family].lower()}\n"


def _parameters(layer: type[Layer]) -> Iterator[str]:
    if not layer.declared:
        yield "It takes no parameters.\n\n"
        return
    yield "| parameter | meaning | values | default |\n|---|---|---|---|\n"
    for declaration in layer.declared.values():
        cells = (_spelled(declaration), declaration.doc, declaration.kind.words, _default(declaration))
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"
    main = f"A bare value sets `{layer.main}`." if layer.main else "It takes no bare value."
    yield f"\n{main} Every value may be an [expression](../language.md#expressions).\n\n"


def _spelled(declaration: Parameter) -> str:
    letter = f", `{declaration.letter}`" if declaration.letter else ""
    return f"`{declaration.name}`{letter}"


def _default(declaration: Parameter) -> str:
    return "required" if declaration.required else default_text(declaration)


def _example(layer: type[Layer]) -> Iterator[str]:
    """A model whose last layer is of the type, and the numbers of its last row."""
    plain = ("16x16x8", [_SAME, f"{layer.type}: [input, prev]"] if layer.type in _MERGES else [layer.type])
    volume, lines = EXAMPLES.get(layer.type, plain)
    text = f"input: {volume}\nlayers:\n" + "".join(f"  - {line}\n" for line in lines)
    row = analyzer.analyze(text).rows[-1]
    yield f"```yaml\n{text}```\n\n"
    parts = [f"output {row.output}"]
    if row.shared.parameters:
        parts.append(f"{count(row.shared.parameters)} parameters")
    if layer.shares:
        parts.append(f"{count(row.local.parameters)} locally connected")
    if row.shared.buffers:
        parts.append(f"{count(row.shared.buffers)} buffers")
    parts.append(f"{count(row.macs)} MACs")
    yield f"`{row.name}`: {', '.join(parts)}. {_kept(row)}\n\n"


def _kept(row: Row) -> str:
    """A sentence that lists the tensors that the backward pass of a layer keeps."""
    flow = row.node.flow
    operations, first = row.node.layer.saved(flow, SHARED), len(flow.inputs)
    kept = {
        first + place if ref == OUT else ref for place, operation in enumerate(operations) for ref in operation.keeps
    }
    last = first + len(operations) - 1
    extras = sum(extra.size for operation in operations for extra in operation.extras if extra.kept)
    inside = sum(operations[ref - first].size for ref in kept if first <= ref < last) + extras
    words = ["its inputs" if first > 1 else "its input"] if any(ref < first for ref in kept) else []
    words += ["its output"] if last in kept else []
    words += [f"{count(inside)} number{'s' if inside > 1 else ''} of its own"] if inside else []
    said = ", ".join(words[:-1]) + (" and " if len(words) > 1 else "") + (words[-1] if words else "nothing")
    return f"For its backward pass it keeps {said}."


def _elsewhere(layer: type[Layer]) -> Iterator[str]:
    """Its names in frameworks, grouped by how each is written here."""
    names: dict[str, list[str]] = {}
    for other in layer.elsewhere:
        name, _, meaning = other.partition(" → ")
        names.setdefault(meaning, []).append(f"`{name}`")
    for meaning, listed in names.items():
        yield f"**{f'Names of `{meaning}`' if meaning else 'Names'} in frameworks:** {', '.join(listed)}.\n\n"


def _index() -> Iterator[str]:
    yield "# The layer types\n\n"
    yield f"{len(CATALOGUE)} types, by family. `analyzer layers` lists them in the terminal, `analyzer layers TYPE` shows one.\n"
    yield "In the formulas, the input is W×H×D, with K filters of F cells, stride S, padding P and output O. Π is a product over\n"
    yield "the spatial axes, and F_eff = dilation·(F − 1) + 1.\n"
    family = ""
    for name, layer in CATALOGUE.items():
        if layer.family != family:
            family = layer.family
            yield f"\n## {FAMILIES[family]}\n\n| type | bare value sets | rule |\n|---|---|---|\n"
        first = (inspect.getdoc(layer) or "").partition("\n\n")[0].replace("\n", " ").partition(" Source: ")[0]
        main = f"`{layer.main}`" if layer.main else ""
        yield f"| [`{name}`]({name}.md) | {main} | {first} |\n"


# -- checks -----------------------------------------------------------------------------------------------------------


def _check_page(check: Check) -> Iterator[str]:
    page = Page(check)
    yield f"# {page.title.removesuffix('.')}\n\n"
    yield f"`{page.code}` · `{page.name}` · {page.severity}\n\n{page.why}\n\n"
    yield f"```yaml\n{page.fires}```\n\n"
    yield f"```console\n$ analyzer check model.yaml --select {page.code}\n{_findings(page.fires, check)}```\n\n"
    yield f"**Instead:** {page.instead}\n\n```yaml\n{page.change}```\n\n"
    yield f"**Source:** {page.source}\n\n[All checks](README.md)\n"


def _findings(text: str, check: Check) -> str:
    """The findings that the command prints for a model in `model.yaml` when only this check runs."""
    read = parse(text, "model.yaml")
    model, problems = read.model, read.problems
    if model is None or problems:
        raise SystemExit(f"the example of {check.CODE} does not load")
    found = analyzer.check(model, select=[check.CODE])
    checked = Checked(model.file, found, text=text, name=model.name)
    return "".join(findings_text.render(CheckRun([checked]), Options()))


def _check_index() -> Iterator[str]:
    pages = [Page(check) for check in checks()]
    yield _CHECKS.format(number=len(pages))
    hundred = ""
    for page in pages:
        digit = page.code.removeprefix("CHECK")[0]
        if digit != hundred:
            hundred = digit
            yield f"\n## {HUNDREDS[digit]}\n\n| code | name | severity | finds |\n|---|---|---|---|\n"
        yield f"| [`{page.code}`]({page.name}.md) | `{page.name}` | {page.severity} | {page.title} |\n"


# -- commands ---------------------------------------------------------------------------------------------------------


def _commands() -> Iterator[str]:
    yield "# Commands\n\nEvery command with its options, as `--help` shows them. The man page, `man analyzer`, has the same.\n\n"
    for name, about in {"": "the report: the table of a network", **COMMANDS}.items():
        command = f"analyzer {name}".rstrip()
        yield f"## {command}\n\n{about[:1].upper()}{about[1:]}.\n\n```console\n$ {command} --help\n```\n\n"
    yield "[All pages](README.md)\n"


# -- tables in written pages ------------------------------------------------------------------------------------------------


def _filled(text: str, page: str) -> str:
    """A page with its made tables filled in. `benchmarks/memory_accuracy.py` measures those of the page on memory."""
    return (
        text
        if page == "memory.md"
        else _MARK.sub(lambda match: f"{match[1]}\n{''.join(_table(match[2]))}\n{match[3]}", text)
    )


def _table(name: str) -> Iterator[str]:
    keys = {
        "top_keys": TOP_KEYS,
        "graph_keys": GRAPH_KEYS,
        "structures": STRUCTURES,
        "residual_keys": RESIDUAL_KEYS,
        "parallel_keys": PARALLEL_KEYS,
        "block_keys": BLOCK_KEYS,
    }
    if name in keys:
        yield "| key | meaning |\n|---|---|\n"
        yield from (f"| `{key}` | {meaning} |\n" for key, meaning in keys[name].items())
    elif name == "budget_keys":
        meanings = _meanings(amounts.__doc__ or "")
        yield "| key | written as | meaning |\n|---|---|---|\n"
        yield from (f"| `{key}` | {kind} | {meanings[key]} |\n" for key, kind in AMOUNTS.items())
    elif name == "training_keys":
        yield "| key | values |\n|---|---|\n"
        texts = {
            "checkpoint": "`blocks`, `sqrt`, or names of layers and blocks: a text with commas, or a list",
            "device": "a card (`RTX 4090`) or an amount (`24GiB`), as for `--device`",
        }
        for key, of in TRAINING_KEYS.items():
            words = texts.get(key) or (of.words if isinstance(of, Kind) else ", ".join(f"`{word}`" for word in of))
            yield f"| `{key}` | {words} |\n"
    elif name == "check_formats":
        yield "| `--format` | meaning | file ending |\n|---|---|---|\n"
        for format in FORMATS.values():
            endings = ", ".join(f"`{ending}`" for ending in format.endings)
            yield f"| `{format.name}` | {format.doc} | {endings} |\n"
    elif name == "onnx_operators":
        from analyzer.loader.formats.onnx.operators import load
        from analyzer.loader.formats.onnx.reading import OPERATORS

        load()
        yield from _wrapped(f"{len(OPERATORS)} operators: ", [one.rpartition(":")[2] for one in OPERATORS])
    elif name == "darknet_sections":
        from analyzer.loader.formats.darknet.words import OPTIONS

        yield from _wrapped(f"{len(OPTIONS)} kinds of sections: ", OPTIONS)
    elif name == "caffe_types":
        from analyzer.loader.formats.caffe.operators import load as load_caffe
        from analyzer.loader.formats.caffe.reading import LAYERS

        load_caffe()
        yield from _wrapped(f"{len(LAYERS)} layer types: ", sorted(LAYERS))
    elif name == "types":
        family = ""
        for type_, layer in CATALOGUE.items():
            if layer.family != family:
                yield ("\n" if family else "") + f"- **{FAMILIES[layer.family]}:** "
                family = layer.family
            else:
                yield ", "
            yield f"[`{type_}`](layers/{type_}.md)"
        yield "\n"
    else:
        raise SystemExit(f"a page asks for the table {name}, which is not made here")


def _wrapped(start: str, names: Iterable[str]) -> Iterator[str]:
    """Names in the order of the alphabet, in lines that are not too long."""
    listed = f"{start}{', '.join(f'`{name}`' for name in sorted(set(names), key=str.lower))}."
    yield from (f"{line}\n" for line in textwrap.wrap(listed, 120, break_long_words=False, break_on_hyphens=False))


def _meanings(text: str) -> dict[str, str]:
    """The words and meanings that a docstring lists in two columns, such as `flops, macs  of one sample`."""
    found = re.findall(r"^(\w+(?:, \w+)*)  +(\S.*(?:\n +\S.*)*)", text, re.M)
    return {word: " ".join(meaning.split()) for words, meaning in found for word in words.split(", ")}


def main(arguments: list[str]) -> int:
    """Writes the pages, or compares them."""
    made = pages()
    strange = [path for folder in _MADE for path in folder.glob("*.md") if path not in made]
    differ = [path for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if arguments == ["--check"]:
        for path in (*differ, *strange):
            print(f"{path.relative_to(DOCS.parent)} differs; run: python docs/make.py")
        return 1 if differ or strange else 0
    if arguments:
        print("usage: python docs/make.py [--check]", file=sys.stderr)
        return 2
    for folder in _MADE:
        folder.mkdir(exist_ok=True)
    for path in strange:
        path.unlink()
    for path in differ:
        path.write_text(made[path], encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
