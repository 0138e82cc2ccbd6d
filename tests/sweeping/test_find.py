"""The largest and the smallest value that fits. What fits is a plain rule here, so every answer is known beforehand."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pytest

from analyzer.loader.parse.description import Limit
from analyzer.loader.parse.ranges import Decimals
from analyzer.settings import SettingError
from analyzer.sweeping import find
from analyzer.sweeping.bisection import CHECKED
from analyzer.sweeping.find import ALL, answers, nearest_miss, searches
from analyzer.sweeping.order import Order
from analyzer.sweeping.result import Axis, Found, Problem, Variant
from analyzer.units import AtLeast

if TYPE_CHECKING:
    from analyzer.sweeping.result import Value

#: What decides whether a choice of values fits: the number of its params, or whether it
#: has few enough; a text says why it is no network.
Rule = Callable[["dict[str, Value]"], bool | int | str]


#: The most that fits.
MOST = 100


class Sweep:
    """Axes, a rule, and the ids that were asked for, in the order of the questions."""

    def __init__(
        self, axes: Sequence[Axis], rule: Rule, *, least: int | None = None, searched: str | None = None
    ) -> None:
        self.order = Order(axes, searched=searched)
        self.rule = rule
        self.limits = {"params": Limit(least, MOST, "", None)}
        self.asked: list[int] = []
        self.told: list[str] = []

    def evaluate(self, ids: Sequence[int]) -> list[Variant]:
        """The variants of these ids, the last one first: nobody may count on their order."""
        self.asked += ids
        return [self.variant(id) for id in reversed(ids)]

    def variant(self, id: int) -> Variant:
        set = self.order.set_of(id)
        amount = self.rule(set)
        if isinstance(amount, str):
            return Variant(id, set, {}, False, [], Problem("SHAPE200", amount))
        amount = (MOST if amount else MOST + 1) if isinstance(amount, bool) else amount
        fits = not self.limits["params"].broken_by(amount)
        return Variant(id, set, {"params": amount}, fits, [] if fits else ["params"])

    def find(self, *, bisect: bool = False, seed: int = 0, **asked: Sequence[str]) -> list[Found]:
        """The answers to one question."""
        (search,) = searches(self.order.axes, limited=True, **asked)
        how = {"limits": self.limits, "seed": seed if bisect else None, "tell": self.told.append}
        return list(answers(self.order, search, self.evaluate, **how))


def values(found: Found) -> tuple[Value | None, Value | None]:
    """The best value of an answer, and the next one."""
    best, next = (None if one is None else one.set[found.axis] for one in (found.best, found.next))
    return best, next


def width(*numbers: float, name: str = "width") -> Axis:
    return Axis(name, list(numbers))


def test_largest_and_smallest_are_by_value_not_by_place() -> None:
    """The axis is written in any order, with decimals: what fits is 0.5, 1 and 1.5."""
    sweep = Sweep([width(2, 0.5, 10, 1.5, 1)], lambda set: 0.5 <= float(set["width"]) < 2)
    assert [values(one) for one in sweep.find(largest=["width"])] == [(1.5, 2)]
    assert sorted(sweep.asked) == [0, 1, 2, 3, 4], "all are calculated"
    assert [values(one) for one in sweep.find(smallest=["width"])] == [(0.5, None)]


def test_an_answer_for_each_choice_of_the_others() -> None:
    """With the asked axis in the middle; width · depth · (2 for b) ≤ 64 fits."""

    def rule(set: dict[str, Value]) -> bool:
        return int(set["width"]) * int(set["depth"]) * (2 if set["kind"] == "b" else 1) <= 64

    axes = [width(3, 1, name="depth"), width(16, 64, 32), Axis("kind", ["a", "b"])]
    found = Sweep(axes, rule).find(largest=["width"])
    assert [(one.set, values(one)) for one in found] == [
        ({"depth": 3, "kind": "a"}, (16, 32)),
        ({"depth": 3, "kind": "b"}, (None, 16)),
        ({"depth": 1, "kind": "a"}, (64, None)),
        ({"depth": 1, "kind": "b"}, (32, 64)),
    ]


@pytest.mark.parametrize("values_of_axis", [range(8, 0, -2), Decimals(range(2, 9, 2), 1), (4, 8, 2, 6)])
def test_ranges_and_tuples(values_of_axis: Sequence[float]) -> None:
    """2, 4, 6 and 8, as Python may give them: downwards, as a range of decimals, in any order."""
    sweep = Sweep([Axis("width", values_of_axis)], lambda set: float(set["width"]) < 5)
    assert [values(one) for one in sweep.find(largest=["width"])] == [(4, 6)]
    assert [values(one) for one in sweep.find(smallest=["width"])] == [(2, None)]


def test_many_choices_are_asked_for_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven depths of three widths, at most ten variants at once: the width is at most 40 / depth."""
    monkeypatch.setattr(find, "_AT_ONCE", 10)
    sweep = Sweep([width(*range(1, 8), name="depth"), width(30, 10, 20)], lambda set: set["width"] * set["depth"] <= 40)  # type: ignore[operator]
    calls: list[Sequence[int]] = []

    def evaluate(ids: Sequence[int]) -> list[Variant]:
        calls.append(ids)
        return sweep.evaluate(ids)

    (search,) = searches(sweep.order.axes, largest=["width"], limited=True)
    found = list(answers(sweep.order, search, evaluate, limits=sweep.limits, seed=None, tell=sweep.told.append))
    assert [one.best and one.best.set["width"] for one in found] == [30, 20, 10, 10, None, None, None]
    assert [one.next and one.next.set["width"] for one in found] == [None, 30, 20, 20, 10, 10, 10]
    assert list(map(len, calls)) == [9, 9, 3]


def test_where_nothing_fits_the_next_value_is_the_one_at_the_easy_end() -> None:
    sweep = Sweep([width(3, 1, 2)], lambda set: False)
    assert [values(one) for one in sweep.find(largest=["width"])] == [(None, 1)]
    assert [values(one) for one in sweep.find(smallest=["width"])] == [(None, 3)]


def test_an_amount_need_not_rise_with_the_value() -> None:
    """1, 2, 5 and 6 fit: 6 is the largest, 7 the next; downwards 1 is the last value of the axis."""
    sweep = Sweep([width(*range(1, 9))], lambda set: set["width"] in (1, 2, 5, 6))
    assert [values(one) for one in sweep.find(largest=["width"])] == [(6, 7)]
    assert [values(one) for one in sweep.find(smallest=["width"])] == [(1, None)]


def test_what_is_no_network_does_not_fit() -> None:
    sweep = Sweep([width(8, 12, 16)], lambda set: True if set["width"] == 8 else "12 is no multiple of 8")
    (found,) = sweep.find(largest=["width"])
    assert values(found) == (8, 12)
    assert found.next is not None
    assert found.next.error == Problem("SHAPE200", "12 is no multiple of 8")
    assert found.next.breaks == []


def test_an_axis_with_one_value() -> None:
    assert [values(one) for one in Sweep([width(4)], lambda set: True).find(largest=["width"])] == [(4, None)]
    assert [values(one) for one in Sweep([width(4)], lambda set: False).find(smallest=["width"])] == [(None, 4)]


def test_volumes_that_grow_together_have_an_order() -> None:
    """As text, `96x96x3` would be the largest of these."""
    axis = Axis("input", ["224x224x3", "96x96x3", "128x128x3"], volume=True)
    sweep = Sweep([axis], lambda set: set["input"] != "224x224x3")
    assert [values(one) for one in sweep.find(largest=["input"])] == [("128x128x3", "224x224x3")]


@pytest.mark.parametrize(
    ("volumes", "reason"),
    [
        (["128x224x3", "96x96x3", "224x128x3"], "neither of `128x224x3` and `224x128x3` is the larger"),
        (["64x64x3", "32x32x4"], "neither of `32x32x4` and `64x64x3` is the larger"),
        (["16000x1", "32x32x3"], "`32x32x3` and `16000x1` do not have the same number of axes"),
    ],
)
def test_volumes_without_an_order(volumes: list[str], reason: str) -> None:
    with pytest.raises(SettingError) as caught:
        searches([Axis("input", volumes, volume=True)], largest=["input"], limited=True)
    assert str(caught.value) == f"`largest`: the values of `input` have no order: {reason}"


AXES = [width(16, 32), Axis("act", ["relu", "gelu"])]


@pytest.mark.parametrize(
    ("asked", "given", "message"),
    [
        ({"largest": ["widht"]}, {}, "`largest`: no axis is called `widht`; did you mean `width`?"),
        ({"smallest": ["x"]}, {}, "`smallest`: no axis is called `x`; the axes are `width` and `act`"),
        ({"largest": ["act"]}, {}, "`largest`: the values of `act` have no order: `relu` is a word, and words have no order"),
        (
            {"largest": ["width"]},
            {"limited": False},
            "`largest` asks what fits, and nothing limits the network; give it a limit with `budget`, or a `budget` in the file",
        ),
        (
            {"smallest": ["width"]},
            {"random": 10},
            "`smallest` asks for every value of `width`, and `random` draws only some; leave one of the two out",
        ),
    ],
)  # fmt: skip
def test_questions_without_an_answer(asked: dict[str, list[str]], given: dict[str, int], message: str) -> None:
    with pytest.raises(SettingError) as caught:
        searches(AXES, **{"limited": True, **given, **asked})
    assert str(caught.value) == message


def test_both_may_be_asked_and_each_axis_once() -> None:
    axes = [width(1, 2), width(1, 2, name="depth")]
    asked = searches(axes, largest=["depth", "width", "depth"], smallest=["width"], limited=True)
    assert [(one.axis.name, one.largest) for one in asked] == [("depth", True), ("width", True), ("width", False)]


@pytest.mark.parametrize("border", [0, 1, 123_456, 999_999, 1_000_000])
@pytest.mark.parametrize("largest", [True, False])
def test_bisection_of_a_million_values(border: int, largest: bool) -> None:
    """The first `border` values fit, from the end that is asked about: 20 halvings of a million, and 64 checks."""
    axis = Axis("width", range(1, 1_000_001))
    sweep = Sweep(
        [axis], lambda set: int(set["width"]) <= border if largest else int(set["width"]) > 1_000_000 - border
    )
    (found,) = sweep.find(bisect=True, **{"largest" if largest else "smallest": ["width"]})
    best, next = border or None, border + 1 if border < 1_000_000 else None
    if not largest:
        best, next = (None if one is None else 1_000_001 - one for one in (best, next))
    assert values(found) == (best, next)
    assert len(sweep.asked) <= 1 + 20 + CHECKED
    assert not sweep.told


@pytest.mark.parametrize(
    ("rises", "least", "largest", "smallest"),
    [
        (True, 97, (250_000, 250_001), (240_001, 240_000)),
        (True, None, (250_000, 250_001), (1, None)),
        (False, 97, (760_000, 760_001), (750_001, 750_000)),
        (False, None, (1_000_000, None), (750_001, 750_000)),
    ],
)
def test_bisection_where_too_small_and_too_large_do_not_fit(
    rises: bool, least: int | None, largest: tuple[int, int | None], smallest: tuple[int, int | None]
) -> None:
    """Params are a 2,500th of the width, rounded up: widths of 240,001 to 250,000 have 97 to 100. Or they fall so."""

    def rule(set: dict[str, Value]) -> int:
        width = int(set["width"])
        return -(-(width if rises else 1_000_001 - width) // 2_500)

    for asked, expected in ({"largest": ["width"]}, largest), ({"smallest": ["width"]}, smallest):
        sweep = Sweep([Axis("width", range(1, 1_000_001))], rule, least=least)
        assert [values(one) for one in sweep.find(bisect=True, **asked)] == [expected]
        assert not sweep.told
        assert len(sweep.asked) <= 1 + 20 + CHECKED


def test_bisection_where_each_value_is_too_small_or_too_large() -> None:
    """Params are 51 or 102, and 97 to 100 fit: the next value is the one at the easy end, as where all are walked."""
    for asked, expected in ({"largest": ["width"]}, (None, 1)), ({"smallest": ["width"]}, (None, 9_999)):
        axis = Axis("width", range(1, 10_000))
        sweep = Sweep([axis], lambda set: 51 if int(set["width"]) < 5_000 else 102, least=97)
        assert [values(one) for one in sweep.find(bisect=True, **asked)] == [expected]
        assert [values(one) for one in sweep.find(bisect=False, **asked)] == [expected]
        assert not sweep.told


def test_bisection_where_the_last_value_is_no_network() -> None:
    """Widths from 4,000 are no network, and those over 100 have too many params: that is the border."""
    axis = Axis("width", range(1, 5_001))
    sweep = Sweep([axis], lambda set: int(set["width"]) if int(set["width"]) < 4_000 else "too wide")
    assert [values(one) for one in sweep.find(bisect=True, largest=["width"])] == [(100, 101)]
    assert not sweep.told


def test_choices_are_bisected_side_by_side() -> None:
    """Three depths: each question of bisection is one call for the three of them, so that processes share the work."""
    calls: list[int] = []
    sweep = Sweep(
        [width(1, 2, 3, name="depth"), Axis("width", range(1, 4097))],
        lambda set: int(set["width"]) * int(set["depth"]) <= 3000,
    )

    def evaluate(ids: Sequence[int]) -> list[Variant]:
        calls.append(len(ids))
        return sweep.evaluate(ids)

    (search,) = searches(sweep.order.axes, largest=["width"], limited=True)
    found = list(answers(sweep.order, search, evaluate, limits=sweep.limits, seed=0, tell=sweep.told.append))
    assert [values(one) for one in found] == [(3000, 3001), (1500, 1501), (1000, 1001)]
    assert calls == [*[3] * (len(calls) - 1), 3 * CHECKED]
    assert len(calls) <= 1 + 12 + 1


def test_no_value_contradicts_one_border() -> None:
    """200 depths of 2,001 widths: some checks are of the values beside the border, and agree with it."""
    axes = [width(*range(1, 201), name="depth"), Axis("width", range(2_001))]
    sweep = Sweep(axes, lambda set: int(set["width"]) <= 10 * int(set["depth"]))
    found = sweep.find(bisect=True, largest=["width"])
    assert [values(one) for one in found] == [(10 * depth, 10 * depth + 1) for depth in range(1, 200)] + [(2000, None)]
    assert not sweep.told


def test_a_value_that_contradicts_bisection() -> None:
    """At depths 1 and 3 even widths below 4,000 fit, so all are calculated there; at 2 those up to 100 fit."""

    def rule(set: dict[str, Value]) -> bool | str:
        one = int(set["width"])
        if set["depth"] == 2:
            return one <= 100
        return True if one % 2 == 0 and one < 4000 else "an odd width"

    sweep = Sweep([width(1, 2, 3, name="depth"), Axis("width", range(1, 5001))], rule)
    found = sweep.find(bisect=True, largest=["width"])
    assert [values(one) for one in found] == [(3998, 3999), (100, 101), (3998, 3999)]
    assert len(set(sweep.asked)) <= 3 * 5000 - 5000 + 1 + 13 + CHECKED
    assert {*range(5000), *range(10000, 15000)} <= set(sweep.asked)
    (said,) = sweep.told
    pair = r"bisection cannot answer: `width=\d+` (.+) and `width=\d+` (.+) \(with depth=1\); "
    told = re.fullmatch(pair + "all 5,000 values of `width` must be calculated", said)
    assert told is not None
    assert set(told.groups()) == {"fits", "is no network"}


@pytest.mark.parametrize(("multiple", "last"), [(12, 5_000), (12, 5_004), (2_000, 5_000)])
def test_few_networks_that_fit_are_not_missed(multiple: int, last: int) -> None:
    """As with heads that must divide the width: multiples of 12, or of 2,000, up to 4,000 fit, and most are no network.

    Bisection alone would see what is no network, or has too many params, and that nothing contradicts.
    """

    def rule(set: dict[str, Value]) -> bool | str:
        return int(set["width"]) <= 4_000 if int(set["width"]) % multiple == 0 else "no multiple"

    sweep = Sweep([Axis("width", range(1, last + 1))], rule)
    (found,) = sweep.find(bisect=True, largest=["width"])
    assert values(found) == (4_000 // multiple * multiple, 4_000 // multiple * multiple + 1)
    assert len(sweep.told) == 1


def test_no_network_at_the_far_end_contradicts_nothing() -> None:
    """Windows too large for their input: sizes up to 100 have few enough params, and those below 32 are no network."""
    sweep = Sweep([Axis("size", range(1, 3_001))], lambda set: int(set["size"]) if int(set["size"]) >= 32 else "")
    assert [values(one) for one in sweep.find(bisect=True, smallest=["size"])] == [(32, 31)]
    assert not sweep.told


def test_what_is_said_of_a_broken_limit() -> None:
    """The upper half fits, and the lower has too many params, but for the last one: nothing seems to fit."""
    sweep = Sweep([Axis("width", range(5000))], lambda set: 2500 <= int(set["width"]) < 4999)
    assert [values(one) for one in sweep.find(bisect=True, largest=["width"])] == [(4998, 4999)]
    (said,) = sweep.told
    assert re.match(r"bisection cannot answer: `width=\d+` fits and `width=0` breaks `params`; all 5,000", said)


def test_too_many_values_to_calculate_all() -> None:
    """Of 10^8 values every second one fits: bisection finds a border, which is contradicted."""
    axis = Axis("width", range(10**8))
    sweep = Sweep([axis], lambda set: int(set["width"]) % 2 == 0, searched="width")
    with pytest.raises(SettingError, match="100,000,000 combinations take about"):
        sweep.find(bisect=True, largest=["width"])
    assert len(sweep.told) == 1
    assert len(sweep.asked) <= 1 + 27 + CHECKED


def test_the_seed_decides_what_is_checked() -> None:
    axis = Axis("width", range(5000))
    asked = []
    for seed in (0, 0, 1):
        sweep = Sweep([axis], lambda set: int(set["width"]) < 777)
        sweep.find(bisect=True, seed=seed, largest=["width"])
        asked.append(sweep.asked)
    assert asked[0] == asked[1] != asked[2]


def test_what_is_long() -> None:
    short, long = searches([Axis("a", range(ALL)), Axis("b", range(ALL + 1))], largest=["a", "b"], limited=True)
    assert not short.long
    assert long.long


def miss(id: int, breaks: Sequence[str], **amounts: int | None) -> Variant:
    return Variant(id, {}, amounts, not breaks, list(breaks))


def test_the_nearest_miss_is_that_of_the_smallest_worst_ratio() -> None:
    """Of 100 and at least 10: 150 is 1.5 times too large; 110 is 1.1, but 4 is 2.5 too small; 104 and 9 are 1.04, 1.11."""
    limits = {"params": Limit(None, 100, "", None), "depth": Limit(10, None, "", None)}
    variants = [
        miss(0, ["params"], params=150, depth=10),
        miss(1, ["params", "depth"], params=110, depth=4),
        miss(2, ["params", "depth"], params=104, depth=9),
        miss(3, ["params"], params=AtLeast(140), depth=10),
        miss(4, [], params=1, depth=10),
        Variant(5, {}, {}, False, [], Problem("SHAPE200", "no network")),
    ]
    assert nearest_miss(iter(variants), limits) is variants[2]
    assert nearest_miss(iter(variants[:2]), limits) is variants[0]
    assert nearest_miss([variants[0], miss(6, ["params"], params=150)], limits) is variants[0], (
        "of equal ones the first"
    )
    assert nearest_miss([variants[0], variants[3]], limits) is variants[3]
    assert nearest_miss(variants[4:], limits) is None


def test_a_miss_that_no_ratio_describes_is_the_last_choice() -> None:
    """No amount, and a limit of 0 that is broken, are infinitely far; a limit that only this variant has is unknown."""
    limits = {"params": Limit(None, 0, "", None), "depth": Limit(3, None, "", None)}
    without = miss(0, ["params"], params=None)
    assert nearest_miss([without], limits) is without
    assert nearest_miss([without, miss(1, ["depth"], depth=1)], limits) is not without
    assert nearest_miss([miss(0, ["params"], params=5), miss(1, ["depth"], depth=0)], limits) is not None
    assert nearest_miss([miss(0, ["macs", "depth"], macs=5, depth=2)], limits) is None
