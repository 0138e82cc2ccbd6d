"""The page as one file: its policy, what names can do to it, whole numbers, and the data that the script reads."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest

import analyzer
from analyzer.engine.tree import inside
from analyzer.reporter.options import Options
from analyzer.reporter.page.data import columns
from analyzer.reporter.page.document import block, document, named, script_of, style_of, text, with_code
from analyzer.reporter.picture.scene import scene_of

EXAMPLES = sorted((Path(__file__).parents[3] / "example_models").glob("*.yaml"))
ASSETS = files("analyzer.reporter.page").joinpath("assets")


def page(**more: object) -> str:
    return "".join(document("a < b", ["<main id='page-content'>∞</main>"], Options(**more), assets=("core", "layers")))


def test_the_policy_names_the_style_and_the_script_by_their_hashes() -> None:
    found = page()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', found)
    assert policy is not None
    hashes = {}
    for tag in ("script", "style"):
        content = re.search(rf"<{tag}>(.*?)</{tag}>", found, re.DOTALL)
        assert content is not None
        digest = hashlib.sha256(content.group(1).encode()).digest()
        hashes[tag] = base64.b64encode(digest).decode()
    assert policy.group(1) == (
        f"default-src 'none'; script-src 'sha256-{hashes['script']}'; style-src 'sha256-{hashes['style']}'"
    )
    assert "<title>a &lt; b</title>" in found


def test_assets_are_ascii_and_neither_inline_nor_from_elsewhere() -> None:
    """A stream in ASCII gets the same bytes, so the hashes hold; and nothing in a script can end its element."""
    for file in ASSETS.iterdir():
        if file.name.endswith((".js", ".css")):
            content = file.read_text("ascii")
            assert "</" not in content, file.name
            assert not re.search(
                r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", content
            )
            assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|@import|url\(", content), file.name
            assert not re.search(r"""setAttribute\(\s*["']style|[{,]\s*style\s*:""", content), file.name


def test_a_stream_in_ascii_gets_the_same_page() -> None:
    found = page(unicode=False)
    assert found.isascii()
    assert "&#8734;" in found
    assert script_of(("core", "layers")) in found
    assert style_of(("core", "layers")) in found


def tags(markup: str) -> set[str]:
    """The elements that a browser finds."""
    found: set[str] = set()
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: found.add(tag)  # type: ignore[method-assign]
    parser.feed(markup)
    return found


@pytest.mark.parametrize("name", ["</script><b>", "a\u202eb", "\x1b[31m", '"quoted" & <tag>', "x" * 10_000, "`tick"])
def test_a_name_is_text(name: str) -> None:
    for found in (text(name), named(name), with_code(f"in `{name}` 3"), "".join(block([("name", name)]))):
        assert tags(found) <= {"span", "code", "script"}
        assert "\u202e" not in found
        assert "\x1b" not in found
    assert len(re.sub('title="[^"]*"', "", named(name))) < 200


def test_whole_numbers_stay_exact() -> None:
    written = "".join(block(list({"counts": [2**53, -(2**53) - 1, 2**80], "share": 0.5, "flag": True}.items())))
    read = json.loads(written[written.index("{") : written.rindex("}") + 1])
    assert read == {"counts": [2**53, str(-(2**53) - 1), str(2**80)], "share": 0.5, "flag": True}


def names(data: dict[str, object]) -> list[str]:
    """The names of the layers, as the script makes them of the columns."""
    boxes, words = data["boxes"], data["words"]
    runs = set(boxes["runs"][::2])  # type: ignore[index]
    skipped = runs | set(boxes["chunks"])  # type: ignore[index]
    level, found, around = boxes["level"], [], [""]  # type: ignore[index, var-annotated]
    for number in range(1, len(level)):
        del around[level[number] :]
        label = words[boxes["label"][number]]  # type: ignore[index]
        if number in skipped or number in boxes["same"]:  # type: ignore[index]
            around.append(around[-1])
        else:
            alone = number in boxes["alone"] or not around[-1]  # type: ignore[index]
            around.append(label if alone else f"{around[-1]}.{label}")
        if number + 1 == len(level) or level[number + 1] <= level[number]:
            found.append(around[-1])
    return found


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_columns_say_what_the_report_says(path: Path) -> None:
    analysis = analyzer.analyze(str(path))
    data = json.loads(json.dumps(dict(columns(analysis, scene_of(analysis)))))
    rows = analysis.rows
    assert names(data) == [row.name for row in rows]
    costs, of = data["costs"], data["layers"]["cost"]
    for mode in ("shared", "local"):
        for name in ("weights", "biases", "buffers", "bytes"):
            assert [costs[f"{mode}.{name}"][at] for at in of] == [getattr(getattr(row, mode), name) for row in rows]
    assert [costs["macs"][at] for at in of] == [row.macs for row in rows]
    assert [costs["activation"][at] for at in of] == [row.activation_bytes for row in rows]
    assert [data["volumes"][costs["volume"][at]] for at in of] == [row.output.pretty() for row in rows]
    reads = [data["reads"].get(str(number), [number - 1]) for number in range(len(rows))]
    assert reads == [list(dict.fromkeys(node.index for node in row.node.inputs))[:24] for row in rows]
    tree = scene_of(analysis).root.group
    assert tree is not None
    assert len(data["boxes"]["level"]) >= len(list(inside(tree)))
