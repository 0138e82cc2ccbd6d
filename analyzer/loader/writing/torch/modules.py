"""The constructor of a class: what it makes, under the names that its forward pass calls."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from analyzer.loader.writing.code.classes import Classes, Kind, Slot
from analyzer.loader.writing.code.layout import laid_out, quoted
from analyzer.loader.writing.code.names import Names, legal
from analyzer.loader.writing.code.scopes import Item, Scope, has_tensors, layers_of
from analyzer.loader.writing.torch.state import TENSORS

#: Attributes that every module of torch has.
_TAKEN = frozenset(
    (
        *(
            "T_destination",
            "add_module",
            "append",
            "apply",
            "bfloat16",
            "buffers",
            "call_super_init",
            "children",
            "clear",
        ),
        *("compile", "cpu", "cuda", "double", "dump_patches", "eval", "extend", "extra_repr", "float", "forward"),
        *("get_buffer", "get_extra_state", "get_parameter", "get_submodule", "half", "insert", "ipu", "items", "keys"),
        *("load_state_dict", "modules", "mtia", "named_buffers", "named_children", "named_modules", "named_parameters"),
        *("parameters", "pop", "register_buffer", "register_module", "register_parameter", "requires_grad_"),
        *("set_extra_state", "set_submodule", "share_memory", "state_dict", "to", "to_empty", "train", "training"),
        *("type", "update", "values", "xpu", "zero_grad"),
    )
)

#: The attributes that lead to something, and what constructs it.
_Entry = tuple[tuple[str, ...], str]

#: From as many equal neighbours on, a list is written as a loop.
_LOOP = 3

#: Above this number of arguments, each is written with its name.
_MOST_POSITIONAL = 3


class Modules:
    """The attributes of one class.

    exact  whether the names of modules must be those of the source
    """

    # By hand: it finds out first what each step is called.
    def __init__(self, classes: Classes, kind: Kind, *, exact: bool) -> None:
        self.classes = classes
        self.kind = kind
        self.exact = exact
        self.attributes: dict[int, tuple[str, ...]] = {}  # by the identity of a step
        self.lists: set[tuple[str, ...]] = set()  # the containers whose modules are numbered
        self.used: set[tuple[str, ...]] = set()
        self.renamed: dict[tuple[str, ...], str] = {}
        self.named: dict[Slot, list[str]] = {}
        self.taken: dict[tuple[str, ...], Names] = {(): Names(_TAKEN)}
        self.legal: dict[tuple[str, ...], tuple[str, ...]] = {(): ()}
        for slot in kind.texts:
            if isinstance(slot[-1], str) and slot[-2] != "forward":
                self.named.setdefault(slot[:-1], []).append(slot[-1])
        for item in kind.first.items:
            if (
                not kind.numbered
                and item.again is None
                and (item.scope is not None or (item.built is not None and item.built.call))
            ):
                self.attributes[id(item)] = self._attribute(item)
        self.values = self._values()

    def _attribute(self, item: Item) -> tuple[str, ...]:
        """The attributes that lead to what a step calls."""
        path = item.path if self.exact and not self._is_free(item) else ("_".join(item.path),)
        for length in range(1, len(path) + 1):
            before = path[:length]
            last = length == len(path)
            if before in self.legal and not (last and before in self.used):
                continue
            around = self.legal[before[:-1]]
            names = self.taken.setdefault(around, Names(_TAKEN))
            numbered = self.exact and before[-1].isdigit() and length > 1
            wanted = before[-1] if numbered else legal(before[-1])
            found = (*around, names.new(wanted))
            if found[-1] != before[-1]:
                self.renamed[found] = ".".join(item.path)
            if last and before in self.used:
                return found
            self.legal[before] = found
        self.used.add(path)
        return self.legal[path]

    def _is_free(self, item: Item) -> bool:
        """Whether a step inside of a container has no tensors, so that it can be anywhere."""
        if item.path[-1].isdigit() or (item.built is not None and item.index < 0):
            return False
        return not any(has_tensors(self.classes.network.nodes[index]) for index in layers_of(item))

    def _values(self) -> dict[str, str]:
        """The parameters that the forward pass reads, with the attributes that keep them."""
        used = {text for slot, text in self.kind.texts.items() if len(slot) > 1 and slot[-2] == "forward"}
        own = [one.name for one in self.kind.parameters if one.name in used]
        return {name: self.taken[()].new(name) for name in own}

    def access(self, item: Item) -> str:
        """The expression of what a step calls."""
        return self._reached(self.attributes[id(item if item.again is None else item.again)])

    def lines(self, indent: int) -> Iterator[str]:
        """The lines of the constructor behind `super().__init__()`."""
        pad = " " * indent
        for name, attribute in self.values.items():
            yield f"{pad}self.{attribute} = {name}"
        made: dict[str, list[_Entry]] = {}
        for number, item in enumerate(self.kind.first.items):
            path = self.attributes.get(id(item))
            if path is not None:
                made.setdefault(path[0], []).append((path, self.expression(item, (number,))))
        for name, entries in made.items():
            for statement, comment in self._statements((name,), entries):
                lines = laid_out(statement, indent, comment)
                if comment and not lines[0].endswith(comment):
                    yield f"{pad}# {comment}"
                yield from lines

    def numbered(self, indent: int) -> list[str]:
        """The lines that give the layers of a `nn.Sequential` to its constructor."""
        entries = [
            (item.path[-1], self.expression(item, (number,))) for number, item in enumerate(self.kind.first.items)
        ]
        texts = filled(entries) or [text for _, text in entries]
        return laid_out(f"super().__init__({', '.join(looped(texts, star=True))})", indent)

    def _statements(self, path: tuple[str, ...], entries: Sequence[_Entry]) -> Iterator[tuple[str, str]]:
        """The statements that make an attribute, each with its comment: a module, or a container of modules."""
        text, later = self._made(path, entries)
        yield f"{self._reached(path)} = {text}", self.renamed.get(path, "")
        for inside, one in later:
            if inside[-1].isdigit():
                yield f"{self._reached(inside[:-1])}.add_module({quoted(inside[-1])}, {one})", ""
            else:
                yield f"{self._reached(inside)} = {one}", ""

    def _made(self, path: tuple[str, ...], entries: Sequence[_Entry]) -> tuple[str, list[_Entry]]:
        """What an attribute is, and what is put into it afterwards: tensors, and the children of a layer."""
        own = [text for one, text in entries if one == path]
        parts: dict[str, list[_Entry]] = {}
        for one, text in entries:
            if one != path:
                parts.setdefault(one[len(path)], []).append((one, text))
        modules: list[tuple[str, str]] = []
        later: list[_Entry] = []
        for part, inside in parts.items():
            text, more = self._made((*path, part), inside)
            if own or text.startswith(TENSORS):
                later.append(((*path, part), text))
            else:
                modules.append((part, text))
            later += more
        return (own[0] if own else self._container(path, modules, later)), later

    def _container(self, path: tuple[str, ...], modules: Sequence[tuple[str, str]], later: list[_Entry]) -> str:
        """A container of modules: a list where they are numbered."""
        numbers = filled(sorted(modules, key=lambda one: (len(one[0]), one[0]))) if modules else None
        if numbers is not None:
            self.lists.add(path)
            return f"nn.ModuleList([{', '.join(looped(numbers))}])"
        if any(part.isdigit() for part, _ in modules):
            later[:0] = [((*path, part), text) for part, text in modules]
            return "nn.Module()"
        if not modules:
            return "nn.Module()"
        return "nn.ModuleDict({" + ", ".join(f"{quoted(part)}: {text}" for part, text in modules) + "})"

    def _reached(self, path: tuple[str, ...]) -> str:
        """The expression of an attribute."""
        found = "self"
        for length, part in enumerate(path):
            if part.isdigit() and path[:length] not in self.lists:
                found += f".get_submodule({quoted(part)})"
            else:
                found += member(part)
        return found

    def expression(self, item: Item, slot: Slot) -> str:
        """What constructs a step, which is at this place."""
        texts = self.kind.texts
        if item.built is not None:
            call = item.built.call
            positional = [texts[_at(slot, place)] for place in range(len(item.built.positional))]
            order = list(self.classes.words.defaults.get(call, ()))
            names = sorted(
                self.named.get(slot, ()), key=lambda name: order.index(name) if name in order else len(order)
            )
            pairs = [(name, texts[_at(slot, name)]) for name in names]
            named = [f"{name}={text}" for name, text in pairs if text != self.classes.words.default(call, name)]
            if call in TENSORS:
                options = [one for one in named if one.startswith("persistent=")]
                sizes = ", ".join([*positional, *[one for one in named if one not in options]])
                return f"{call}({', '.join([f'torch.zeros({sizes})', *options])})"
            return f"{call}({', '.join([*positional, *named])})"
        assert item.scope is not None  # a step is a layer or a scope
        kind = self.classes.of[id(item.scope)]
        if kind.in_line:
            return self._sequence(item.scope, slot)
        required = sum(one.default is None for one in kind.parameters)
        written = [(one, texts[_at(slot, one.name)]) for one in kind.parameters]
        arguments = [
            text if one.default is None and required <= _MOST_POSITIONAL else f"{one.name}={text}"
            for one, text in written
            if text != one.default
        ]
        return f"{kind.name}({', '.join(arguments)})"

    def _sequence(self, scope: Scope, slot: Slot) -> str:
        entries = [(item.path[-1], self.expression(item, (*slot, number))) for number, item in enumerate(scope.items)]
        if not self.exact:
            return f"nn.Sequential({', '.join(looped([text for _, text in entries], star=True))})"
        numbers = filled(entries)
        if numbers is not None:
            return f"nn.Sequential({', '.join(looped(numbers, star=True))})"
        prefix = entries[0][0].rstrip("0123456789")
        first = entries[0][0][len(prefix) :]
        same = len({text for _, text in entries}) == 1 and len(entries) >= _LOOP and first.isdigit()
        if same and [name for name, _ in entries] == [f"{prefix}{int(first) + n}" for n in range(len(entries))]:
            span = f"{len(entries)}" if first == "0" else f"{first}, {int(first) + len(entries)}"
            return f'nn.Sequential(OrderedDict((f"{prefix}{{i}}", {entries[0][1]}) for i in range({span})))'
        return f"nn.Sequential(OrderedDict([{', '.join(f'({quoted(name)}, {text})' for name, text in entries)}]))"


def _at(slot: Slot, more: Hashable) -> Slot:
    """The place inside of a place."""
    return (*slot, more)


def member(name: str) -> str:
    """How an attribute of a module is reached."""
    return f"[{name}]" if name.isdigit() else f".{name}"


def filled(entries: Sequence[tuple[str, str]]) -> list[str] | None:
    """Numbered entries in their places, with nothing where the source had a layer that does nothing here."""
    if not all(name.isdigit() and str(int(name)) == name for name, _ in entries):
        return None
    numbers = [int(name) for name, _ in entries]
    if numbers != sorted(set(numbers)):
        return None
    found = ["nn.Identity()"] * (numbers[-1] + 1)
    for number, (_, text) in zip(numbers, entries, strict=True):
        found[number] = text
    return found


def looped(texts: Sequence[str], *, star: bool = False) -> list[str]:
    """The items of a list, equal neighbours as a loop; `star` where the list is arguments."""
    found: list[str] = []
    start = 0
    while start < len(texts):
        stop = start + 1
        while stop < len(texts) and texts[stop] == texts[start]:
            stop += 1
        if stop - start >= _LOOP:
            found.append(f"*[{texts[start]} for _ in range({stop - start})]")
        else:
            found += texts[start:stop]
        start = stop
    return found
