"""Files at a revision of git, which git itself reads: `git:REV` and `git:REV:path`.

Only objects are read. Files of the working tree, filters, hooks and pagers play no part.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

from analyzer.cli.main import UsageError
from analyzer.contract.saved import LONGEST_REPORT
from analyzer.diagnostics import nearest
from analyzer.source import shown

#: The beginning of such a name.
PREFIX = "git:"

#: Seconds that git may take: a partial clone may have to fetch the file.
_PATIENCE = 30

#: Bytes of paths among which the nearest one is searched.
_MOST = 1 << 22


def is_revision(name: str) -> bool:
    """Whether a name means a file at a revision."""
    return name.startswith(PREFIX)


def read_revision(name: str, same: str | None = None) -> tuple[str, bytes]:
    """The file that `git:REV:path` names, or `git:REV` for the file `same`: its name for people, and its bytes.

    A relative path is git's: it starts at the top of the repository, or at the current folder if it begins with `./` or
    `../`. `same` and absolute paths may be in any repository. Raises `UsageError` for a file that does not exist.
    """
    revision, colon, path = name.removeprefix(PREFIX).partition(":")
    if not revision or revision.startswith("-") or "\0" in name:
        raise UsageError(f"`{shown(name)}` has no revision; write `git:main:model.yaml`")
    folder = "."
    if not colon or os.path.isabs(path):
        if not colon and same in (None, "-"):
            raise UsageError(f"`{shown(name)}` needs a path: `{shown(name)}:model.yaml`")
        folder, base = os.path.split(path if colon else same or "")
        folder, path = folder or ".", f"./{base}"
    if not path:
        raise UsageError(f"`{shown(name)}` has no path; write `git:{shown(revision)}:model.yaml`")
    tree = _tree(revision, folder, name)
    code, size, _ = _git(folder, "cat-file", "-s", f"{tree}:{path}")
    if not code and int(size) > LONGEST_REPORT:
        raise UsageError(f"`{shown(name)}` is larger than {LONGEST_REPORT >> 20:,} MiB, the limit for a report")
    code, found, _ = _git(folder, "cat-file", "blob", f"{tree}:{path}")
    if code:
        raise UsageError(_missing(tree, path, folder, revision))
    return f"{PREFIX}{revision}:{path.removeprefix('./') if folder == '.' else os.path.join(folder, path[2:])}", found


def working_file(name: str, same: str | None = None) -> str | None:
    """The file of the working tree that `git:REV:path` is an earlier state of; None if there is no working tree."""
    _, colon, path = name.removeprefix(PREFIX).partition(":")
    if not colon:
        return same
    if path.startswith(("./", "../")) or os.path.isabs(path):
        return path
    code, top, _ = _git(".", "rev-parse", "--show-toplevel")
    return None if code else os.path.join(os.fsdecode(top).rstrip("\n"), path)


def _tree(revision: str, folder: str, name: str) -> str:
    """The tree of a revision; raises `UsageError` for a revision that does not exist."""
    code, _, said = _git(folder, "rev-parse", "--git-dir")
    if code:
        if "not a git repository" in said:
            where = "the current folder" if folder == "." else f"`{shown(folder)}`"
            raise UsageError(f"`{shown(name)}`: {where} is not in a git repository")
        raise UsageError(f"`{shown(name)}`: git says: {shown(said, 200)}")
    code, tree, _ = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{tree}}")
    if not code:
        return tree.decode("ascii").strip()
    _, refs, _ = _git(folder, "for-each-ref", "--format=%(refname:short)", "--count=10000")
    near = nearest(revision, refs.decode("utf-8", "replace").split("\n"))
    if near:
        hint = f"; did you mean `{shown(near)}`?"
    elif _git(folder, "rev-parse", "--is-shallow-repository")[1].strip() == b"true":
        hint = "; this clone is shallow, without earlier commits: `git fetch --unshallow` fetches them"
    else:
        hint = ""
    raise UsageError(f"the revision `{shown(revision)}` does not exist here{hint}")


def _missing(tree: str, path: str, folder: str, revision: str) -> str:
    """The message about a path that does not exist at a revision, with the nearest path that does."""
    said = f"the file `{shown(path.removeprefix('./'))}` does not exist at `{shown(revision)}`"
    kind = _git(folder, "cat-file", "-t", f"{tree}:{path}")[1].strip()
    if kind == b"tree":
        return f"`{shown(path)}` at `{shown(revision)}` is a folder, not a model file"
    prefix = _git(folder, "rev-parse", "--show-prefix")[1].decode("utf-8", "replace").strip("\n")
    listing = _git(folder, "ls-tree", "-r", "-z", "--name-only", "--full-tree", tree)[1][:_MOST]
    paths = listing.decode("utf-8", "replace").split("\0")[:-1]
    full = os.path.normpath(os.path.join(prefix, path)) if path.startswith(("./", "../")) else path
    below = prefix + path
    alike = [one for one in paths if os.path.basename(one) == os.path.basename(path)]
    near = below if below in paths else nearest(full, paths) or (alike[0] if len(alike) == 1 else None)
    return said if near is None else f"{said}; did you mean `{PREFIX}{shown(revision)}:{shown(near)}`?"


def _git(folder: str, *arguments: str) -> tuple[int, bytes, str]:
    """git's exit code, its output, and the first line of its messages; raises `UsageError` if git does not run."""
    command: Sequence[str] = ("git", "-C", folder, "--no-pager", *arguments)
    environment = {**os.environ, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE, env=environment, check=False
        )
    except FileNotFoundError:
        raise UsageError("the command `git`, which reads files at a revision, was not found") from None
    except subprocess.TimeoutExpired:
        raise UsageError(f"git did not answer within {_PATIENCE} seconds") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"git cannot be run: {getattr(error, 'strerror', None) or error}") from None
    said = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0].removeprefix("fatal: ")
    return done.returncode, done.stdout, said
