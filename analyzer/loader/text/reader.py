"""The reader: YAML text to a tree in which every key and value keeps its place.

It works on PyYAML's events with a stack of its own, so that nesting costs no recursion, and finds: duplicate keys, tags, aliases that contain themselves, a second document, keys that are no text, control
characters, a comma that splits an expression inside `{ }`, and texts beyond the limits.
"""

from __future__ import annotations

import re

from analyzer.diagnostics import Diagnostic
from analyzer.loader.text.limits import LIMITS, Enough
from analyzer.loader.text.tree import Damaged, Mapping, Scalar, Sequence, Tree
from analyzer.source import Span, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.loader.text.tree import Mark


#: No expression has more commas.
_MOST_PARTS = 100

# Control characters, lone surrogates, and what turns the direction of writing: a text would look other than it is.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)


def _is_nothing(tree: Tree) -> bool:
    """Whether a key has no value."""
    return tree.__class__ is Scalar and isinstance(tree, Scalar) and tree.plain and not tree.text


def read_tree(text: str, file: str) -> tuple[Tree | None, list[Diagnostic]]:
    """The tree of a text and what is wrong with it as YAML; None where there is no tree."""
    problem = _refuse_text(text, file)
    if problem is not None:
        return None, [problem]
    return _Builder(text, file).build()


def _refuse_text(text: str, file: str) -> Diagnostic | None:
    """A text that is too long or holds characters that no model needs."""
    if len(text) > LIMITS.text:
        return Diagnostic("LIMIT101", f"the model's text is longer than {LIMITS.text:,} characters", Span(file, 1, 1))
    bad = _FORBIDDEN.search(text)
    if bad is None:
        return None
    before = text[: bad.start()]
    line = before.count("\n") + 1
    column = bad.start() - (before.rfind("\n") + 1) + 1
    return Diagnostic(
        "YAML108",
        f"the character U+{ord(bad.group()):04X} has no place in a model",
        Span(file, line, column),
        help="save the file as UTF-8; it may be UTF-16"
        if bad.group() == "\0"
        else "delete it; an editor may show it as a blank or not at all",
    )


class _Builder:
    """Builds the tree out of events; one use."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.problems: list[Diagnostic] = []
        self.anchors: dict[str, Tree] = {}
        self.total = 0
        # One frame an open list or mapping: [container, key that waits for its value, keys seen].
        self.stack: list[list[Any]] = []
        self.root: Tree | None = None

    def build(self) -> tuple[Tree | None, list[Diagnostic]]:
        import yaml

        try:
            if not self._events(yaml):
                self.root = None
        except Enough as enough:
            self.root = None
            self.problems.append(enough.note())
        except yaml.MarkedYAMLError as error:
            from analyzer.loader.text.syntax import explain  # its rules are needed by a wrong text alone

            self.root = None
            self.problems.append(explain(error, self.file, self.text))
        except (yaml.YAMLError, ValueError) as error:
            self.root = None
            self.problems.append(Diagnostic("YAML100", shown(str(error), 200), Span(self.file, 1, 1)))
        return self.root, self.problems

    def _events(self, yaml: Any) -> bool:
        """Reads all events; False where the text is beyond a limit."""
        parser = _parser(yaml, self.text)
        documents = 0
        scalar_event, start_mapping, start_sequence = yaml.ScalarEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent
        ends = (yaml.MappingEndEvent, yaml.SequenceEndEvent)
        while True:
            event = parser.get_event()
            kind = event.__class__
            if kind is scalar_event:
                node: Tree = Scalar(event.value, event.start_mark, event.end_mark, plain=not event.style)
                if event.tag is not None:
                    node = self._tagged(event, node)
                elif event.style and not event.value.isprintable():
                    node = self._control(event.value, node)
                if event.anchor is not None:
                    self.anchors[event.anchor] = node
                self._add(node)
            elif kind is start_mapping or kind is start_sequence:
                make = Mapping if kind is start_mapping else Sequence
                node = make(event.start_mark, flow=bool(event.flow_style))
                if event.tag is not None:
                    self._tagged(event, node)
                if event.anchor is not None:
                    self.anchors[event.anchor] = node
                self.stack.append([node, None, set(), event.tag is not None])
                if len(self.stack) > LIMITS.nesting:
                    self._report("LIMIT102", f"nested deeper than {LIMITS.nesting} levels", node)
                    return False
            elif kind in ends:
                self._close(event.end_mark)
            elif kind is yaml.AliasEvent:
                if not self._alias(event):
                    return False
            elif kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    span = Span(self.file, event.start_mark.line + 1, event.start_mark.column + 1)
                    self.problems.append(
                        Diagnostic("YAML104", "a second document begins here", span, help="one file, one network")
                    )
                    return True
            elif kind is yaml.StreamEndEvent:
                return True

    def _report(self, code: str, message: str, node: Tree, help: str | None = None) -> None:
        if len(self.problems) >= LIMITS.findings:
            raise Enough(node.span(self.file))
        self.problems.append(Diagnostic(code, message, node.span(self.file), help=help))

    def _tagged(self, event: Any, node: Tree) -> Tree:
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")
        place = Tree(event.start_mark, event.end_mark)
        self._report("YAML102", f"tags have no meaning here: `{shown(tag)}`", place, "leave the tag out")
        return Damaged(node.start, node.end)

    def _control(self, text: str, node: Tree) -> Tree:
        bad = _FORBIDDEN.search(text)
        if bad is None:
            return node
        self._report("YAML108", f"the character U+{ord(bad.group()):04X} has no place in a model", node, "delete it")
        return Damaged(node.start, node.end)

    def _alias(self, event: Any) -> bool:
        target = self.anchors.get(event.anchor)
        place = Tree(event.start_mark, event.end_mark)
        if target is None:
            self._report("YAML103", f"no anchor `&{shown(event.anchor)}` stands above", place)
            target = Damaged(event.start_mark, event.end_mark)
        elif any(frame[0] is target for frame in self.stack):
            self._report("YAML103", f"the alias `*{shown(event.anchor)}` stands inside what it means", place)
            target = Damaged(event.start_mark, event.end_mark)
        if len(self.stack) + target.height > LIMITS.nesting:
            self._report("LIMIT102", f"aliases nest deeper than {LIMITS.nesting} levels", place)
            return False
        self._add(target)
        if self.stack[-1][0].weight > LIMITS.nodes:
            self._report("LIMIT102", f"aliases expand to more than {LIMITS.nodes:,} values", place)
            return False
        return True

    def _add(self, node: Tree) -> None:
        """Puts a finished node where it belongs."""
        if not self.stack:
            self.root = node
            return
        frame = self.stack[-1]
        container = frame[0]
        container.weight += node.weight
        if node.height >= container.height:
            container.height = node.height + 1
        if container.__class__ is Sequence:
            container.items.append(node)
        elif frame[1] is None:
            if not isinstance(node, Scalar):
                self._report_key(node)
                node = Damaged(node.start, node.end)
            frame[1] = node
        else:
            key, frame[1] = frame[1], None
            seen = frame[2]
            if key.__class__ is Damaged:  # it might have been any key: nothing more is said of this mapping
                frame[3] = True
                return
            if key.text in seen:
                first = next(k for k, _ in container.items if k.text == key.text)
                self._report(
                    "YAML101",
                    f"the key `{shown(key.text)}` stands twice in this mapping",
                    key,
                    f"the first one is on line {first.start.line + 1}; keep one of them",
                )
                return
            seen.add(key.text)
            container.items.append((key, node))

    def _report_key(self, node: Tree) -> None:
        braces = isinstance(node, Mapping) and node.flow
        self._report(
            "YAML105",
            f"a key must be a text, not a {'mapping' if isinstance(node, Mapping) else 'list'}",
            node,
            "a variable is written `$name`, without `{ }`" if braces else None,
        )

    def _close(self, end: Mark) -> None:
        container, _, _, damaged = self.stack.pop()
        if container.flow:
            container.end = end
            self._mend_commas(container)
        elif container.items:
            last = container.items[-1]
            container.end = last[1].end if container.__class__ is Mapping else last.end
        if container.__class__ is Mapping and not self._merge(container):
            damaged = True
        self._add(Damaged(container.start, container.end) if damaged and self.stack else container)

    def _merge(self, mapping: Mapping) -> bool:
        """Puts in what the merge key `<<` brings, own keys win; False where it brings nothing that fits."""
        place = next((n for n, (key, _) in enumerate(mapping.items) if key.text == "<<" and key.plain), None)
        if place is None:
            return True
        _, value = mapping.items.pop(place)
        own = {key.text for key, _ in mapping.items}
        for source in value.items if isinstance(value, Sequence) else [value]:
            if not isinstance(source, Mapping):
                if source.__class__ is not Damaged:
                    self._report("YAML106", "`<<` takes a mapping, or a list of mappings", value)
                return False
            for key, item in source.items:
                if key.text not in own:
                    own.add(key.text)
                    mapping.items.append((key, item))
        return True

    def _mend_commas(self, container: Any) -> None:
        """Finds an expression that a comma split, says so, and puts it together again."""
        items = container.items
        mapping = container.__class__ is Mapping
        place = 0
        while place < len(items):
            node = items[place][1] if mapping else items[place]
            if node.__class__ is Scalar and node.plain and node.text.count("(") > node.text.count(")"):
                self._mend(items, place, node, mapping=mapping)
            place += 1

    def _mend(self, items: list[Any], place: int, node: Scalar, *, mapping: bool) -> None:
        texts, end, stop = [node.text], node.end, place + 1
        open_brackets = node.text.count("(") - node.text.count(")")
        while stop < len(items) and open_brackets > 0 and len(texts) < _MOST_PARTS:
            part = items[stop][0] if mapping else items[stop]
            if part.__class__ is not Scalar or (mapping and not _is_nothing(items[stop][1])):
                break
            texts.append(part.text)
            open_brackets += part.text.count("(") - part.text.count(")")
            end, stop = part.end, stop + 1
        if stop == place + 1:
            return
        text = ", ".join(texts)
        written = text if "$" in text else f"$({text})"
        whole = Scalar(text, node.start, end, plain=True) if "$" in text else Damaged(node.start, end)
        self._report(
            "YAML107",
            "a comma ends the value here, in the middle of an expression",
            whole,
            f'quote it: "{shown(written)}"',
        )
        items[place:stop] = [(items[place][0], whole) if mapping else whole]


def _parser(yaml: Any, text: str) -> Any:
    """libyaml's parser where PyYAML was built with it, otherwise the same in Python."""
    c_parser = getattr(yaml, "CLoader", None)
    return yaml.CLoader(text) if c_parser is not None else yaml.SafeLoader(text)
