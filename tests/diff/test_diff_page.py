"""The page of a comparison: its rows, its policy, what it says of files and findings, and that names are text."""

from __future__ import annotations

import copy
import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from chains import conv, report

from analyzer import analyze
from analyzer.cli.main import FAULT, FINE, WRONG, guarded
from analyzer.difference import OneSided, compare, of_analysis
from analyzer.reporter.difference import html
from analyzer.reporter.difference.judged import judged
from analyzer.reporter.difference.sources import changed_lines
from analyzer.reporter.options import Options

MODELS = Path(__file__).parents[2] / "example_models"
VOID = {"meta", "br", "link", "input"}
HOSTILE = [
    "</script><script>alert(1)</script>", '" onload="x', "a\u202eb", "a\x1b[31mb", "<b>", "&lt;", "é日本", "x" * 10_000, "'", "`a`",
    "constructor", "page-content",
]  # fmt: skip


class Tree(HTMLParser):
    """Reads a page, and refuses elements that are not closed in their order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.all: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[tuple[str, list[str]]] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert len(given) == len(attrs), (tag, attrs)
        self.all.append((tag, given))
        if tag not in VOID and tag != "rect":
            self.open.append(tag)
        if tag == "li":
            self.rows.append((given.get("data-change") or "", []))

    def handle_endtag(self, tag: str) -> None:
        if tag != "rect":
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.rows and "li" in self.open:
            self.rows[-1][1].append(data)

    def changed(self, what: str) -> list[str]:
        """The text of each row with this change."""
        return [" ".join("".join(parts).split()) for change, parts in self.rows if change == what]


def page(*pair: Any, **options: Any) -> str:
    return "".join(html.render(compare(*pair), Options(**options)))


def words(markup: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", markup.partition("<main")[2].partition("<script>")[0]).split())


def test_each_change_has_its_word_its_sign_and_its_row() -> None:
    old = report(
        [
            conv(8, "a"),
            conv(8, "b"),
            "{dropout: 0.5, name: m}",
            conv(8, "c"),
            conv(8, "d"),
            "{max_pool: 2, name: gone}",
            "dense: 10",
        ]
    )
    new = report(
        [
            conv(8, "a"),
            "{relu: , name: more}",
            conv(8, "b"),
            conv(8, "c"),
            conv(8, "d"),
            "{dropout: 0.5, name: m}",
            "dense: 12",
        ]
    )
    tree = Tree(page(old, new))
    assert [row.split()[:4] for row in tree.changed("added")] == [["+", "added:", "not", "in"]]
    assert "more" in tree.changed("added")[0]
    assert [row.split()[:4] for row in tree.changed("removed")] == [["−", "removed:", "old", "gone"]]
    assert [row.split()[:4] for row in tree.changed("moved")] == [[">", "moved:", "old", "m"]]
    (changed,) = tree.changed("changed")
    # 32·32·8·12 + 12 against 16·16·8·10 + 10 parameters
    assert changed.startswith("~ changed: old dense1")
    assert "+77,826 parameters" in changed
    assert "+77,824 MACs" in changed


def test_the_rows_are_drawn_to_both_sides_of_an_axis() -> None:
    more, less = (
        page(*pair) for pair in ((report([conv(8)]), report([conv(16)])), (report([conv(16)]), report([conv(8)])))
    )
    assert re.search(
        r'<p class="dx-more"><span>\+224 shared</span><svg height="9" aria-hidden="true"><rect width="100.0%"', more
    )
    assert re.search(
        r'<p class="dx-less"><span>−224 shared</span><svg height="9" aria-hidden="true"><rect x="0%"', less
    )
    # locally connected: 32·32 positions of 8 filters more, each with 3·3·3 weights and a bias
    assert "+229,376 local" in more
    assert "+221,184 MACs" in more


def test_only_a_mode_is_shown_where_only_that_was_asked_for() -> None:
    pair = report([conv(8)]), report([conv(16)])
    assert "local" not in words(page(*pair, mode="shared"))
    assert "+224 parameters" in words(page(*pair, mode="shared"))


def test_a_volume_that_changed_is_marked_and_a_rename_is_said() -> None:
    said = page(report([conv(8, "a"), "dense: 10"]), report([conv(16, "b"), "dense: 10"]))
    assert "<mark>32×32×8</mark>" in said
    assert "<mark>32×32×16</mark>" in said
    said = page(report([conv(8, "a"), "dense: 10"]), report([conv(8, "b"), "dense: 10"]))
    assert "data-change" not in said.partition("<main")[2].partition("<script>")[0]
    assert "= renamed: old a" in words(said)


def test_the_policy_allows_what_is_on_the_page_and_nothing_else() -> None:
    said = page(report([conv(8)]), report([conv(16)]))
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', said)
    for tag in ("script", "style"):
        (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", said, re.DOTALL)
        digest = b64encode(sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    tree = Tree(said)
    assert not [given for _, given in tree.all if any(name == "style" or name.startswith("on") for name in given)]
    assert not [given for _, given in tree.all if {"src", "action", "data"} & given.keys()]
    assert [given["href"] for _, given in tree.all if "href" in given] == ["#page-content"]
    assert [tag for tag, _ in tree.all].count("main") == [tag for tag, _ in tree.all].count("h1") == 1
    views = [given["data-view"] for _, given in tree.all if "data-view" in given]
    assert {"summary", "graph", "source", "findings", "table"} <= set(views)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_names_are_text(hostile: str) -> None:
    old = report([conv(8), "relu", "dense: 10"])
    new = copy.deepcopy(report([conv(16), "relu", "dense: 10"]))
    new["layers"][0]["name"] = new["file"] = new["name"] = hostile
    new["layers"][1]["inputs"] = [hostile]
    said = page(old, new)
    tree = Tree(said)
    assert [tag for tag, _ in tree.all].count("script") == 1
    assert not re.search("[\x00-\x08\x1b\u202a-\u202e\u2066-\u2069]", said)
    assert max(len(text) for _, parts in tree.rows for text in parts) < 400
    assert [tag for tag, _ in tree.all].count("b") >= 2


def test_characters_that_the_stream_cannot_encode_are_references() -> None:
    said = page(report([conv(8, "é")]), report([conv(16, "é")]), unicode=False)
    assert said.isascii()
    assert "&#215;" in said


def test_a_model_that_is_new_has_only_added_rows() -> None:
    side = of_analysis(analyze(MODELS / "resnet18.yaml"))
    tree = Tree("".join(html.render(OneSided(side, True, "git:main:net.yaml", "1a2b3c4"), Options())))
    assert len(tree.changed("added")) == 9
    assert not tree.changed("removed")


def test_little_change_in_a_long_network_is_a_small_page() -> None:
    layers = [conv(8 + place % 7) for place in range(600)]
    old = report(layers, input="4x4x3")
    few = page(old, report([*layers[:300], "relu", *layers[300:]], input="4x4x3"))
    assert few.count('data-change="') == 1
    longer = page(*(report([*layers, *layers, *more], input="4x4x3") for more in ([], ["relu"])))
    assert longer.count('data-change="') == 1
    assert (len(longer) - len(few)) / 600 < 100  # characters for a layer more: a million for 10,000


def test_a_row_of_ten_thousand_leaves_room() -> None:
    layers = [conv(8 + place % 7) for place in range(1600)]
    old, new = (
        report([one.replace("padding: 1", f"padding: 1, bias: {bias}") for one in layers], input="4x4x3")
        for bias in ("true", "false")
    )
    said = page(old, new)
    assert said.count('data-change="changed"') == 1600
    assert len(said.encode()) / 1600 * 10_000 < 10_000_000


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("a\nb\nc", "a\nb\nc", []),
        ("a\nb\nc\nd\ne\nf", "a\nb\nc\nd\ne\nf\ng", ["4 4 d", "5 5 e", "6 6 f", "- 7 +g"]),
        ("a\nb", "b", ["1 - −a", "2 1 b"]),
        ("x\ny", "X\nY", ["1 - −x", "2 - −y", "- 1 +X", "- 2 +Y"]),
        ("", "a", ["- 1 +a"]),
        ("a\r\nb", "a\nc", ["1 1 a", "2 - −b", "- 2 +c"]),
    ],
)  # fmt: skip
def test_lines_that_differ_have_their_numbers_in_both_files(old: str, new: str, said: list[str]) -> None:
    lines = [line for stretch in changed_lines(old, new) for line in stretch]
    assert [f"{line.old or '-'} {line.new or '-'} {line.sign}{line.text}" for line in lines] == said


def test_far_changes_are_stretches_of_their_own() -> None:
    lines = [f"line {place}" for place in range(30)]
    other = ["first", *lines[1:29], "last"]
    stretches = changed_lines("\n".join(lines), "\n".join(other))
    assert [[line.text for line in stretch] for stretch in stretches] == [
        ["line 0", "first", "line 1", "line 2", "line 3"],
        ["line 26", "line 27", "line 28", "line 29", "last"],
    ]


def test_what_differs_in_a_line_is_marked() -> None:
    (stretch,) = changed_lines("- repeat: 6", "- repeat: 12")
    assert [line.text[line.start : line.stop] for line in stretch] == ["6", "12"]
    (stretch,) = changed_lines("abc", "xyz")
    assert [line.text[line.start : line.stop] for line in stretch] == ["", ""]


NET = """\
input: 16x16x3
layers:
  - conv: {filters: 8, kernel: 3, padding: same, norm: batch_norm}
  - global_avg_pool
  - dense: 10
"""


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two models: the old one has a bias before its normalisation, which CHECK202 finds, the new one more filters."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.yaml").write_text(NET)
    (tmp_path / "new.yaml").write_text(
        NET.replace("filters: 8", "filters: 16").replace("batch_norm}", "batch_norm, bias: false}")
    )
    assert guarded(["old.yaml", "-o", "old.json"]) == FINE
    return tmp_path


def written(*arguments: str, code: int = WRONG) -> str:
    assert guarded(["diff", *arguments, "-o", "page.html"]) == code
    return words(Path("page.html").read_text(encoding="utf-8"))


def test_lines_keys_peaks_and_findings_of_two_files(pair: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = written("old.yaml", "new.yaml")
    assert "3−- conv: {filters: 8, kernel: 3, padding: same, norm: batch_norm}" in said.replace("3− - conv", "3−- conv")
    assert "filters 8 → 16" in said
    assert "training peak" in said
    assert "1 gone" in said
    assert "CHECK202" in said
    assert guarded(["diff", "old.yaml", "new.yaml", "--format", "json"]) == WRONG
    record = json.loads(capsys.readouterr().out)
    peak = record["totals"]["peak_training_memory"]
    assert f"{peak['old'] / 1024:,.1f} KiB" in said
    assert f"{peak['new'] / 1024:,.1f} KiB" in said


def test_a_saved_report_has_no_lines_and_no_findings_and_the_page_says_so(pair: Path) -> None:
    said = written("old.json", "new.yaml")
    assert "Lines of the files are not compared: old.json is a saved report." in said
    assert "old.json is a saved report, which has no model to check." in said
    assert "Keys of the files are not compared" in said
    said = written("old.json", "old.json", code=FINE)
    assert "Both sides are saved reports, which have no model to check." in said


def test_equal_networks_are_said_to_be_equal(pair: Path) -> None:
    said = written("old.yaml", "old.yaml", code=FINE)
    assert "Equal: 4 layers, the same costs in every mode." in said
    assert "The files have the same lines." in said
    assert (
        "data-change"
        not in Path("page.html").read_text(encoding="utf-8").partition("<main")[2].partition("<script>")[0]
    )


def test_a_wrong_side_leaves_no_page(pair: Path) -> None:
    (pair / "wrong.yaml").write_text("input: 3x3x1\nlayers:\n  - conv: {filters: 1, kernel: 5}\n")
    assert guarded(["diff", "old.yaml", "wrong.yaml", "-o", "page.html"]) == FAULT
    assert not Path("page.html").exists()
    Path("page.html").write_text("before")
    assert guarded(["diff", "wrong.yaml", "new.yaml", "-o", "page.html"]) == FAULT
    assert Path("page.html").read_text() == "before"


def test_other_runs_are_said_first(pair: Path) -> None:
    (pair / "large.yaml").write_text(NET.replace("16x16x3", "32x32x3"))
    assert "Not the same run: input 16×16×3 → 32×32×3." in written("old.yaml", "large.yaml")


def test_two_folders_are_one_page(pair: Path) -> None:
    for folder in ("before", "after"):
        (pair / folder).mkdir()
    (pair / "before/a.yaml").write_text(NET)
    (pair / "after/a.yaml").write_text(NET.replace("filters: 8", "filters: 16"))
    (pair / "before/gone.yaml").write_text(NET)
    (pair / "after/more.yaml").write_text(NET.replace("dense: 10", "dense: 11"))
    for folder in ("before", "after"):
        (pair / folder / "same.yaml").write_text(NET)
    said = written("before", "after")
    tree = Tree(Path("page.html").read_text(encoding="utf-8"))
    assert [tag for tag, _ in tree.all].count("h1") == 1
    assert [tag for tag, _ in tree.all].count("article") == 3
    assert "1 changed, 1 added, 1 removed, 1 unchanged" in said
    ids = [given["id"] for _, given in tree.all if "id" in given]
    assert len(ids) == len(set(ids))


def test_findings_are_matched_although_numbers_in_names_changed() -> None:
    import analyzer

    old = "input: 16x16x3\nlayers:\n  - conv: {filters: 8, kernel: 3, norm: batch_norm}\n"
    new = old.replace("layers:\n", "layers:\n  - conv: {filters: 8, kernel: 1, bias: false}\n")
    sides = []
    for text in (old, new):
        side = of_analysis(analyze(text))
        assert side.described is not None
        side.described.findings = [one for one in analyzer.check(text) if one.code == "CHECK202"]
        sides.append(side)
    found = judged(*sides)
    assert [len(some) for some in (found.new, found.gone, found.still)] == [0, 0, 1]
