"""Every fix that a help about a shape offers is one: applied to the file, the mistake is gone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
import yaml
from applying import applied, changed, findings, gone
from loading import outputs


def _conv(rng: Random) -> str:
    kernel = rng.choice([1, 2, 3, 5, 7])
    more = [f"filters: {rng.choice([4, 6, 8])}", f"kernel: {kernel}"]
    if rng.random() < 0.3:
        more.append(f"stride: {rng.choice([2, 3])}")
    if rng.random() < 0.4:
        more.append(f"padding: {rng.choice(['same', '1', str(kernel // 2)])}")
    if rng.random() < 0.2:
        more.append(f"dilation: {rng.choice([2, 3])}")
    if rng.random() < 0.1:
        more.append(f"groups: {rng.choice([2, 3, 4])}")
    return f"conv: {{{', '.join(more)}}}"


def _pool(rng: Random) -> str:
    kind, kernel = rng.choice(["max_pool", "avg_pool"]), rng.choice([2, 3, 4])
    return rng.choice([f"{kind}: {kernel}", f"{kind}: {{kernel: {kernel}, stride: 2}}"])


def _odd(rng: Random) -> str:
    """A layer that often refuses what it reads."""
    return rng.choice([
        "flatten", "dense: 30", f"group_norm: {rng.choice([3, 4, 5])}", "glu", f"crop: {rng.choice([1, 4])}",
        f"pixel_shuffle: {rng.choice([2, 3])}", f"pixel_unshuffle: {rng.choice([2, 3])}",
        f"slice: {{start: {rng.choice([0, 3, 9])}, stop: {rng.choice([2, 5, 12])}}}",
        f"multi_head_attention: {rng.choice([3, 5])}", f"reshape: {rng.choice(['4x4x5', '12x?', '3x7'])}",
        "embedding: {vocabulary: 10, size: 4}", "lstm: 5", "class_token",
        f"conv_transpose: {{filters: 4, kernel: {rng.choice([2, 3])}, stride: 2, padding: {rng.choice([0, 1, 3])}}}",
        f"conv_transpose: {{filters: 4, kernel: 3, stride: 2, output_padding: {rng.choice([1, 3])}}}",
        f"max_pool: {{kernel: 2, padding: {rng.choice([1, 2, 3])}}}",
        f"conv: {{filters: 4, kernel: 5, padding: {rng.choice([3, 6])}, padding_mode: reflect}}",
        "conv: {filters: 4, kernel: 3x3x3}", "conv: {filters: 4, kernel: 3, padding: causal}",
    ])  # fmt: skip


def chain(rng: Random) -> Iterator[str]:
    """Layers behind each other, until one refuses."""
    for _ in range(rng.randint(2, 6)):
        yield rng.choice([_conv, _conv, _pool])(rng)
    yield _odd(rng)


def merge(rng: Random) -> Iterator[str]:
    """Two branches of one volume, merged."""
    yield "{conv: {filters: 4, kernel: 3, padding: same}, name: a}"
    for _ in range(rng.randint(1, 3)):
        yield rng.choice([_conv, _pool])(rng)
    if rng.random() < 0.4:
        yield rng.choice(["upsample: 2", "upsample: 4", "global_avg_pool", "dense: 4"])
    yield f"{rng.choice(['add', 'concat', 'multiply'])}: [prev, a]"


def decoder(rng: Random) -> Iterator[str]:
    """An encoder and a decoder with skips; a level may be wrong."""
    levels = rng.randint(1, 3)
    for level in range(levels):
        yield f"{{conv: {{filters: 4, kernel: 3, padding: {rng.choice(['same', 'same', '0'])}}}, name: e{level}}}"
        yield "max_pool: 2"
    for level in reversed(range(levels)):
        for _ in range(rng.choice([1, 1, 1, 1, 2, 0])):
            yield "conv_transpose: {filters: 4, kernel: 2, stride: 2}"
        yield f"concat: [prev, e{level}]"
        yield "conv: {filters: 4, kernel: 3, padding: same}"


INPUTS: dict[Callable[[Random], Iterator[str]], list[str]] = {
    chain: ["8x8x3", "12x10x4", "20x10x1", "16x16x6", "33x3", "100", "784", "57x47", "9x9x9x2"],
    merge: ["16x16x3", "15x12x3", "20x3", "9x9"],
    decoder: ["30x30x1", "44x36x1", "33x1", "58x58x3"],
}

#: How many models of each kind are made.
SEEDS = 100


@pytest.mark.parametrize("kind", INPUTS, ids=[kind.__name__ for kind in INPUTS])
def test_every_offer_removes_the_mistake(kind: Callable[[Random], Iterator[str]]) -> None:
    offered: Counter[str] = Counter()
    wrong = []
    for seed in range(SEEDS):
        rng = Random(f"{kind.__name__}{seed}")
        items = "".join(f"  - {item}\n" for item in kind(rng))
        text = f"input: {rng.choice(INPUTS[kind])}\nlayers:\n{items}"
        for finding in findings(text)[:1]:
            if not finding.code.startswith("SHAPE") or finding.help is None:
                continue
            for what, new in applied(text, finding):
                offered[finding.code] += 1
                if not gone(new, finding):
                    wrong.append(f"{finding.code} {finding.message}\n{what}\n{text}\n{new}")
    assert not wrong, f"{len(wrong)} of {sum(offered.values())}\n" + "\n".join(wrong[:3])
    assert sum(offered.values()) > SEEDS / 2, offered


def test_every_parameter_for_an_expect_reaches_it() -> None:
    helped = 0
    for seed in range(SEEDS):
        rng = Random(f"expect{seed}")
        volume, kept = rng.choice(INPUTS[chain][:5]), rng.choice(["", "  - relu\n", "  - max_pool: 2\n"])
        item, meant = (rng.choice([_conv, _conv, _pool])(rng) for _ in range(2))
        text = f"input: {volume}\nlayers:\n  - {item}\n{kept}"
        target = f"input: {volume}\nlayers:\n  - {meant}\n{kept}"
        if findings(text) or findings(target):
            continue
        *_, output = outputs(target).values()
        asked = re.sub(r"- (.*)\n$", rf"- {{\1, expect: {output}}}\n", text).replace("- {relu,", "- {relu: {},")
        for finding in findings(asked):
            if finding.help is None:
                continue
            helped += 1
            match = re.fullmatch(r"(?:in `[^`]+` \(line (\d+)\), )?(.*)", finding.help)
            assert match is not None
            where, offers = match.groups()
            first = re.split(r",? or |, (?=`)", offers.partition(" give")[0])[0]
            values = {name: yaml.safe_load(value) for name, value in re.findall(r"`(\w+): ([^`]+)`", first)}
            new = changed(asked, int(where) if where else 4 if kept else 3, values)
            assert findings(new) == [], f"{finding.help}\n{asked}\n{new}"
    assert helped > SEEDS / 4


def test_every_offer_for_a_residual_removes_the_mistake() -> None:
    offered = 0
    for seed in range(SEEDS):
        rng = Random(f"residual{seed}")
        body = "".join(f"        - {_conv(rng)}\n" for _ in range(rng.randint(1, 3)))
        text = f"input: {rng.choice(['16x16x4', '15x12x6', '20x8'])}\nlayers:\n  - residual:\n      body:\n{body}"
        for finding in findings(text):
            if finding.code != "SHAPE213":
                continue
            for what, new in applied(text, finding):
                offered += 1
                assert gone(new, finding), f"{what}\n{new}"
    assert offered > SEEDS / 2


BAD = Path(__file__).parents[1] / "bad" / "shapes"
#: Their items are in lists on one line, or read others than the one above: `applied` does not edit these.
WRITTEN_OTHERWISE = {"many_shapes", "parallel_add_mismatch", "shape_branch_in_block", "merge_branches_of_three_sizes"}


@pytest.mark.parametrize(
    "path", sorted(one for one in BAD.glob("*.yaml") if one.stem not in WRITTEN_OTHERWISE), ids=lambda path: path.stem
)
def test_every_offer_for_a_bad_model_removes_the_mistake(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for finding in findings(text):
        if finding.code.startswith("SHAPE2") and finding.help is not None and finding.code != "SHAPE213":
            for what, new in applied(text, finding):
                assert gone(new, finding), f"{what}\n{new}"
