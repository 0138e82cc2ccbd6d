"""Which file was called what at an earlier revision: git's renames."""

from __future__ import annotations

from analyzer.cli.revisions import Place, git


def earlier(place: Place, now: Place | None) -> Place | None:
    """The file of `place.tree` that is at `place.path` in another state; None where git sees no rename.

    The other state is that of `now`, otherwise the index. Where too much changed for one comparison, git's log is
    followed commit by commit.
    """
    top = place.top
    found = renames(place, now).get(top) or _followed(place, top, now)
    if found is None:
        return None
    source = place.but(path=found)
    return source if source.kind() == "blob" else None


def renames(place: Place, now: Place | None) -> dict[str, str]:
    """Old paths by new ones, from the tree of a place to that of `now`, or to the index; paths start at the top."""
    trees = ["diff-index", "--cached"] if now is None else ["diff-tree", "-r"]
    ends = [place.tree] if now is None else [place.tree, now.tree]
    code, listing, _ = git(place.folder, *trees, "-M", "--name-status", "--diff-filter=R", "-z", *ends)
    return {} if code else dict(_pairs(listing))


def _pairs(listing: bytes) -> list[tuple[str, str]]:
    """The renames in a listing of git, each as (new, old), in its order."""
    words = [word for word in listing.decode("utf-8", "surrogateescape").split("\0") if word.strip()]
    pairs = []
    place = 0
    while place < len(words):
        status = words[place].strip()
        if status[:1] == "R" and status[1:].isdigit() and place + 2 < len(words):
            pairs.append((words[place + 2], words[place + 1]))
            place += 2
        place += 1
    return pairs


def _followed(place: Place, top: str, now: Place | None) -> str | None:
    """The earliest name of a file since the commit of a place."""
    if not place.commit:
        return None
    since = f"{place.commit}..{now.commit if now is not None and now.commit else 'HEAD'}"
    path = f":(top,literal){top}"
    found = git(place.folder, "log", "--follow", "--format=", "--name-status", "-M", "-z", since, "--", path)
    name = top
    for new, old in _pairs(found[1]) if not found[0] else ():
        name = old if new == name else name
    return None if name == top else name
