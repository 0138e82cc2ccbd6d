"""The keys at the top of a YAML text, read only as far as needed, and also from a text with mistakes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from analyzer.loader.text.pyyaml import PyYaml, pyyaml


def has_key(data: bytes, keys: Collection[str]) -> bool:
    """Whether the mapping at the top of a file has one of these keys.

    In a text with a mistake, a line that begins with one of them counts too: a mistake does not hide a model.

    >>> has_key(b"a: {layers: []}", ["layers"]), has_key(b"a: [\\nlayers:", ["layers"])
    (False, True)
    """
    utf_16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    text = data.decode("utf-16" if utf_16 else "utf-8-sig", "replace")
    yaml = pyyaml()
    try:
        return any(key in keys for key in _keys(text, yaml))
    except (yaml.error.YAMLError, ValueError):
        line = rf"""^["']?({"|".join(map(re.escape, keys))})["']?[ \t]*:"""
        return re.search(line, text, re.MULTILINE) is not None


def _keys(text: str, yaml: PyYaml) -> Iterator[str]:
    """The keys of the mapping at the top of the first document; none if something else is at the top."""
    parser, events = yaml.parser(text), yaml.events
    depth = nodes = 0  # nodes: those of the mapping at the top so far, in turn a key and a value
    while True:
        event = parser.get_event()
        if event is None or isinstance(event, events.DocumentEndEvent):
            return
        if isinstance(event, events.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, events.NodeEvent):
            if depth == 0 and not isinstance(event, events.MappingStartEvent):
                return
            if depth == 1:
                nodes += 1
                if nodes % 2 and isinstance(event, events.ScalarEvent):
                    yield event.value
            if isinstance(event, events.CollectionStartEvent):
                depth += 1
