"""What a variant costs, and whether it fits: hand calculations."""

import pickle
from pathlib import Path

import pytest

from analyzer import load
from analyzer.loader.parse.description import Limit, Model
from analyzer.sweeping.evaluate import Evaluator, Job
from analyzer.sweeping.result import Axis, Problem, Variant

#: (8·8·3 + 1) = 193 parameters for each filter, at 14·14 positions 192 MACs each.
NET = """\
input: 32x32x3
vars: {width: 20, kernel: 8}
layers:
  - conv: {filters: $width, kernel: $kernel, stride: 2, padding: 1}
"""


def limit(most: int | None, least: int | None = None) -> Limit:
    return Limit(least, most, "", None)


def job(text: str, axes: list[Axis], keys: list[str], **others: object) -> Job:
    return Job("net.yaml", axes, keys, model=load(text), **others)


def test_a_variant_is_the_network_with_its_values() -> None:
    found = job(NET, [Axis("width", [10, 20, 30])], ["params", "macs"]).evaluator().of(1)
    assert found == Variant(1, {"width": 20}, {"params": 3860, "macs": 20 * 192 * 14 * 14})


def test_limits_of_the_command_line_replace_those_of_the_file_one_by_one() -> None:
    """3,860 parameters and 3,920 elements put out; the file allows 4K of each, the command line 3K parameters."""
    text = NET + "budget: {params: 4K, layers: {min: 2}}\n"
    axes = [Axis("width", [20])]
    assert job(text, axes, ["params"]).evaluator().of(0).breaks == ["layers"]
    asked = job(text, axes, ["params"], limits={"params": limit(3000), "layers": limit(None, 1)})
    found = asked.evaluator().of(0)
    assert (found.fits, found.breaks, found.amounts) == (False, ["params"], {"params": 3860})


def test_a_limit_may_depend_on_the_variables_of_the_variant() -> None:
    """193 · width parameters may be 200 · width − 100: 1,930 and 1,900; 3,860 and 3,900."""
    text = NET + "budget: {params: 200*$width - 100}\n"
    evaluator = job(text, [Axis("width", [10, 20])], ["params"]).evaluator()
    assert [evaluator.of(id).fits for id in (0, 1)] == [False, True]


def test_what_is_no_network_says_why() -> None:
    found = job(NET, [Axis("kernel", [8, 40])], ["params"]).evaluator().of(1)
    assert (found.fits, found.breaks, found.amounts) == (False, [], {})
    assert found.error is not None
    assert found.error.code == "SHAPE201"


def test_an_expect_that_fails_is_no_mistake() -> None:
    text = NET.replace("padding: 1}", "padding: 1}\n    expect: 14x14x20")
    assert job(text, [Axis("width", [10])], ["params"]).evaluator().of(0).amounts == {"params": 1930}


def test_volumes_are_axes_too() -> None:
    """14·14 and 30·30 positions: (64 − 8 + 2)/2 + 1 = 30."""
    axes = [Axis("width", [1]), Axis("input", ["32x32x3", "64x64x3"], volume=True)]
    evaluator = job(NET, axes, ["macs"]).evaluator()
    assert [evaluator.of(id).amounts["macs"] for id in (0, 1)] == [192 * 14 * 14, 192 * 30 * 30]


def test_one_of_several_inputs() -> None:
    text = "inputs: {a: 8x8x1, b: 8x8x1}\nlayers:\n  - conv: {filters: 1, kernel: 1}\n    from: b\n"
    axes = [Axis("input.b", ["4x4x1", "16x16x1"], volume=True)]
    assert job(text, axes, ["macs"]).evaluator().of(0).amounts == {"macs": 16}


def test_the_run_is_that_of_the_file_unless_another_one_is_given() -> None:
    """14·14·20 = 3,920 elements of 4 bytes for each sample; a configured batch yields to the file's."""
    text = NET + "training: {batch: 2}\n"
    axes, keys = [Axis("width", [20])], ["activation_memory", "weight_memory"]
    assert job(text, axes, keys, defaults={"batch": 5}).evaluator().of(0).amounts == {
        "activation_memory": 3920 * 4 * 2,
        "weight_memory": 3860 * 4,
    }
    halves = job(text, axes, keys, settings={"batch": 3, "dtype": "float16"}).evaluator().of(0)
    assert halves.amounts == {"activation_memory": 3920 * 2 * 3, "weight_memory": 3860 * 2}


def test_a_run_that_does_not_suit_a_variant_is_its_mistake() -> None:
    """A batch of `width` samples does not divide among four ranks where the width is 6."""
    text = NET + "training: {batch: $width, ranks: 4}\n"
    evaluator = job(text, [Axis("width", [6, 8])], ["peak_training_memory"]).evaluator()
    wrong, right = evaluator.of(0), evaluator.of(1)
    assert isinstance(wrong.error, Problem)
    assert wrong.error.code == "VALUE101"
    assert right.error is None


def test_settled_values_need_not_be_on_an_axis() -> None:
    axes = [Axis("width", [10, 30]), Axis("kernel", [3, 5])]
    assert job(NET, axes, ["params"]).evaluator().settled({"width": 20}).amounts == {"params": 3860}


def test_a_job_goes_to_another_process_as_it_is() -> None:
    asked = job(NET, [Axis("width", range(10, 31, 10))], ["params"], limits={"params": limit(2000)})
    sent = pickle.loads(pickle.dumps(asked))
    assert (sent.key, Evaluator(sent).of(2)) == (asked.key, Evaluator(asked).of(2))


@pytest.mark.parametrize(
    ("part", "changed"),
    [
        ("model", {"model": load(NET + "# another\n")}),
        ("axes", {"axes": [Axis("width", [10, 21])]}),
        ("amounts", {"keys": ["params", "macs"]}),
        ("limits", {"limits": {"params": limit(5)}}),
        ("run", {"settings": {"batch": 2}}),
        ("random", {"random": 1, "seed": 3}),
    ],
)
def test_what_decides_the_numbers_has_a_name(part: str, changed: dict[str, object]) -> None:
    one = job(NET, [Axis("width", [10, 20])], ["params"])
    other = one.but(**changed)
    assert [name for name in one.parts if one.parts[name] != other.parts[name]] == [part]
    assert one.key != other.key


def test_the_text_decides_and_not_the_name_of_the_file(tmp_path: Path) -> None:
    one, other = (tmp_path / name for name in ("one.yaml", "other.yaml"))
    for file in (one, other):
        file.write_text(NET)
    keys = {Job(str(file), [Axis("width", [1])], ["params"], model=load(file)).key for file in (one, other)}
    assert len(keys) == 1


def test_a_description_from_python_has_no_text_and_is_told_from_others() -> None:
    def made(width: int) -> Model:
        return load({"input": "4", "vars": {"width": width}, "layers": [{"dense": "$width"}]})

    axes = [Axis("width", [1])]
    first, same, other = (Job("net", axes, ["params"], model=made(width)) for width in (3, 3, 4))
    assert first.key == same.key != other.key


@pytest.mark.parametrize(
    ("one", "other"),
    [([16], ["16"]), ([True], ["true"]), (["a,b"], ["a", "b"]), (['a","b'], ["a", "b"]), ([1], [True]), ([1], [1.0])],
)
def test_axes_that_differ_have_jobs_that_differ(one: list[object], other: list[object]) -> None:
    first, second = (job(NET, [Axis("width", values)], ["params"]) for values in (one, other))
    assert first.parts["axes"] != second.parts["axes"]
    assert first.key != second.key
