"""Building a tree out of PyYAML's events, with a stack of its own, so that nesting costs no recursion.

It finds duplicate keys, tags, aliases that contain themselves, keys that are not texts, control characters, and texts
beyond the limits.
"""

from __future__ import annotations

from analyzer.diagnostics import Diagnostic
from analyzer.loader.text.characters import forbidden
from analyzer.loader.text.commas import find_split
from analyzer.loader.text.limits import LIMITS, Enough
from analyzer.loader.text.tree import Damaged, Mapping, Scalar, Sequence, Tree
from analyzer.source import Span, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.loader.text.pyyaml import PyYaml
    from analyzer.loader.text.tree import Mark


#: A text of more characters than this counts as several values, since an alias repeats it.
_CHARACTERS = 64


class TooMuch(Exception):
    """The text is beyond a limit, which was reported."""


class Open:
    """A list or mapping that is being read: the key that waits for its value, the keys seen, whether it is damaged."""

    __slots__ = ("container", "damaged", "key", "seen")

    # Written by hand: one is made for each list and mapping of a file.
    def __init__(self, container: Any, damaged: bool) -> None:
        self.container = container
        self.key: Scalar | None = None
        self.seen: set[str] = set()
        self.damaged = damaged


class Builder:
    """Builds the tree of a text out of events; one use.

    `lenient` is for a text of which a part was lost: an anchor may have been in it.
    """

    def __init__(self, file: str, *, lenient: bool = False) -> None:
        self.file = file
        self.lenient = lenient
        self.problems: list[Diagnostic] = []
        self.anchors: dict[str, Tree] = {}
        self.stack: list[Open] = []
        self.root: Tree | None = None

    def read(self, text: str, yaml: PyYaml) -> None:
        """Reads all events of a text; raises `TooMuch` beyond a limit, `Enough`, and PyYAML's errors."""
        next_event = yaml.parser(text).get_event
        events = yaml.events
        scalar, mapping, sequence = events.ScalarEvent, events.MappingStartEvent, events.SequenceStartEvent
        ends = (events.MappingEndEvent, events.SequenceEndEvent)
        documents = 0
        while True:
            event = next_event()
            kind = event.__class__
            if kind is scalar:
                self._scalar(event)
            elif kind is mapping or kind is sequence:
                self._open(event, Mapping if kind is mapping else Sequence)
            elif kind in ends:
                self._close(event.end_mark)
            elif kind is events.AliasEvent:
                self._alias(event)
            elif kind is events.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    self._second_document(event.start_mark)
                    return
            elif kind is events.StreamEndEvent:
                return

    def _scalar(self, event: Any) -> None:
        node: Tree = Scalar(event.value, event.start_mark, event.end_mark, plain=not event.style)
        if event.tag is not None:
            node = self._tagged(event, node)
        elif event.style and not event.value.isprintable():
            node = self._printable(event.value, node)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        self._add(node)

    def _open(self, event: Any, make: type[Mapping] | type[Sequence]) -> None:
        node = make(event.start_mark, flow=bool(event.flow_style))
        if event.tag is not None:
            self._tagged(event, node)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        self.stack.append(Open(node, event.tag is not None))
        if len(self.stack) > LIMITS.nesting:
            self.report("LIMIT102", f"nested deeper than {LIMITS.nesting} levels", node)
            raise TooMuch

    def _close(self, end: Mark) -> None:
        opened = self.stack.pop()
        container = opened.container
        if container.flow:
            container.end = end
            for whole, help in find_split(container):
                self.report("YAML107", "the value ends at a comma in the middle of an expression", whole, help)
        elif container.items:
            last = container.items[-1]
            container.end = last[1].end if container.__class__ is Mapping else last.end
        damaged = opened.damaged or (container.__class__ is Mapping and not self._merge(container))
        self._add(Damaged(container.start, container.end) if damaged and self.stack else container)

    def close_all(self) -> None:
        """Closes all open lists and mappings where a text ends in the middle, and keeps what was read."""
        while self.stack:
            opened = self.stack[-1]
            if opened.key is not None:
                self._add(Damaged(opened.key.end, opened.key.end))
            self._close(opened.container.end)

    def _second_document(self, start: Mark) -> None:
        span = Span(self.file, start.line + 1, start.column + 1)
        self.problems.append(Diagnostic("YAML104", "a second document begins here", span, help="one file, one network"))

    def report(self, code: str, message: str, node: Tree, help: str | None = None) -> None:
        """Reports a mistake at a node; raises `Enough` beyond the limit."""
        if len(self.problems) >= LIMITS.findings:
            raise Enough(node.span(self.file))
        self.problems.append(Diagnostic(code, message, node.span(self.file), help=help))

    def _tagged(self, event: Any, node: Tree) -> Tree:
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")
        place = Tree(event.start_mark, event.end_mark)
        self.report("YAML102", f"YAML tags are not supported: `{shown(tag)}`", place, "remove the tag")
        return Damaged(node.start, node.end)

    def _printable(self, text: str, node: Tree) -> Tree:
        """Refuses a text in quotes that an escape put a control character into."""
        bad = forbidden(text)
        if bad is None:
            return node
        self.report("YAML108", f"the character U+{ord(bad.group()):04X} is not allowed in a model", node, "delete it")
        return Damaged(node.start, node.end)

    def _alias(self, event: Any) -> None:
        target = self.anchors.get(event.anchor)
        place = Tree(event.start_mark, event.end_mark)
        if target is None:
            if not self.lenient:
                self.report("YAML103", f"no anchor `&{shown(event.anchor)}` appears above", place)
            target = Damaged(event.start_mark, event.end_mark)
        elif any(opened.container is target for opened in self.stack):
            self.report("YAML103", f"the alias `*{shown(event.anchor)}` is inside the value that it means", place)
            target = Damaged(event.start_mark, event.end_mark)
        if len(self.stack) + target.height > LIMITS.nesting:
            self.report("LIMIT102", f"aliases nest deeper than {LIMITS.nesting} levels", place)
            raise TooMuch
        self._add(target)
        if self.stack and self.stack[-1].container.weight > LIMITS.nodes:
            self.report("LIMIT102", f"aliases expand to more than {LIMITS.nodes:,} values", place)
            raise TooMuch

    def _add(self, node: Tree) -> None:
        """Puts a finished node into the innermost open list or mapping."""
        if not self.stack:
            self.root = node
            return
        opened = self.stack[-1]
        container = opened.container
        container.weight += node.weight if node.__class__ is not Scalar else 1 + len(node.text) // _CHARACTERS
        if node.height >= container.height:
            container.height = node.height + 1
        if container.__class__ is Sequence:
            container.items.append(node)
        elif opened.key is None:
            opened.key = node if isinstance(node, Scalar) else self._no_key(node)
        else:
            key, opened.key = opened.key, None
            if key.__class__ is Damaged:  # it might have been any key: nothing more is reported about this mapping
                opened.damaged = True
            elif key.text in opened.seen:
                self._duplicate(container, key)
            else:
                opened.seen.add(key.text)
                container.items.append((key, node))

    def _duplicate(self, container: Mapping, key: Scalar) -> None:
        first = next(k for k, _ in container.items if k.text == key.text)
        message = f"the key `{shown(key.text)}` appears twice in this mapping"
        self.report("YAML101", message, key, f"the first one is on line {first.start.line + 1}; keep one of them")

    def _no_key(self, node: Tree) -> Damaged:
        """Reports a key that is a list or a mapping."""
        braces = isinstance(node, Mapping) and node.flow
        message = f"a key must be a text, not a {'mapping' if isinstance(node, Mapping) else 'list'}"
        self.report("YAML105", message, node, "write a variable as `$name`, without `{ }`" if braces else None)
        return Damaged(node.start, node.end)

    def _merge(self, mapping: Mapping) -> bool:
        """Adds what the merge key `<<` brings, own keys win; False where its value is no mapping or list of them."""
        place = next((n for n, (key, _) in enumerate(mapping.items) if key.text == "<<" and key.plain), None)
        if place is None:
            return True
        _, value = mapping.items.pop(place)
        own = {key.text for key, _ in mapping.items}
        for source in value.items if isinstance(value, Sequence) else [value]:
            if not isinstance(source, Mapping):
                if source.__class__ is not Damaged:
                    self.report("YAML106", "`<<` takes a mapping, or a list of mappings", value)
                return False
            for key, item in source.items:
                if key.text not in own:
                    own.add(key.text)
                    mapping.items.append((key, item))
        return True
