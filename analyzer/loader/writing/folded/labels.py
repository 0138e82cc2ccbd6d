"""Names for items and blocks, made of the names in the network."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from analyzer.loader.parse.grammar import TAKEN_NAMES
from analyzer.record import Record, field

#: What a name may not have.
_STRANGE = re.compile(r"[^\w\-/:]+")

#: Where the words in a name end.
_WORDS = re.compile(r"[._/\-:]")


class Labels(Record):
    """The names of one list and of the lists in it, each once."""

    taken: set[str] = field(factory=set)

    def free(self, wanted: str, between: str = "_") -> str:
        """The name, with a number behind it where it is taken."""
        name, number = wanted, 1
        while name in self.taken or name in TAKEN_NAMES:
            number += 1
            name = f"{wanted}{between}{number}"
        self.taken.add(name)
        return name


def label_of(path: str) -> str:
    """The last part of a path as a name; with the parts before it where it is only a number.

    >>> label_of("layer1.0.conv2"), label_of("features.3.0"), label_of("7"), label_of("a b.c d")
    ('conv2', 'features_3_0', 'layer_7', 'c_d')
    """
    parts = [part for part in path.split(".") if part]
    words = [parts.pop()] if parts else []
    while parts and words[0].isdigit():
        words.insert(0, parts.pop())
    if not words or words[0].isdigit():
        words.insert(0, "layer")
    return _STRANGE.sub("_", "_".join(words)).strip("_") or "layer"


def without_number(path: str) -> str:
    """A path without the numbers at its end: the repetitions of one item.

    >>> without_number("stage2.1.3"), without_number("conv")
    ('stage2', 'conv')
    """
    while "." in path and path.rpartition(".")[2].isdigit():
        path = path.rpartition(".")[0]
    return path


def common(names: Sequence[str]) -> str:
    """The words that names have in common at their start.

    >>> common(["conv2_block1_1_conv", "conv2_block1_out"]), common(["a", "b"]), common(["x.1.a", "x.1"])
    ('conv2_block1', '', 'x.1')
    """
    first, last = min(names), max(names)
    end = next((place for place, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), None)
    if end is None:
        shorter = min(len(first), len(last))
        if len(first) == len(last) or _WORDS.match(max(first, last, key=len)[shorter]):
            return first[:shorter]
        end = shorter
    starts = [found.start() for found in _WORDS.finditer(first[: end + 1]) if found.start() <= end]
    return first[: starts[-1]] if starts else ""


def ending(names: Sequence[str]) -> str:
    """The words that names have in common at their end.

    >>> ending(["conv2_block1_0_conv", "conv3_block1_0_conv"]), ending(["a", "b"]), ending(["x", "x"])
    ('block1_0_conv', '', 'x')
    """
    if len(set(names)) == 1:
        return names[0]
    return common([name[::-1] for name in names])[::-1]


def is_automatic(label: str, stems: Iterable[str]) -> bool:
    """Whether a name is one that an item without a name gets: a word and a number.

    >>> is_automatic("conv3", ["conv"]), is_automatic("conv", ["conv"]), is_automatic("stage3", ["conv"])
    (True, False, False)
    """
    stem = label.rstrip("0123456789")
    return stem != label and stem in stems


def block_name(place: str) -> str:
    """The name of a block, made of the name of its first call without numbers.

    >>> block_name("conv2_block1"), block_name("layer1_0"), block_name("inception3a"), block_name("7")
    ('ConvBlock', 'Layer', 'Inception', '')
    """
    words = re.findall(r"[A-Za-z]+", re.sub(r"(?<=\d)[a-z]\b", "", place))
    return "".join(word[:1].upper() + word[1:] for word in words)


def class_name(kind: str) -> str:
    """The name of a class as the name of a block.

    >>> class_name("torchvision.models.resnet.Bottleneck"), class_name("_DenseLayer"), class_name("2d")
    ('Bottleneck', 'DenseLayer', '')
    """
    name = re.sub(r"\W", "", kind.rpartition(".")[2]).strip("_")
    name = name[:1].upper() + name[1:]
    return name if name[:1].isalpha() else ""
