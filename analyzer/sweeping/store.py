"""Where a sweep keeps its variants: a SQLite database, so that it can continue after a crash and others can read it.

The table `variant` has what `layout.py` says, the table `sweep` what was swept, in JSON (`noted.py`), the table
`unknown` which amounts have an unknown part. Each call of `add` is one transaction. A write-ahead log takes it without
waiting for the disk, and others read meanwhile: 4 ms for 400 variants, where a rollback journal takes 34 (the same
disk, both processors busy). What was added is there after `kill -9`. A closed store has no other file beside it.
"""

from __future__ import annotations

import os
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from operator import mul

from analyzer.engine.amounts import AMOUNTS
from analyzer.loader.foreign.sqlite import APPLICATION
from analyzer.loader.foreign.sqlite import is_store as begins_store
from analyzer.loader.text.files import FileError
from analyzer.source import inert
from analyzer.sweeping.front import front, signs_of
from analyzer.sweeping.goals import OF_AXIS
from analyzer.sweeping.holding import OTHER, Hold, begin_of, check_writable, connected, damaged, how_to_read, told
from analyzer.sweeping.layout import Layout, unknown_in, value_of_cell
from analyzer.sweeping.noted import Noted
from analyzer.sweeping.result import Counts, Variant

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sqlite3 import Connection, Cursor

    from analyzer.sweeping.evaluate import Job
    from analyzer.sweeping.front import Point

#: The version of the tables.
_FORMAT = 1

#: What is said where a store can no longer be written.
_KEPT = "; what is done is in it, and the same command goes on from there"

#: So many ids one statement asks for: every SQLite takes 999 values.
_ASKED = 500

#: Among more ids than this, those that are missing are found by reading all that are there.
_FEW = 10_000


def is_store(path: str) -> bool:
    """Whether a path is that of a store; False for what cannot be read, and for `-`."""
    try:
        return os.path.isfile(path) and begins_store(begin_of(path))
    except (FileError, ValueError):
        return False


class Store:
    """The variants of one sweep, and what was swept; a context that closes it.

    file, name, axes, keys, shown, limits  those of the sweep; see `Noted`
    run    the settings of the run that were given, in words

    `told` says for every method: whatever SQLite, the disk or another process refuses is a `FileError` in one line.
    """

    # By hand: `create` and `open` make it.
    def __init__(self, path: str | None, database: Connection, noted: Noted, hold: Hold | None = None) -> None:
        self.file, self.name, self.axes, self.keys = noted.file, noted.name, noted.axes, noted.keys
        self.shown, self.limits, self.run = noted.shown, noted.limits, noted.parts.get("run", "")
        self.minimize, self.maximize = noted.minimize, noted.maximize
        self._path, self._database, self._hold = path, database, hold
        self._layout = Layout(self.axes, self.keys)
        self._front = array("q")  # the ids of the variants on the front, ascending
        self._reading: set[Cursor] = set()  # one that is not at its end keeps the database open

    @classmethod
    def create(cls, path: str | None, job: Job, name: str) -> Store:
        """A store for the variants of a job over a model of this name; one that is there already continues.

        Without a path they are kept in a temporary file, which has no name and ends with the process. Raises
        `FileError` for a file that is something else or the store of another sweep, which stay as they are, for a store
        that another process writes, and where no file can be written.
        """
        noted = Noted.of(job, name)
        database: Connection | None = None
        if path is None:
            with told(None, "written"):
                database = connected("")
                _make(database, noted)
            return cls(None, database, noted)
        check_writable(path)
        try:
            with told(path, "written"):
                database = connected(path)
                hold = _prepare(database, path, noted)
        except BaseException:
            if database is not None:
                database.close()
            if os.path.exists(path) and os.path.getsize(path) == 0:
                os.unlink(path)
            raise
        return cls(path, database, noted, hold)

    @classmethod
    def open(cls, path: str) -> Store:
        """The store at a path, for reading; raises `FileError` where there is none that can be read."""
        begin = begin_of(path)
        if not begins_store(begin):
            raise FileError(f"`{inert(path)}` is not the store of a sweep")
        with told(path, "read"):
            database = connected(path, how_to_read(path, begin))
            try:
                noted = _noted_in(database, path)
            except BaseException:
                database.close()
                raise
        return cls(path, database, noted)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the work on the store; what was added is in its one file."""
        import sqlite3

        while self._reading:
            self._reading.pop().close()
        if self._hold is not None:
            try:
                self._database.execute("PRAGMA journal_mode = DELETE")
            except sqlite3.Error:
                pass  # somebody reads it, or the disk is full: the log stays beside it until it is opened again
        self._database.close()
        if self._hold is not None:
            self._hold.release()
            self._hold = None

    def add(self, variants: Iterable[Variant]) -> None:
        """Adds variants, all or none of them; one whose id is there already stays as it is."""
        variants = list(variants)
        marks = ", ".join("?" * len(self._layout.columns))
        unknown = [(variant.id, key) for variant in variants for key in unknown_in(variant)]
        with told(self._path, "written", _KEPT), self._database:
            self._database.executemany(
                f"INSERT OR IGNORE INTO variant VALUES ({marks})", map(self._layout.row, variants)
            )
            if unknown:
                self._database.executemany("INSERT OR IGNORE INTO unknown VALUES (?, ?)", unknown)
        self._front = array("q")

    def missing(self, ids: Sequence[int]) -> Sequence[int]:
        """Those of these ids, which ascend, whose variants are not there yet."""
        with told(self._path, "read"):
            if len(ids) <= _FEW:
                there = {id for part in _parts(ids) for (id,) in self._select("id", part)}
                return [id for id in ids if id not in there] if there else ids
            cursor = self._database.execute("SELECT id FROM variant ORDER BY id")
            found, present = array("q"), next(cursor, None)
            if present is None:
                return ids
            for id in ids:
                while present is not None and present[0] < id:
                    present = next(cursor, None)
                if present is None or present[0] != id:
                    found.append(id)
            return found

    def rows(self) -> Iterator[Variant]:
        """All variants, by id; those on the front of `mark_front` say so."""
        with told(self._path, "read"):
            yield from self._variants(self._database.execute(self._query("")))

    def some(self, ids: Iterable[int]) -> Iterator[Variant]:
        """Those variants of these ids that are there."""
        with told(self._path, "read"):
            for part in _parts(ids):
                marks = ", ".join("?" * len(part))
                yield from self._variants(self._database.execute(self._query(f"WHERE id IN ({marks})"), part))

    def counts(self) -> Counts:
        """How many variants there are."""
        with told(self._path, "read"):
            return Counts(
                *self._database.execute("SELECT count(*), coalesce(sum(fits), 0), count(error) FROM variant").fetchone()
            )

    def mark_front(self, minimize: Sequence[str], maximize: Sequence[str]) -> int:
        """Marks the Pareto front of the variants that fit, for `rows` and `some`; returns how many are on it.

        The goals are those of `check_goals`, their amounts among `keys`. Numbers are compared exactly.
        """
        columns = [_quoted(self._column(goal)) for goal in (*minimize, *maximize)]
        signed = [f"-{column}" if place >= len(minimize) else column for place, column in enumerate(columns)]
        plain = " AND ".join(f"typeof({column}) IN ('integer', 'real')" for column in columns)
        with told(self._path, "read"):
            # Where all are numbers of SQLite, it makes the points; -2^63 becomes the float 2^63, which is as exact.
            made = self._database.execute(f"SELECT id, {', '.join(signed)} FROM variant WHERE fits AND {plain}")
            others = self._database.execute(
                f"SELECT id, {', '.join(columns)} FROM variant WHERE fits AND NOT ({plain})"
            )
            points = chain(((row[1:], row[0]) for row in made), _points(others, signs_of(minimize, maximize)))
            self._front = array("q", sorted(front(points)))
        return len(self._front)

    def _column(self, goal: str) -> str:
        return self._layout.amounts[goal] if goal in AMOUNTS else self._layout.axes[goal.removeprefix(OF_AXIS)]

    def _select(self, what: str, ids: Sequence[int]) -> Cursor:
        return self._database.execute(f"SELECT {what} FROM variant WHERE id IN ({', '.join('?' * len(ids))})", ids)

    def _query(self, where: str) -> str:
        columns = ", ".join(map(_quoted, self._layout.columns))
        unknown = "(SELECT group_concat(amount) FROM unknown WHERE unknown.id = variant.id)"
        return f"SELECT {unknown}, {columns} FROM variant {where} ORDER BY id"

    def _variants(self, cursor: Cursor) -> Iterator[Variant]:
        marked = self._front
        self._reading.add(cursor)
        try:
            for unknown, *row in cursor:
                place = bisect_left(marked, row[0]) if marked else 0
                on = place < len(marked) and marked[place] == row[0]
                yield self._layout.variant(row, unknown.split(",") if unknown else (), front=on)
        except (ValueError, LookupError):
            raise damaged(self._path or "", "a variant has values of another kind") from None
        finally:
            if cursor in self._reading:  # otherwise the store is closed
                self._reading.remove(cursor)
                cursor.close()


def _prepare(database: Connection, path: str, noted: Noted) -> Hold:
    """Makes the tables of a new store, refuses the store of another sweep; returns the lock of the one who writes."""
    if not _make(database, noted):
        unlike = noted.unlike(_noted_in(database, path))
        if unlike:
            raise FileError(f"`{inert(path)}` is the store of another sweep: {unlike}; {OTHER}")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    hold = Hold(path)
    try:
        with database:  # what does not decide the numbers may differ from what was noted
            database.executemany("REPLACE INTO sweep VALUES (?, ?)", noted.written().items())
    except BaseException:
        database.close()
        hold.release()
        raise
    return hold


def _make(database: Connection, noted: Noted) -> bool:
    """Makes the tables, all or none of them; False where there are tables, made by another process perhaps."""
    _, *columns = map(_quoted, Layout(noted.axes, noted.keys).columns)
    with database:
        database.execute("BEGIN IMMEDIATE")
        if database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return False
        database.execute(f"PRAGMA application_id = {APPLICATION}")
        database.execute(f"PRAGMA user_version = {_FORMAT}")
        database.execute(f"CREATE TABLE variant (id INTEGER PRIMARY KEY, {', '.join(columns)})")
        database.execute("CREATE TABLE unknown (id, amount, PRIMARY KEY (id, amount)) WITHOUT ROWID")
        database.execute("CREATE TABLE sweep (key PRIMARY KEY, value) WITHOUT ROWID")
        database.executemany("INSERT INTO sweep VALUES (?, ?)", noted.written().items())
    return True


def _noted_in(database: Connection, path: str) -> Noted:
    """What a store says of its sweep; raises `FileError` where it says nothing of this kind."""
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version != _FORMAT:
        raise FileError(f"`{inert(path)}` is the store of another version of analyzer, which reads it; {OTHER}")
    try:
        noted = Noted.read(dict(database.execute("SELECT key, value FROM sweep")))
    except (ValueError, TypeError, LookupError, AttributeError):
        raise damaged(path, "it does not say what was swept") from None
    columns = [name for _, name, *_ in database.execute("PRAGMA table_info(variant)")]
    tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if columns != Layout(noted.axes, noted.keys).columns or not {"variant", "unknown"} <= tables:
        raise damaged(path, "it does not have the columns of its sweep")
    return noted


def _points(cursor: Cursor, signs: Sequence[int]) -> Iterator[tuple[Point, int]]:
    """The point and the id of rows of an id and the values of goals; those of which one is no number are left out."""
    for id, *cells in cursor:
        numbers = [value_of_cell(cell) for cell in cells]
        if {*map(type, numbers)} <= _NUMBERS:
            yield tuple(map(mul, signs, numbers)), id


#: The types of numbers; truth values are none.
_NUMBERS = {int, float}


def _parts(ids: Iterable[int]) -> Iterator[list[int]]:
    """Ids in lists of as many as one statement asks for."""
    ids = iter(ids)
    while part := [*islice(ids, _ASKED)]:
        yield part


def _quoted(name: str) -> str:
    """A name in SQL.

    >>> _quoted('a"b')
    '"a""b"'
    """
    return '"{}"'.format(name.replace('"', '""'))
