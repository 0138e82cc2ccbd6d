"""The models of two folders in pairs: in the working tree, or at a revision of git."""

from __future__ import annotations

import os
from collections.abc import Mapping

from analyzer.cli.folders import ENDINGS, KEYS, Skipped, models
from analyzer.cli.given import Given
from analyzer.cli.inputs import SIDE, Inputs
from analyzer.cli.main import UsageError
from analyzer.cli.renames import renames
from analyzer.cli.revisions import Place, git, is_revision, place_of, prefix_hint
from analyzer.cli.sides import Absent, Opened, side_of
from analyzer.loader.text.files import FileError
from analyzer.loader.text.top import has_key
from analyzer.record import Record, field
from analyzer.source import shown


class Folder(Record):
    """A folder with YAML files, by their paths in it. `place` is None for a folder of the working tree."""

    path: str
    place: Place | None
    files: Mapping[str, str]

    def read(self, path: str, inputs: Inputs) -> Given:
        """A file as it was given. Raises `UsageError` for one that cannot be read."""
        if self.place is not None:
            place: Place = self.place.but(path=self.files[path])
            return place.given(inputs.format) or Given(place.label, b"")
        try:
            return inputs.model(self.files[path], SIDE)
        except FileError as error:
            raise UsageError(str(error)) from None

    def label(self, path: str) -> str:
        """What a file would be called that the folder does not have."""
        if self.place is None:
            return os.path.join(self.path, path)
        place: Place = self.place.but(path=f"{self.place.path.rstrip('/')}/{path}")
        return place.label

    @property
    def commit(self) -> str:
        """The commit of a folder at a revision."""
        return "" if self.place is None else self.place.commit


class Pair(Record):
    """A model of two folders; one of the sides may not exist. `moved` says that it has another path."""

    old: Opened | Absent
    new: Opened | Absent
    moved: bool = False


class Pairs(Record):
    """The pairs of two folders that are not the same, and how many are."""

    old: str
    new: str
    pairs: list[Pair] = field(factory=list)
    unchanged: int = 0


def folders_of(first: str, second: str, skipped: Skipped) -> tuple[Folder, Folder] | None:
    """The folders that two sides mean; None where neither is a folder.

    Raises `UsageError` where one side is a folder and the other one is a file.
    """
    old, new = (_folder(one, other, skipped) for one, other in ((first, second), (second, first)))
    if old is None and new is None:
        return None
    for name, found, other in ((first, old, second), (second, new, first)):
        if found is None:
            there = is_revision(name) or os.path.lexists(name)
            said = "is a file" if there else f"does not exist{prefix_hint(name)}"
            raise UsageError(f"`{shown(other)}` is a folder, but `{shown(name)}` {said}")
    assert old is not None
    assert new is not None
    return old, new


def _folder(name: str, other: str, skipped: Skipped) -> Folder | None:
    """The folder that a side means; an empty one where only the other side has it."""
    if not is_revision(name):
        if os.path.isdir(name):
            files = [found.file for found in models([name], skipped, others=True, empty=True)]
            return Folder(name, None, {os.path.relpath(file, name): file for file in files})
        gone = not os.path.lexists(name) and is_revision(other) and place_of(other, name).kind() == "tree"
        return Folder(name, None, {}) if gone else None
    same = None if is_revision(other) else other
    if same == "-":
        return None
    place = place_of(name, same)
    kind = place.kind()
    if kind == "tree":
        return Folder(place.label, place, _listed(place))
    new = not kind and (os.path.isdir(other) if same is not None else place_of(other).kind() == "tree")
    return Folder(place.label, place, {}) if new else None


def _listed(place: Place) -> dict[str, str]:
    """The YAML files in a folder at a revision, none of them hidden: paths from the top by paths in the folder."""
    start = _as_start(place.top)
    code, listing, _ = git(place.folder, "ls-tree", "-r", "-z", "--full-tree", place.tree, *([start] if start else []))
    found = {}
    for line in listing.decode("utf-8", "surrogateescape").split("\0") if not code else ():
        entry, _, path = line.partition("\t")
        inside = path.removeprefix(start)
        hidden = any(part.startswith(".") for part in inside.split("/"))
        if entry.startswith("100") and path.lower().endswith(ENDINGS) and not hidden:
            found[inside] = path
    return found


def paired(old: Folder, new: Folder, inputs: Inputs, skipped: Skipped) -> Pairs:
    """The models of two folders: by their paths, and where git says that one was renamed, by that."""
    found = Pairs(old.path, new.path)
    sources = _sources(old, new)
    taken = set(sources.values())
    for path in sorted({*new.files, *(path for path in old.files if old.files[path] not in taken)}):
        source = sources.get(path)
        if source is not None and old.place is not None:
            before = Folder(old.path, old.place, {path: source})
            _add(found, before, new, path, inputs, skipped, moved=True)
        else:
            _add(found, old, new, path, inputs, skipped)
    return found


def _sources(old: Folder, new: Folder) -> dict[str, str]:
    """Where git renamed files: their old paths from the top, by their paths in the new folder."""
    start = _start(new, old)
    if start is None or old.place is None:
        return {}
    inside = {
        path.removeprefix(start): was for path, was in renames(old.place, new.place).items() if path.startswith(start)
    }
    return {path: was for path, was in inside.items() if path in new.files and path not in old.files}


def _start(folder: Folder, other: Folder) -> str | None:
    """What the paths in a folder begin with from the top of the repository of the `other`; None outside of it."""
    if other.place is None:
        return None
    if folder.place is not None:
        return _as_start(folder.place.top)
    if not os.path.isdir(folder.path):
        return None
    here, there = (git(path, "rev-parse", "--show-toplevel")[1] for path in (folder.path, other.place.folder))
    prefix = git(folder.path, "rev-parse", "--show-prefix")[1].decode("utf-8", "surrogateescape").rstrip("\n")
    return prefix if here == there else None


def _as_start(top: str) -> str:
    return "" if top in (".", "") else top.rstrip("/") + "/"


def _add(
    found: Pairs, old: Folder, new: Folder, path: str, inputs: Inputs, skipped: Skipped, *, moved: bool = False
) -> None:
    """Adds the pair of a path, or counts it as unchanged; a file that is not a model is as good as none."""
    sides: list[Given | None] = []
    for folder in (old, new):
        read = folder.read(path, inputs) if path in folder.files else None
        sides.append(read if read is not None and _is_model(read) else None)
        if read is not None and sides[-1] is None and folder is new and path.lower().endswith((".yaml", ".yml")):
            skipped.others += 1
    before, after = sides
    if before is None and after is None:
        return
    if before is not None and after is not None and before.same(after) and not moved:
        found.unchanged += 1
        return
    opened = [_opened(folder, path, side) for folder, side in ((old, before), (new, after))]
    found.pairs.append(Pair(opened[0], opened[1], moved))


def _is_model(given: Given) -> bool:
    return given.format is not None or has_key(given.data, KEYS)


def _opened(folder: Folder, path: str, given: Given | None) -> Opened | Absent:
    if given is None:
        return Absent(folder.label(path), folder.commit)
    return side_of(given, commit=folder.commit)
