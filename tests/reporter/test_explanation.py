"""The formats of an explanation: what is printed is true, evaluated from the text; LaTeX and JSON are well formed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from fractions import Fraction
from math import ceil, floor, prod
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import analyzer
from analyzer.cli.schema import schema_text
from analyzer.contract.explanation import as_dict, explanation_schema
from analyzer.engine.analysis import analyze_network
from analyzer.engine.explained.explain import explain_network
from analyzer.engine.explained.result import Explanation
from analyzer.engine.network import Network
from analyzer.layers import CATALOGUE
from analyzer.reporter.explanation import FORMATS
from analyzer.reporter.explanation.latex import notebook
from analyzer.reporter.options import Options
from analyzer.volume import Volume

ROOT = Path(__file__).parents[2]
SOME = [
    "textbook",
    "lenet5",
    "resnet18",
    "unet",
    "vit_b16",
    "swin_tiny",
    "gpt2",
    "crnn",
    "efficientnet",
    "deepface",
    "c3d",
]


def explanation(model: str) -> Explanation:
    return explain_network(analyzer.analyze(ROOT / f"example_models/{model}.yaml"))


def drawn(one: Explanation, format: str, **options: Any) -> str:
    return "".join(FORMATS[format].render([one], Options(**options)))


def evaluated(text: str) -> Fraction:
    """The value of a printed formula, by Python's own arithmetic."""
    python = text.replace(",", "").replace("·", "*").replace("−", "-").replace("^", "**")
    for sign, word in (("⌊", "floor("), ("⌈", "ceil("), ("⌋", ")"), ("⌉", ")")):
        python = python.replace(sign, word)
    python = re.sub(r"\d+(\.\d+)?", lambda found: f"Fraction('{found.group()}')", python)
    result = eval(python, {"Fraction": Fraction, "floor": floor, "ceil": ceil})
    return Fraction(result)


#: A printed equation: a name, a formula, a number.
EQUATION = re.compile(r"([A-Za-z][\w ]*?) = ([^=a-zA-Z]+) = (−?[\d,.]+)")


@pytest.mark.parametrize("model", SOME)
def test_every_printed_equation_is_true(model: str) -> None:
    found = EQUATION.findall(drawn(explanation(model), "text"))
    assert found
    for name, formula, value in found:
        wanted = value.rstrip(".").replace(",", "").replace("−", "-")
        close = abs(evaluated(formula) - Fraction(wanted))
        assert close == 0 or ("." in wanted and close < Fraction(1, 100)), f"{name} = {formula} = {value}"


def test_the_textbook_s_page() -> None:
    """CS231n's layer, by hand: 14×14×20, 3,860 parameters, 756,560 locally connected, 196 times as many."""
    text = drawn(explanation("textbook"), "text")
    for line in (
        "W_out = ⌊(32 − 8 + 2·1)/2⌋ + 1 = 14",
        "weights = 8·8·3·20 = 3,840",
        "parameters = (8·8·3 + 1)·20 = 3,860",
        "parameters = (8·8·3 + 1)·20·14·14 = 756,560",
        "196 × as many as shared",
        "MACs               8·8·3·20·14·14 = 752,640",
        "output = 14·14·20·4 = 15,680 bytes (15.3 KiB)",
        "r_out = 1 + (8 − 1)·1 = 8",
    ):
        assert line in text


@pytest.mark.parametrize("width", [40, 60, 80, 100])
@pytest.mark.parametrize("model", ["textbook", "vit_b16", "unet"])
def test_lines_fit(model: str, width: int) -> None:
    """A word is never cut, so that a name or a product that is too long is the only thing on its line."""
    lines = drawn(explanation(model), "text", width=width).splitlines()
    long = [line for line in lines if len(line) > width]
    assert all(len(line.split()) <= 4 for line in long), long


def test_two_inputs_and_a_tied_layer() -> None:
    """By hand: each convolution sees 3×3 cells of its own input, the join those of both."""
    conv = "{conv: {filters: 4, kernel: 3, padding: 1}, from: %s, name: %s%s}"
    layers = f"[{conv % ('left', 'a', '')}, {conv % ('right', 'b', ', tied: a')}, {{concat: [a, b]}}]"
    text = str(analyzer.explain(f"inputs: {{left: 8x8x3, right: 8x8x3}}\nlayers: {layers}\n"))
    assert "weights   (those of `a`, counted there)" in text
    assert "biases   (those of `a`, counted there)" in text
    lines = [line for line in text.splitlines() if "r_out = 3, j_out = 1, start_out = −1" in line]
    assert [line.partition("   (")[2] for line in lines] == ["on each axis; of `left`)", "of `right`)"]


def test_ascii() -> None:
    text = drawn(explanation("textbook"), "text", unicode=False)
    assert text.isascii()
    assert "floor((32 - 8 + 2*1)/2) + 1 = 14" in text


def named(name: str) -> Explanation:
    """A network of one layer with a name that only Python or a foreign file can give."""
    placed = Network()
    node = placed.enter("input", Volume((8, 8), 3))
    placed.place(name, CATALOGUE["conv"](filters=2, kernel=1), [node])
    return explain_network(analyze_network(placed, name=name))


def test_names_of_others_do_nothing_in_a_terminal() -> None:
    assert "\a" not in drawn(named("a\ab"), "text")


# -- LaTeX ------------------------------------------------------------------------------------------------------------


def check_latex(text: str) -> None:
    """A small grammar: braces and environments are balanced, `&` is only in equations, signs are escaped."""
    depth, environments = 0, []
    text = "\n".join(line for line in text.splitlines() if not line.startswith("%"))
    for token in re.findall(r"\\begin\{[\w*]+\}|\\end\{[\w*]+\}|\\left|\\right|\\[A-Za-z]+|\\.|.", text, re.DOTALL):
        if token.startswith("\\begin{"):
            environments.append(token[7:-1])
        elif token.startswith("\\end{"):
            assert environments.pop() == token[5:-1]
        elif token in "{}":
            depth += 1 if token == "{" else -1
            assert depth >= 0
        elif token == "&":
            assert environments == ["align*"], "& outside of an equation"
        elif token in "_^":
            assert environments == ["align*"], f"{token} outside of an equation"
        assert token not in "#%~", f"{token} is not escaped"
        assert token.isascii() or token.isalpha(), f"{token} is not in the fonts"
        assert not token.startswith("\\") or len(token) > 1
    assert depth == 0
    assert not environments
    assert text.count("\\left") - text.count("\\leftarrow") == text.count("\\right") - text.count("\\rightarrow")
    for equations in re.findall(r"\\begin\{align\*\}(.*?)\\end\{align\*\}", text, re.DOTALL):
        assert equations.strip()
        assert "\n\n" not in equations, "an empty line ends the paragraph inside of the equations"
        for row in equations.split(" \\\\\n"):
            assert "&" in row


@pytest.mark.parametrize("model", SOME)
def test_latex_is_well_formed(model: str) -> None:
    check_latex(drawn(explanation(model), "latex"))


@pytest.mark.parametrize(
    "name", ["a_b", "50%", "x{y", "back\\slash", "c#1", "tie~d", "hat^", "p&q", "$m", "a|b<c>", "`"]
)
def test_latex_escapes_names(name: str) -> None:
    check_latex(drawn(named(name), "latex"))


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="TeX is not installed")
@pytest.mark.parametrize("model", ["textbook", "vit_b16", "unet"])
def test_tex_compiles_it(model: str, tmp_path: Path) -> None:
    body = drawn(explanation(model), "latex")
    head = "\\documentclass{article}\n\\usepackage{amsmath}\n\\usepackage[T1]{fontenc}\n\\begin{document}\n"
    (tmp_path / "page.tex").write_text(f"{head}{body}\\end{{document}}\n", encoding="utf-8")
    run = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    ended = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-2000:]


def test_latex_of_the_textbook_s_layer() -> None:
    text = drawn(explanation("textbook"), "latex")
    assert r"H_{\mathrm{out}} &= \left\lfloor\frac{H - F + 2 \cdot P}{S}\right\rfloor + 1" in text
    assert r"= \left\lfloor\frac{32 - 8 + 2 \cdot 1}{2}\right\rfloor + 1 = 14 \\" in text
    assert r"\left(8 \cdot 8 \cdot 3 + 1\right) \cdot 20 \cdot 14 \cdot 14 = 756{,}560" in text
    assert text.startswith("% needs \\usepackage{amsmath}")


def test_a_notebook_shows_one_block_of_math() -> None:
    text = notebook(explanation("lenet5"))
    assert text.startswith("$$\\begin{aligned}\n")
    assert text.endswith("\n\\end{aligned}$$")
    assert "$" not in text[2:-2].replace("\\$", "")


# -- JSON -------------------------------------------------------------------------------------------------------------


def value_of(tree: Any) -> Fraction:
    """The value of a formula in JSON, as a program evaluates it."""
    if not isinstance(tree, dict):
        return Fraction(str(tree))
    if "letter" in tree:
        return Fraction(str(tree["value"]))
    parts = [value_of(part) for part in tree["of"]]
    return {
        "+": lambda: sum(parts, Fraction(0)),
        "-": lambda: -parts[0],
        "*": lambda: prod(parts, start=Fraction(1)),
        "/": lambda: parts[0] / parts[1],
        "^": lambda: Fraction(parts[0] ** parts[1]),
        "floor": lambda: Fraction(floor(parts[0])),
        "ceil": lambda: Fraction(ceil(parts[0])),
    }[tree["op"]]()


@pytest.mark.parametrize("model", SOME)
def test_json_fits_its_schema_and_its_formulas_are_true(model: str) -> None:
    one = explanation(model)
    record = json.loads(drawn(one, "json"))
    assert record == json.loads(json.dumps(as_dict(one)))
    jsonschema.validate(record, explanation_schema())
    for layer in record["layers"]:
        for step in layer["steps"]:
            if "expression" in step:
                assert abs(value_of(step["expression"]) - Fraction(str(step["value"]))) < Fraction(1, 10**9)
                assert {"formula", "numbers"} <= step.keys()


def test_the_schema_is_the_file() -> None:
    file = (ROOT / "schemas" / "explain.schema.json").read_text(encoding="utf-8")
    assert file == "".join(schema_text(explanation_schema()))
