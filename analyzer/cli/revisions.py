"""Files at a revision of git, which git itself reads: `git:REV` and `git:REV:path`.

Only objects are read. Files of the working tree, filters, hooks and pagers play no part.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence

from analyzer.cli.callables import call_of
from analyzer.cli.given import HEAD, Given, format_of, given
from analyzer.cli.main import UsageError
from analyzer.contract.saved import LONGEST_REPORT
from analyzer.diagnostics import nearest
from analyzer.record import Record
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

#: The beginning of such a name.
PREFIX = "git:"

#: A commit by its whole name, or most of it.
_HASH = re.compile(r"[0-9a-f]{16,64}")

#: Seconds that git may take: a partial clone may have to fetch the file.
_PATIENCE = 30

#: Bytes of paths among which the nearest one is searched.
_MOST = 1 << 22


class Place(Record):
    """A file, or a folder, at a revision.

    `revision` is what people call it, `tree` git's name of its tree, `commit` the short name of its commit (empty for a
    revision that is no commit). `path` starts at the top of the repository that `folder` is in, or at `folder` if it
    begins with `./` or `../`.
    """

    revision: str
    tree: str
    commit: str
    folder: str
    path: str

    @property
    def label(self) -> str:
        """Its name for people, which names it on the command line too."""
        path = self.path.removeprefix("./")
        relative = self.path.startswith("./") and self.folder != "."
        return f"{PREFIX}{self.revision}:{os.path.join(self.folder, path) if relative else path}"

    @property
    def top(self) -> str:
        """Its path from the top of the repository."""
        if not self.path.startswith(("./", "../")):
            return self.path
        prefix = git(self.folder, "rev-parse", "--show-prefix")[1].decode("utf-8", "surrogateescape").rstrip("\n")
        return os.path.normpath(os.path.join(prefix, self.path))

    def kind(self) -> str:
        """`blob` for a file, `tree` for a folder, empty where nothing is there."""
        return git(self.folder, "cat-file", "-t", f"{self.tree}:{self.path}")[1].decode("ascii").strip()

    def given(self, forced: str | None) -> Given | None:
        """The file as it was given, `forced` to have a format; None where it does not exist there.

        Raises `UsageError` for one that is too long.
        """
        size = self.size()
        if size is not None and size > LONGEST_REPORT:
            return self._large(forced)
        data = self.content()
        return None if data is None else given(self.label, data, self.path, forced)

    def _large(self, forced: str | None) -> Given:
        """A file that is too long for a text or a report: one of another format, which git copies."""
        from analyzer.cli.temporary import temporary  # few revisions have such a file

        stream, path = temporary()
        git(self.folder, "cat-file", "blob", f"{self.tree}:{self.path}", into=stream)
        with open(path, "rb") as copy:
            head = copy.read(HEAD)
        format = format_of(head, self.path, forced)
        if format is None:
            raise UsageError(
                f"`{shown(self.label)}` is larger than {LONGEST_REPORT >> 20:,} MiB, the limit for a report"
            )
        return Given(self.label, head, format, path, stream)

    def size(self) -> int | None:
        """The bytes of the file; None where it does not exist there."""
        code, size, _ = git(self.folder, "cat-file", "-s", f"{self.tree}:{self.path}")
        return None if code else int(size)

    def content(self) -> bytes | None:
        """The bytes of the file; None where it does not exist there."""
        code, found, _ = git(self.folder, "cat-file", "blob", f"{self.tree}:{self.path}")
        return None if code else found


def is_revision(name: str) -> bool:
    """Whether a name means a file at a revision."""
    return name.startswith(PREFIX)


def with_prefix(name: str) -> str:
    """`HEAD~1:model.yaml` as `git:HEAD~1:model.yaml`, where no file has that name and git may know the revision."""
    revision, _, path = name.partition(":")
    if call_of(name) is not None and not _is_known(revision, path):
        return name
    if not path or not revision or is_revision(name) or os.path.lexists(name) or path.startswith(("//", "\\")):
        return name
    try:
        outside = git(".", "rev-parse", "--git-dir")[0]
    except UsageError:  # without git no name is one of its revisions
        return name
    return name if outside else PREFIX + name


def _is_known(revision: str, path: str) -> bool:
    """Whether git has this path at this revision."""
    try:
        return git(".", "rev-parse", "--verify", "--quiet", f"{revision}:{path}")[0] == 0
    except UsageError:  # without git no name is one of its revisions
        return False


def with_paths(first: str, second: str) -> tuple[str, str]:
    """Two sides; a revision without a path gets that of the other one, if this is a revision too."""
    if not (is_revision(first) and is_revision(second)):
        return first, second
    old, new = (side.removeprefix(PREFIX).partition(":")[2] for side in (first, second))
    if old and not new and ":" not in second.removeprefix(PREFIX):
        return first, f"{second}:{old}"
    if new and not old and ":" not in first.removeprefix(PREFIX):
        return f"{first}:{new}", second
    return first, second


def prefix_hint(name: str) -> str:
    """The end of the message about a file that does not exist, where git has a revision of that name."""
    if ":" in name or name.startswith("-") or "\0" in name:
        return ""
    try:
        found = git(".", "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{tree}}")
    except UsageError:
        return ""
    return "" if found[0] else f"; did you mean the revision `{PREFIX}{shown(name)}`?"


def place_of(name: str, same: str | None = None) -> Place:
    """The place that `git:REV:path` names, or `git:REV` for the path `same`, whether something is there or not.

    A relative path is git's: it starts at the top of the repository, or at the current folder if it begins with `./` or
    `../`. `same` and absolute paths may be in any repository. Raises `UsageError` for a revision that does not exist.
    """
    revision, colon, path = name.removeprefix(PREFIX).partition(":")
    if not revision or revision.startswith("-") or "\0" in name:
        raise UsageError(f"`{shown(name)}` has no revision; write `git:main:model.yaml`")
    folder = "."
    if not colon or os.path.isabs(path):
        if not colon and same in (None, "-"):
            raise UsageError(f"`{shown(name)}` needs a path: `{shown(name)}:model.yaml`")
        folder, base = os.path.split(os.path.normpath(path if colon else same or ""))
        folder, path = _existing(folder or ".", f"./{base}")
    if not path:
        raise UsageError(f"`{shown(name)}` has no path; write `git:{shown(revision)}:model.yaml`")
    tree = _tree(revision, folder, name)
    code, commit, _ = git(
        folder, "rev-parse", "--short", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
    )
    short = "" if code else commit.decode("ascii").strip()
    return Place(short if short and _HASH.fullmatch(revision) else revision, tree, short, folder, path)


def _existing(folder: str, path: str) -> tuple[str, str]:
    """A folder in which git can run, and the path from there: a folder may exist at the revision only."""
    while not os.path.isdir(folder) and os.path.dirname(folder) != folder:
        folder, base = os.path.split(folder)
        folder, path = folder or ".", f"./{base}/{path.removeprefix('./')}"
    return folder, path


def working_file(name: str, same: str | None = None) -> str | None:
    """The file of the working tree that `git:REV:path` is an earlier state of; None if there is no working tree."""
    _, colon, path = name.removeprefix(PREFIX).partition(":")
    if not colon:
        return same
    if path.startswith(("./", "../")) or os.path.isabs(path):
        return path
    code, top, _ = git(".", "rev-parse", "--show-toplevel")
    return None if code else os.path.join(os.fsdecode(top).rstrip("\n"), path)


def _tree(revision: str, folder: str, name: str) -> str:
    """The tree of a revision; raises `UsageError` for a revision that does not exist."""
    code, _, said = git(folder, "rev-parse", "--git-dir")
    if code:
        if "not a git repository" in said:
            where = "the current folder" if folder == "." else f"`{shown(folder)}`"
            raise UsageError(f"`{shown(name)}`: {where} is not in a git repository")
        raise UsageError(f"`{shown(name)}`: git says: {shown(said, 200)}")
    code, tree, _ = git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{tree}}")
    if not code:
        return tree.decode("ascii").strip()
    _, refs, _ = git(folder, "for-each-ref", "--format=%(refname:short)", "--count=10000")
    near = nearest(revision, refs.decode("utf-8", "replace").split("\n"))
    if near:
        hint = f"; did you mean `{shown(near)}`?"
    elif git(folder, "rev-parse", "--is-shallow-repository")[1].strip() == b"true":
        hint = "; this clone is shallow, without earlier commits: `git fetch --unshallow` fetches them"
    else:
        hint = ""
    raise UsageError(f"the revision `{shown(revision)}` does not exist here{hint}")


def missing(place: Place) -> UsageError:
    """The refusal of a path where nothing is at a revision, with the nearest path that has something."""
    path, revision, folder = place.path, shown(place.revision), place.folder
    if place.kind() == "tree":
        return UsageError(f"`{shown(path)}` at `{revision}` is a folder, not a model file")
    name = place.label.removeprefix(f"{PREFIX}{place.revision}:")
    said = f"the file `{shown(name)}` does not exist at `{revision}`"
    if call_of(path.removeprefix("./")) is not None:
        return UsageError(
            f"{said}; code is not run at a revision: compare with a `.pt2` or a report that is saved there"
        )
    prefix = git(folder, "rev-parse", "--show-prefix")[1].decode("utf-8", "replace").strip("\n")
    listing = git(folder, "ls-tree", "-r", "-z", "--name-only", "--full-tree", place.tree)[1][:_MOST]
    paths = listing.decode("utf-8", "replace").split("\0")[:-1]
    full = os.path.normpath(os.path.join(prefix, path)) if path.startswith(("./", "../")) else path
    below = prefix + path
    alike = [one for one in paths if os.path.basename(one) == os.path.basename(path)]
    near = below if below in paths else nearest(full, paths) or (alike[0] if len(alike) == 1 else None)
    return UsageError(said if near is None else f"{said}; did you mean `{PREFIX}{revision}:{shown(near)}`?")


def git(folder: str, *arguments: str, into: BinaryIO | None = None) -> tuple[int, bytes, str]:
    """git's exit code, its output, and the first line of its messages; raises `UsageError` if git does not run.

    The output is empty where it goes `into` a file.
    """
    command: Sequence[str] = ("git", "-C", folder, "--no-pager", *arguments)
    environment = {**os.environ, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if into is None else into,
            stderr=subprocess.PIPE,
            timeout=_PATIENCE,
            env=environment,
            check=False,
        )
    except FileNotFoundError:
        raise UsageError("the command `git`, which reads files at a revision, was not found") from None
    except subprocess.TimeoutExpired:
        raise UsageError(f"git did not answer within {_PATIENCE} seconds") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"git cannot be run: {getattr(error, 'strerror', None) or error}") from None
    said = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0].removeprefix("fatal: ")
    return done.returncode, done.stdout or b"", said
