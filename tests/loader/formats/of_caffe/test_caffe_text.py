"""The text of a Caffe network: the text format of protocol buffers, and what is wrong in one, at its line."""

from __future__ import annotations

import time
from typing import Any

import pytest

from analyzer.loader.formats.caffe.text import Message, parsed
from analyzer.loader.formats.sheet import Halted, Sheet
from analyzer.settings import SettingError
from tests.loader.formats.of_caffe.reading import analysis, data, layer, sheet


def plain(message: Message) -> dict[str, Any]:
    """A message as a dict of lists."""
    return {
        name: [plain(one.message) if one.message is not None else one.text for one in values]
        for name, values in message.fields.items()
    }


# Each by the language specification of the text format (protobuf.dev).
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        ("a: 1", {"a": ["1"]}),
        ("a: 1 a: 2", {"a": ["1", "2"]}),
        ("a: [1, 2, 3]", {"a": ["1", "2", "3"]}),
        ("a: []", {}),
        ("a { b: 1 }", {"a": [{"b": ["1"]}]}),
        ("a: { b: 1 }", {"a": [{"b": ["1"]}]}),
        ("a < b: 1 >", {"a": [{"b": ["1"]}]}),
        ("a: [{ b: 1 }, < b: 2 >]", {"a": [{"b": ["1"]}, {"b": ["2"]}]}),
        ("a: 1, b: 2; c { d: 3; }, e: 4", {"a": ["1"], "b": ["2"], "c": [{"d": ["3"]}], "e": ["4"]}),
        ("a: 'x' \"y\"\n  'z'", {"a": ["xyz"]}),
        (r"""a: "\"\\\n\x41\101\'" """, {"a": ["\"\\\nAA'"]}),
        ("a: 1 # a comment { \"\n# another\nb: 2", {"a": ["1"], "b": ["2"]}),
        ('a: "# none"', {"a": ["# none"]}),
        ("a:-1 b:1.5e-3f c:.5 d:0x1F e:-inf f:true g:MAX", {"a": ["-1"], "b": ["1.5e-3f"], "c": [".5"], "d": ["0x1F"],
         "e": ["-inf"], "f": ["true"], "g": ["MAX"]}),
        ("a{b{c{}}}", {"a": [{"b": [{"c": [{}]}]}]}),
    ],
)  # fmt: skip
def test_the_text_format(text: str, found: dict[str, Any]) -> None:
    assert plain(parsed(text, Sheet("a"))) == found


@pytest.mark.parametrize(
    ("text", "line", "message", "help"),
    [
        ("a {\n b: 1\n", 1, "the `{` of `a` is not closed", "add a `}` at the end of this block"),
        ("a {\n b: 1\n}\n}\n", 4, "`}` closes nothing", "delete it"),
        ("a {\n b: 1\n>\n", 3, "the `{` of line 1 is closed by `>`", None),
        ("layer {\n name: 'x'\n conv {\n}\n\nlayer {\n}\n", 1, "the `{` of `layer` is not closed before the `layer` of line 6", "add a `}`"),
        ("a: 1\nb:\n}", 2, "`b` has no value: `}` follows", None),
        ("a: 1\nb", 2, "`b` is followed by the end of the file", "a field is `name: value` or `name { … }`"),
        ("a 1", 1, "`a` is followed by `1`", "a field is"),
        ("a: 'x\nb: 1", 1, "the text 'x has no closing quote", None),
        ("\n\n1: 2", 3, "`1` is no name of a field", None),
        ("a: [1 2]", 1, "a list has neither `,` nor `]`", None),
        ("a: @", 1, "`@` is no value of `a`", None),
        ("a: 12abc", 1, "`12abc` is no value of `a`", None),
        ("a {" * 100, 1, "blocks are nested more than 64 deep", None),
    ],
)  # fmt: skip
def test_a_mistake_in_the_text_has_its_line(text: str, line: int, message: str, help: str | None) -> None:
    found = Sheet("a.prototxt")
    with pytest.raises(Halted):
        parsed(text, found)
    (problem,) = found.problems
    assert message in problem.message
    assert problem.span is not None
    assert problem.span.line == line
    assert help is None or help in (problem.help or "")


CONV = layer("c", "Convolution", "data", "convolution_param { num_output: 4 kernel_size: 3 }")
NET = data(3, 8, 8)


@pytest.mark.parametrize(
    ("text", "line", "message", "help"),
    [
        (f"{NET}layr {{ }}\n{CONV}", 2, "a network of Caffe has no field `layr`", "did you mean `layer`?"),
        (f'{NET}layer {{\n name: "c"\n typ: "ReLU"\n bottom: "data" }}', 4, "`layer` has no field `typ`", "did you mean `type`?"),
        (f'{NET}layer {{ name: "c" type: "Convolution" bottom: "data" top: "c"\n convolution_param {{\n num_outputs: 3 }} }}', 4,
         "`convolution_param` has no field `num_outputs`", "did you mean `num_output`?"),
        (f'{NET}layer {{ name: "c" type: "Convolution" bottom: "data" top: "c"\n kernel_size: 3\n convolution_param {{ }} }}', 3,
         "`layer` has no field `kernel_size`", "it belongs inside `convolution_param { … }`"),
        (f'{NET}layer {{ type: "ReLU"\n name: "a"\n name: "b" bottom: "data" }}', 4, "`name` appears twice in this block, first on line 3", "delete"),
        (NET + layer("c", "Convolutoin", "data"), 2, "Caffe has no layer type `Convolutoin`", "did you mean `Convolution`?"),
        (NET + layer("c", "Convolution", "dat"), 2, "`c` reads `dat`, which no layer above puts out", "did you mean `data`?"),
        (NET + layer("r", "ReLU", "c") + CONV, 2, "`r` reads `c`, which no layer above puts out", "`c` on line 3 puts it out, but Caffe reads layers in their order"),
        (NET + layer("r", "ReLU", "r"), 2, "`r` reads `r`", "it is an output of this layer itself"),
        (NET + layer("c", "ReLU", "data") + layer("d", "ReLU", "data", tops="c"), 3, "`c` is put out by `c` on line 2 and again by `d`", "another name"),
        (NET + layer("c", "Convolution", "data"), 2, "`c` has no `num_output`", "convolution_param { num_output: 64"),
        (NET + layer("c", "Convolution", "data", "convolution_param { num_output: 2 }"), 2, "`c` has no `kernel_size` above 0", None),
        (NET + layer("c", "Convolution", "data", "convolution_param { num_output: -2 kernel_size: 1 }"), 2, "`num_output` must be at least 0", None),
        (NET + layer("c", "Convolution", "data", "convolution_param { num_output: 2.5 kernel_size: 1 }"), 2, "`num_output` must be a whole number, not `2.5`", None),
        (NET + layer("c", "Convolution", "data", "convolution_param { num_output: 99999999999 kernel_size: 1 }"), 2, "at most 4,294,967,295", None),
        (NET + layer("c", "Convolution", "data", "convolution_param { num_output: 2 kernel_size: [1, 2, 3] }"), 2, "`kernel_size` of `c` appears 3 times, but its window has 2 axes", None),
        (NET + layer("c", "Convolution", "data", "convolution_param { num_output: 2 kernel_size: 3 kernel_h: 3 }"), 2, "`c` has `kernel_size` and `kernel_h`", None),
        (NET + layer("p", "Pooling", "data", "pooling_param { pool: MAXI kernel_size: 2 }"), 2, "`pool` must be `MAX`, `AVE` or `STOCHASTIC`, not `MAXI`", "did you mean `MAX`?"),
        (NET + layer("p", "Pooling", "data", "pooling_param { global_pooling: yes }"), 2, "`global_pooling` must be `true` or `false`, not `yes`", None),
        (NET + "layer { name: 'p' type: Pooling }", 2, "`type` must be a text in quotes, not `Pooling`", 'write `type: "Pooling"`'),
        ("layers { name: 'p' type: \"Pooling\" }", 1, "must be a word without quotes in a `layers` block", 'layer { type: "Convolution"'),
        ("layers { name: 'p' type: POLING }", 1, "`type` must be a known word, not `POLING`", "did you mean `POOLING`?"),
        (NET + "layers { name: 'p' type: POOLING }", 2, "some layers are `layer` blocks and others `layers` blocks", None),
        (NET + layer("e", "Eltwise", "data x"), 2, "`e` reads `x`", None),
        (NET + CONV + layer("e", "Eltwise", "data c"), 3, "`e` (Eltwise) reads `data`, N×3×8×8, and `c`, N×4×6×6", "the same shape"),
        (NET + CONV + layer("e", "Concat", "data c"), 3, "reads `data`, N×3×8×8, and `c`, N×4×6×6", "equal sizes but along axis 1"),
        (NET + layer("i", "InnerProduct", "data", "inner_product_param { num_output: 3 axis: 7 }"), 2, "`axis` of `i` is 7, but `data` has 4 axes: N×3×8×8", None),
        (NET + layer("i", "InnerProduct", "data", "inner_product_param { }"), 2, "`i` has no `num_output` above 0", None),
        (NET + layer("i", "InnerProduct", "data", "inner_product_param { num_output: 3 }") + layer("p", "Pooling", "i", "pooling_param { kernel_size: 2 }"), 3, "`i` has 2: N×3", None),
        (NET + layer("s", "Slice", "data", "slice_param { slice_point: [1, 1] }", "a b c"), 2, "the parts of `s` are not in order: 0 < 1 < 1 < 3", None),
        (NET + layer("s", "Slice", "data", "", "a b"), 2, "`s` divides 3 cells into 2 parts", None),
        (NET + layer("s", "Slice", "data", "slice_param { slice_point: 1 }", "a b c"), 2, "`s` has 1 `slice_point` for 3 outputs", "give 2"),
        (NET + layer("s", "Reshape", "data", "reshape_param { shape { dim: 0 dim: 7 dim: -1 } }"), 2, "`s` cannot reshape N×3×8×8, 192 elements, to 1×7×?", None),
        (NET + layer("s", "Permute", "data", "permute_param { order: 0 order: 9 }"), 2, "`order` of `s` is 0, 9; `data` has axes 0 to 3", None),
        (NET + data(4).replace("data", "g") + layer("s", "Scale", "data g", "scale_param { axis: 0 }"), 3,
         "`s` (Scale) reads `data`, N×3×8×8, and `g`, N×4", "the sizes of the first from axis 0 on"),
        (NET + layer("s", "ReLU", ""), 2, "`s` (ReLU) has no", None),
        (NET + "layer { name: 's' bottom: 'data' top: 's' }", 2, "`s` has no `type`", "type:"),
        (NET + layer("s", "ReLU", "data", "include { phase: TEST } exclude { phase: TRAIN }"), 2, "`s` has `include` and `exclude`", None),
        ("net: 'a.prototxt'\nbase_lr: 0.1", 1, "this is a solver of Caffe (`net`)", "the file of the network, `a.prototxt`"),
        ("name: 'x'", 1, "the file has no layers", None),
        (layer("d", "Data", "") + layer("r", "ReLU", "d"), 1, "`d` (Data) reads data whose size the file does not give", "`--input 224x224x3`"),
        (layer("d", "Data", "", "transform_param { crop_size: 9 }") + layer("r", "ReLU", "d"), 1, "number of channels", "`--input 9x9x3`"),
        ("input: 'x'\ninput_dim: 1\ninput_dim: 3\n" + layer("r", "ReLU", "x"), 2, "`input_dim` appears 2 times, but an input has 4", None),
        (data(3, 0, 8) + layer("r", "ReLU", "data"), 1, "an axis of `data` is 0; it must be at least 1", None),
        (layer("d", "Data", "", "include { phase: TRAIN }") + layer("r", "ReLU", "d"), 2, "`r` reads `d`", "on line 1 puts it out, which is in the network with `--set phase=TRAIN`"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_network_has_its_line(text: str, line: int, message: str, help: str | None) -> None:
    problems = [problem for problem in sheet(text).problems if problem.severity == "error"]
    assert problems, sheet(text).problems
    found = problems[0]
    assert message in found.message
    assert found.span is not None
    assert found.span.line == line
    assert help is None or help in (found.help or "")


def test_a_kernel_larger_than_its_input_is_found_at_its_line() -> None:
    from analyzer.loader.expand.expansion import expand
    from analyzer.loader.parse.file import parse_read

    text = data(3, 4, 4) + layer("c", "Convolution", "data", "convolution_param { num_output: 2 kernel_size: 5 }")
    parsed_ = parse_read(sheet(text).read(), "net.prototxt")
    assert parsed_.model is not None
    _, (found,) = expand(parsed_.model)
    assert found.code == "SHAPE201"
    assert found.span is not None
    assert found.span.line == 2


def test_mistakes_are_told_together() -> None:
    text = NET + layer("a", "ReLU", "x") + layer("b", "ReLU", "y") + layer("c", "ReLU", "b")
    assert [problem.span.line for problem in sheet(text).problems if problem.span is not None] == [2, 3]


def test_a_mistake_in_parameters_hides_none_in_what_a_layer_reads() -> None:
    text = NET + layer("a", "Pooling", "data", "pooling_param { kernal_size: 2 }") + layer("b", "ReLU", "aa")
    assert [problem.message for problem in sheet(text).problems] == [
        "`pooling_param` has no field `kernal_size`",
        "`b` reads `aa`, which no layer above puts out",
    ]


def test_a_misspelt_bottom_is_one_mistake() -> None:
    text = NET + layer("a", "ReLU", "data").replace("bottom:", "botom:") + layer("b", "ReLU", "a")
    (problem,) = sheet(text).problems
    assert "`botom`" in problem.message


def test_a_field_of_a_fork_is_a_warning() -> None:
    found = sheet(NET + layer("c", "ReLU", "data", "relu_param { shiny_new_thing: 3 }"))
    (problem,) = found.problems
    assert problem.severity == "warning"
    assert problem.message == "`relu_param` has no field `shiny_new_thing`: it is not read"


@pytest.mark.parametrize("set", [{"phase": "PLAY"}, {"level": "high"}])
def test_a_state_that_does_not_exist(set: dict[str, str]) -> None:
    with pytest.raises(SettingError, match="must be"):
        sheet(NET + CONV, **set)


def test_many_layers_and_deep_blocks_end_soon() -> None:
    many = NET + layer("r", "ReLU", "data", tops="data") * 20_000
    start = time.perf_counter()
    sheet(many)
    sheet(NET + "layer { " + "bottom: 'x' " * 80_000 + "}")
    sheet("a {" * 400_000)
    assert time.perf_counter() - start < 20  # a second or two; the bound is for slow machines


def test_the_state_that_a_file_asks_for() -> None:
    text = f"state {{ phase: TRAIN }} {NET}{CONV}" + layer("r", "ReLU", "c", "include { phase: TRAIN }")
    assert [row.name for row in analysis(text).rows] == ["c", "r"]
