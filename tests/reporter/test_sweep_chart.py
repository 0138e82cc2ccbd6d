"""The chart of a sweep as SVG and as a page: which points are drawn and where, and what names can do to it.

Where points and lines are is calculated by hand from the scale: x goes from `left` to `right`, y from `bottom` to `top`.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from swept import LIMITS, WRONG, render, swept, variant, wrong

from analyzer.loader.parse.description import Limit
from analyzer.reporter.page.document import policy, script_of, style_of
from analyzer.reporter.sweep.html import ASSETS
from analyzer.reporter.sweep.measures import chosen, measures_of
from analyzer.reporter.sweep.plot import Plot, scales_of, stairs
from analyzer.reporter.sweep.points import points_of
from analyzer.sweeping.result import Axis, Counts, Found, Move, Problem, Swept, Variant
from analyzer.units import UNKNOWN, AtLeast

SVG = "{http://www.w3.org/2000/svg}"
MEMORY = ["params", "macs", "weight_memory"]
HOSTILE = '</script><b a="x">&\u202e'


def points(picture: str) -> list[ElementTree.Element]:
    return [one for one in ElementTree.fromstring(picture).iter() if "data-id" in one.attrib]


def words(picture: str) -> list[str]:
    return [one.text or "" for one in ElementTree.fromstring(picture).iter(f"{SVG}text")]


def cells(page: str, view: str) -> list[str]:
    """The cells of the table of a card."""
    card = page.partition(f'data-view="{view}"')[2].partition("</section>")[0]
    return [html.unescape(cell) for cell in re.findall("<td>(.*?)</td>", card)]


def cloud(listed: list[Variant], **more: object) -> Swept:
    """A sweep of `macs` and `params` over one axis."""
    counts = Counts(len(listed), sum(one.fits for one in listed), sum(one.error is not None for one in listed))
    values = {"axes": [Axis("width", range(1, len(listed) + 2))], "counts": counts, "rows": lambda: iter(listed)}
    return Swept(**({"file": "net.yaml", "name": "net", "amounts": ["macs", "params"], "limits": {}} | values | more))


def at(id: int, macs: int | None, params: int | None, **more: object) -> Variant:
    return Variant(**({"id": id, "set": {"width": id + 1}, "amounts": {"macs": macs, "params": params}} | more))


def plot_of(swept: Swept) -> Plot:
    measures = measures_of(swept)
    drawn = points_of(swept, measures)
    x, y = chosen(swept, measures)
    across, up = (scales_of(one, drawn.ends[measures.index(one)])[0] for one in (x, y))
    return Plot(points=drawn, measures=measures, x=x, y=y, across=across, up=up, width=400, height=300)


# ---------------------------------------------------------------- what is drawn


def test_each_variant_that_is_a_network_is_a_point_with_its_values() -> None:
    found = {one.get("data-id"): one for one in points(render("svg", swept()))}
    assert set(found) == {"0", "2", "4", "6"}  # the four with `add` are no network
    shown = {name.removeprefix("data-"): value for name, value in found["4"].attrib.items() if name.startswith("data-")}
    assert shown == {
        "id": "4",
        "fits": "false",
        "front": "false",
        "breaks": "params",
        "params": "314",
        "macs": "288",
        "width": "16",
        "act": "relu",
    }
    assert "data-breaks" not in found["0"].attrib


def test_kinds_of_points_differ_by_shape_and_colour() -> None:
    picture = render("svg", swept(variant(0, front=True), variant(1), variant(2), front=1, minimize=["macs"]))
    groups = {
        one.get("data-id"): (group, one) for group in ElementTree.fromstring(picture).iter(f"{SVG}g") for one in group
    }
    (front, diamond), (fits, disc), (breaks, cross) = (groups[id] for id in "024")
    assert [one.tag.removeprefix(SVG) for one in (diamond, disc, cross)] == ["path", "circle", "path"]
    assert diamond.get("d", "").endswith("z")
    assert "m0" in cross.get("d", "")
    assert len({front.get("fill"), fits.get("fill"), breaks.get("stroke")}) == 3
    assert breaks.get("fill") == "none"


def test_the_legend_counts_and_the_words_say_what_is_not_drawn() -> None:
    shown = words(render("svg", swept()))
    assert "fits: 2" in shown
    assert "breaks a limit: 2" in shown
    assert "net.yaml · width 4 values · act 2 values" in shown
    assert any(
        line.startswith("8 variants · 2 fit · 2 break a limit") and line.endswith("4 are no network") for line in shown
    )
    assert f"4 variants are no network, and not drawn. The first: width 4, act add: {WRONG.message}" in " ".join(shown)


def test_a_limit_is_a_line_with_its_value() -> None:
    rows = [at(0, 10, 100), at(1, 20, 200), at(2, 30, 300, fits=False, breaks=["params"])]
    limits = {"params": Limit(50, 250, "", None), "macs": Limit(None, 10**6, "M", None)}
    shown = words(render("svg", cloud(rows, limits=limits)))
    assert {"≥ 50", "≤ 250"} <= set(shown)
    assert "≤ 1M" not in shown  # far from every point
    assert "The limit of macs, ≤ 1M, is outside of the picture." in shown


def test_axes_say_which_end_is_better() -> None:
    rows = [at(0, 10, 100), at(1, 20, 200)]
    shown = words(render("svg", cloud(rows, minimize=["params"], maximize=["width"], front=1)))
    assert "← params · less is better" in shown
    assert "↑ width · more is better" in shown
    shown = words(render("svg", cloud(rows, limits={"params": Limit(50, None, "", None, "")})))
    assert "macs" in shown
    assert "↑ params · more is better" in shown


# ---------------------------------------------------------------- what x and y are


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, ("params", "macs")),
        ({"minimize": ["macs"], "maximize": ["width"], "front": 1}, ("macs", "width")),
        ({"maximize": ["width"], "front": 1}, ("width", "params")),
        ({"maximize": ["width"], "front": 1, "limits": {"macs": Limit(None, 9, "", None)}}, ("width", "macs")),
        ({"amounts": MEMORY, "limits": {"weight_memory": Limit(None, 9, "", None)}}, ("params", "weight_memory")),
        ({"amounts": MEMORY, "limits": dict.fromkeys(MEMORY[1:], Limit(None, 9, "", None))}, ("macs", "weight_memory")),
        ({"amounts": ["macs"]}, ("width", "macs")),
        (
            {"amounts": ["macs"], "axes": [Axis("act", ["relu", "add"]), Axis("width", [4, 8, 16, 32])]},
            ("width", "macs"),
        ),
        ({"amounts": ["macs"], "axes": [Axis("width", [4]), Axis("act", ["relu", "add"])]}, ("act", "macs")),
    ],
)
def test_x_and_y_are_goals_then_amounts_then_the_first_axis(more: dict[str, object], expected: tuple[str, str]) -> None:
    found = swept(**more)
    assert tuple(one.name for one in chosen(found, measures_of(found))) == expected


def test_an_axis_of_words_has_a_place_for_each() -> None:
    rows = [variant(0, "relu"), variant(1, "gelu"), variant(2, "relu")]
    found = swept(*rows, axes=[Axis("act", ["relu", "gelu"])], amounts=["macs"], limits={})
    plot = plot_of(found)
    places = [plot.place(one) for one in rows]
    wide = plot.right - plot.left
    assert [round((place[0] - plot.left) / wide, 6) for place in places if place] == [0.25, 0.75, 0.25]
    assert {"relu", "gelu"} <= set(words(render("svg", found)))


def test_true_is_a_word() -> None:
    rows = [variant(place, set={"bias": place == 1}) for place in range(3)]
    picture = render("svg", swept(*rows, axes=[Axis("bias", [False, True])], amounts=["macs"], limits={}))
    assert [one.get("data-bias") for one in points(picture) if one.get("data-id") == "2"] == ["true"]
    assert {"false", "true"} <= set(words(picture))


def test_an_axis_that_is_called_like_an_amount_has_the_name_of_its_column() -> None:
    axes = [Axis("depth", [1, 2, 3])]
    rows = [Variant(id=id, set={"depth": id + 1}, amounts={"depth": 9 - id, "macs": id + 1}) for id in range(3)]
    found = cloud(rows, axes=axes, amounts=["depth", "macs"], minimize=["depth"], maximize=["set.depth"], front=3)
    assert {"← depth · less is better", "↑ set.depth · more is better"} <= set(words(render("svg", found)))
    x, y = chosen(found, measures_of(found))
    assert (x.axis, y.axis) == (None, axes[0])


def test_where_nothing_fits_the_nearest_miss_is_named() -> None:
    """314 parameters are 14 more than 300, and 618 are 318 more."""
    found = swept(variant(2), variant(3), limits=LIMITS)
    for picture in (" ".join(words(render("svg", found))), render("html", found)):
        assert "Nothing fits. The nearest miss is width 16, act relu:" in picture
    assert "nearest" not in render("svg", swept())


# ---------------------------------------------------------------- the line of the front


def test_the_front_is_a_staircase() -> None:
    """(1, 30), (2, 20) and (4, 10): from above down to the first, right to the next, down, and so on to the right."""
    rows = [at(0, 1, 30, front=True), at(1, 2, 20, front=True), at(2, 4, 10, front=True), at(3, 4, 30)]
    plot = plot_of(cloud(rows, minimize=["macs", "params"], front=3))
    place = [plot.place(one) for one in rows[:3]]
    (x1, y1), (x2, y2), (x3, y3) = [
        (f"{x:.1f}".removesuffix(".0"), f"{y:.1f}".removesuffix(".0")) for x, y in filter(None, place)
    ]
    assert stairs(plot) == f"M{x1} {plot.top:.0f}V{y1}H{x2}V{y2}H{x3}V{y3}H{plot.right:.0f}"
    assert float(x1) < float(x2) < float(x3)
    assert float(y1) < float(y2) < float(y3)  # down on the screen


def test_the_staircase_goes_towards_what_is_worse() -> None:
    rows = [at(0, 1, 10, front=True), at(1, 3, 30, front=True)]
    plot = plot_of(cloud(rows, minimize=["macs"], maximize=["params"], front=2))
    path = stairs(plot)
    assert f" {plot.bottom:.0f}V" in path  # fewer parameters are worse: it begins below
    assert path.endswith(f"H{plot.right:.0f}")
    plot = plot_of(cloud(rows, maximize=["macs", "params"], front=1))
    assert stairs(plot).endswith(f"H{plot.left:.1f}".removesuffix(".0"))
    assert stairs(plot).count("V") == 1  # the other point is worse in both


def test_without_two_goals_there_is_no_staircase() -> None:
    rows = [at(0, 1, 30, front=True), at(1, 2, 20)]
    assert stairs(plot_of(cloud(rows, minimize=["macs"], front=1))) == ""
    assert stairs(plot_of(cloud(rows))) == ""


# ---------------------------------------------------------------- many variants

MANY = 30_000


def many(fitting: int, front: int = 12) -> Swept:
    """Variants of which the first `fitting` fit; some of these are on the front."""

    def rows() -> Iterator[Variant]:
        for id in range(MANY):
            breaks = [] if id < fitting else ["params"]
            yield at(id, id + 1, 2 * id + 1, fits=not breaks, breaks=breaks, front=id < front)

    counts = Counts(MANY, fitting, 0)
    return cloud(
        [], axes=[Axis("width", range(1, MANY + 1))], counts=counts, rows=rows, minimize=["macs", "params"], front=front
    )


@pytest.mark.parametrize("format", ["svg", "html"])
def test_a_chart_of_many_variants_is_small_and_says_how_many_are_missing(format: str) -> None:
    found = render(format, many(MANY // 2))
    assert len(found) < 500_000
    drawn = found.count("<circle cx=") + found.count('data-fits="false"')
    ids = set(map(int, re.findall(r'<(?:path|circle) [^>]*data-id="(\d+)"', found)))
    assert set(range(12)) <= ids  # the whole front
    assert f"{MANY - len(ids):,} of 30,000 variants are not drawn" in found
    assert 2_000 < len(ids) < 3_000
    assert drawn > 0
    assert found == render(format, many(MANY // 2))


def test_the_choice_is_even() -> None:
    """The mean of the numbers of n of N evenly chosen variants is their middle, within N/√(12·n) × 4."""
    drawn = points_of(many(MANY // 2), measures_of(many(MANY // 2)))
    for kind, low, high in ((drawn.fits, 12, MANY // 2), (drawn.breaks, MANY // 2, MANY)):
        mean = sum(one.id for one in kind) / len(kind)
        assert abs(mean - (low + high) / 2) < 4 * (high - low) / (12 * len(kind)) ** 0.5
        assert [one.id for one in kind] == sorted(one.id for one in kind)
    assert drawn.counts == (12, MANY // 2 - 12, MANY // 2)
    assert drawn.left_out == MANY - drawn.drawn


def test_the_few_that_fit_are_all_drawn() -> None:
    drawn = points_of(many(40), measures_of(many(40)))
    assert [one.id for one in drawn.fits] == list(range(12, 40))
    assert len(drawn.breaks) > 2_000


def test_a_front_of_thousands_of_equal_points_is_bounded_too() -> None:
    found = many(MANY // 2, front=MANY // 2 - 5_000)
    drawn = points_of(found, measures_of(found))
    assert len(drawn.front) <= 2_500
    assert 300 <= len(drawn.fits) == len(drawn.breaks)
    for format in ("svg", "html"):
        picture = render(format, found)
        assert len(picture) < 700_000
        assert "and the whole front" not in picture


def test_scales_are_of_all_variants_and_not_only_of_those_that_are_drawn() -> None:
    found = many(MANY)
    ends = points_of(found, measures_of(found)).ends
    assert (ends[0][0].low, ends[0][0].high) == (1, MANY)


# ---------------------------------------------------------------- unusual sweeps


def test_points_without_a_number_are_counted() -> None:
    picture = render("svg", cloud([at(0, 10, 100), at(1, 20, None), at(2, 30, None)]))
    assert "2 points are not drawn: they have no known params." in words(picture)
    assert [one.get("display") == "none" for one in points(picture)] == [False, True, True]


def test_an_amount_of_which_nothing_is_known_has_no_place() -> None:
    picture = render("svg", cloud([at(0, UNKNOWN, 100), at(1, 0, 200), at(2, 30, 300)]))
    assert "1 point is not drawn: it has no known macs." in words(picture)
    assert [one.get("display") == "none" for one in points(picture)] == [True, False, False]


def test_an_amount_of_which_a_part_is_unknown_is_marked() -> None:
    picture = render("svg", cloud([at(0, AtLeast(10), 100), at(1, 20, 200)]))
    first, second = points(picture)
    assert first.get("data-macs") == "10"
    assert first.get("data-at_least") == "macs"
    assert "data-at_least" not in second.attrib


@pytest.mark.parametrize("format", ["svg", "html"])
@pytest.mark.parametrize(
    "rows",
    [
        [],
        [at(0, 5, 5)],
        [at(0, 0, 0), at(1, 0, 0)],
        [at(0, 10**30, 1), at(1, 1, 10**30)],
        [at(0, None, None)],
        [at(0, 5, 5, amounts={}, fits=False, error=Problem("SHAPE201", "x"))],
        [at(0, 5, 5, fits=False, breaks=["macs"])],
    ],
    ids=["none", "one", "zeros", "far apart", "no numbers", "wrong", "nothing fits"],
)
def test_there_is_a_chart_of_anything(format: str, rows: list[Variant]) -> None:
    for more in ({}, {"minimize": ["macs", "params"], "front": 0}, {"amounts": ["macs"]}):
        found = render(format, cloud(rows, **more))
        assert not re.search(r"\b(nan|inf|None)\b", found.partition("<script>")[0])
        if format == "svg":
            ElementTree.fromstring(found)


def test_without_a_point_the_page_has_words_and_no_plot() -> None:
    page = render("html", swept(wrong(0)))
    assert "1 variant is no network, and not drawn" in page
    assert "<svg" not in page


def test_a_continuous_axis_has_round_ticks() -> None:
    rows = [Variant(id=id, set={"rate": 0.1 + id / 7}, amounts={"macs": id + 1}) for id in range(6)]
    found = cloud(rows, axes=[Axis("rate", [], between=(0.1, 0.9))], amounts=["macs"])
    assert {"0.2", "0.4", "0.6", "0.8"} <= set(words(render("svg", found)))


# ---------------------------------------------------------------- the files


def test_the_picture_is_one_file_for_everyone() -> None:
    picture = render("svg", swept())
    root = ElementTree.fromstring(picture)
    assert root.get("role") == "img"
    assert root.find(f"{SVG}title") is not None
    assert "8 variants" in (root.findtext(f"{SVG}desc") or "")
    assert root.find(f"{SVG}rect").get("fill") == "#ffffff"  # type: ignore[union-attr]
    tags = {one.tag.removeprefix(SVG) for one in root.iter()}
    assert tags <= {"svg", "title", "desc", "rect", "text", "g", "path", "circle"}
    names = {name for one in root.iter() for name in one.attrib}
    assert not {name for name in names if name in ("id", "style", "class", "href") or name.startswith("on")}
    assert render("svg", swept(), unicode=False).isascii()


class Page(HTMLParser):
    """The elements of a page as a browser finds them."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page_loads_nothing_and_has_no_inline_style() -> None:
    page = Page(render("html", swept()))
    metas = [attributes for tag, attributes in page.tags if tag == "meta"]
    assert policy(script_of(ASSETS), style_of(ASSETS)) in [one.get("content") for one in metas]
    for tag, attributes in page.tags:
        assert tag not in ("link", "img", "iframe")
        assert not {name for name in attributes if name in ("src", "style", "srcset") or name.startswith("on")}
        assert attributes.get("href", "#").startswith("#")  # type: ignore[union-attr]


def test_without_a_script_the_page_has_the_picture_and_the_tables() -> None:
    found = render("html", swept(variant(0, front=True), variant(1), variant(2), front=1, minimize=["macs"]))
    page = Page(found)
    assert sum("data-id" in attributes for tag, attributes in page.tags if tag in ("path", "circle")) == 3
    assert [attributes["data-id"] for tag, attributes in page.tags if tag == "tr" and attributes] == ["0"]
    assert cells(found, "front") == ["4", "relu", "86", "72"]


def test_the_front_is_a_table_in_the_order_of_its_goals() -> None:
    rows = [at(0, 9, 1, front=True), at(1, 3, 5, front=True), at(2, 5, 3, front=True)]
    for more, expected in (({"minimize": ["macs", "params"]}, "120"), ({"maximize": ["macs", "params"]}, "021")):
        page = Page(render("html", cloud(rows, front=3, **more)))
        assert "".join(str(one["data-id"]) for tag, one in page.tags if tag == "tr" and one) == expected


def test_the_answers_are_a_table() -> None:
    found = [
        Found({"act": "relu"}, "width", True, variant(1), variant(2)),
        Found({"act": "add"}, "width", True, None, wrong(0)),
    ]
    page = render("html", swept(found=found))
    assert "<h2>The largest width that fits</h2>" in page
    shown = cells(page, "found")
    assert shown[:5] == ["8", "162", "144", "16", "params"]  # the largest, its amounts, the next, what that breaks
    assert shown[5:] == ["none fits", "–", "–", "4", f"no network: {WRONG.message}"]


def test_the_steps_are_a_table() -> None:
    """From width 8 to 16: 314 − 162 = 152 parameters, 93.8 %, and 288 − 144 = 144 MACs, 100 %; 144/152 = 0.947."""
    moves = [Move("width", variant(1), variant(2)), Move("act", variant(1), wrong(1))]
    shown = cells(render("html", swept(moves=moves)), "moves")
    # (1,256 + 104 − 648 − 72)/152 = 4.21 bytes
    assert shown[:6] == ["8 → 16", "+152 (+93.8 %)", "+144 (+100.0 %)", "0.947", "4.21", "params"]
    assert shown[6:] == ["relu → add", "–", "–", "–", "–", f"no network: {WRONG.message}"]


# ---------------------------------------------------------------- names


def test_names_are_text() -> None:
    rows = [Variant(id=id, set={HOSTILE: word}, amounts={"macs": id + 1}) for id, word in enumerate(("a", HOSTILE))]
    found = cloud(rows, name=HOSTILE, file=HOSTILE, axes=[Axis(HOSTILE, ["a", HOSTILE])], amounts=["macs"])
    picture = render("svg", found)
    ElementTree.fromstring(picture)
    page = render("html", found)
    assert "\u202e" not in picture + page
    assert not [tag for tag, _ in Page(page).tags if tag == "b"]
    assert page.count("</script>") == 2  # of the data and of the script


def test_each_value_has_an_attribute_of_its_own() -> None:
    """An axis may be called like an amount, like a word of ours, or like another axis but for its case."""
    axes = [Axis(name, [1, 2]) for name in ("macs", "fits", "W", "w", "a b", "input.image")]
    rows = [Variant(id=0, set={axis.name: at for at, axis in enumerate(axes, 1)}, amounts={"macs": 7, "params": 8})]
    (point,) = points(render("svg", cloud(rows, axes=axes)))
    shown = {name: value for name, value in point.attrib.items() if name.startswith("data-")}
    assert shown == {
        "data-id": "0", "data-fits": "true", "data-front": "false", "data-macs": "7", "data-params": "8",
        "data-set.macs": "1", "data-set.fits": "2", "data-w": "3", "data-w-2": "4", "data-a_b": "5",
        "data-input.image": "6",
    }  # fmt: skip


def test_the_script_knows_the_attribute_of_each_value() -> None:
    found = render("html", swept())
    block = re.search(r'<script type="application/json">(.*?)</script>', found)
    assert block is not None
    sweep = json.loads(block.group(1))["sweep"]
    assert [one["attribute"] for one in sweep["measures"]] == ["params", "macs", "width", "act"]
    assert (sweep["x"], sweep["y"]) == (0, 1)
    params = sweep["measures"][0]
    assert params["lines"] == [[LIMITS["params"].most, True, "≤ 300"]]
    every, fitting = params["scales"]
    assert every["low"] < 86 < 618 < every["high"]
    assert fitting["high"] < 618
