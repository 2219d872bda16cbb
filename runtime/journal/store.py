"""The journal's file: an SQLite database in WAL mode, one connection, one lock.

A row is committed before the call it records counts as completed, and a commit hands the row to the operating system.
So `kill -9` loses the calls in flight and nothing else; a power cut may lose the last rows (`synchronous=NORMAL`) and
leaves the file whole. Threads that have a row while another commits are committed by it together.

Guarantees: any thread may call any method. `_lock` guards the connection, `_pending_lock` the rows that wait. The
database holds bytes that only `values.py` reads; nothing in it is run, and a file with views or triggers is refused.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...diagnostics.errors import XCSError
from .format import FORMAT_VERSION, FormatError

APPLICATION_ID = 0x78637331
"""`xcs1`, in the header of the file: another program's database is refused."""
BUSY_S = 5.0
"""How long another process may hold the file before that is an error."""
CHECKSUM_BYTES = 8
_TABLES = {
    "programs": "name TEXT PRIMARY KEY, code TEXT NOT NULL",
    "runs": "id BLOB PRIMARY KEY, program TEXT NOT NULL, started REAL NOT NULL, ended REAL",
    "calls": (
        "run BLOB NOT NULL, path TEXT NOT NULL, inputs BLOB NOT NULL, op TEXT NOT NULL, location TEXT NOT NULL,"
        " raised INTEGER NOT NULL, value BLOB NOT NULL, ended REAL NOT NULL, duration_ns INTEGER NOT NULL,"
        " PRIMARY KEY (run, path, inputs)"
    ),
}


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A completed call as a row.

    Attributes:
        run: the run it belongs to.
        path: its place in the program: instructions and numbers of iterations, from the entry inwards.
        inputs: the digest of what is called and with what.
        op, location: its name in the IR and the user's line.
        raised: whether `value` is an exception.
        value: the result in the journal's format, sealed.
        ended: when (seconds since 1970).
        duration_ns: how long it took.
    """

    run: bytes
    path: str
    inputs: bytes
    op: str
    location: str
    raised: bool
    value: bytes
    ended: float
    duration_ns: int

    def row(self) -> tuple[object, ...]:
        """The columns."""
        return (
            self.run, self.path, self.inputs, self.op, self.location, self.raised, self.value, self.ended,
            self.duration_ns,
        )  # fmt: skip


def seal(run: bytes, path: str, inputs: bytes, raised: bool, value: bytes) -> bytes:
    """A value with a checksum that binds it to its place."""
    return _checksum(run, path, inputs, raised, value) + value


def unseal(run: bytes, path: str, inputs: bytes, raised: bool, sealed: bytes) -> bytes:
    """The value of a row.

    Raises:
        FormatError: it isn't what was written there.
    """
    value = sealed[CHECKSUM_BYTES:]
    if _checksum(run, path, inputs, raised, value) != sealed[:CHECKSUM_BYTES]:
        raise FormatError("it is damaged")
    return value


def _checksum(run: bytes, path: str, inputs: bytes, raised: bool, value: bytes) -> bytes:
    digest = hashlib.blake2b(repr((run, path, inputs, raised)).encode(), digest_size=CHECKSUM_BYTES)
    digest.update(value)
    return digest.digest()


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run as a row, with the number and the size in bytes of its recorded calls."""

    id: bytes
    program: str
    started: float
    ended: float | None
    num_calls: int
    num_bytes: int


class Store:
    """An open journal."""

    def __init__(self, path: str | os.PathLike[str], access: str = "rwc") -> None:
        """Opens a journal.

        Args:
            path: the file.
            access: `ro` to read, `rw` to write, `rwc` to make it where there is none.

        Raises:
            XCSError: the file is no journal, of another version, damaged, locked, or can't be read or written.
        """
        self.path = Path(path)
        self.is_broken = False
        self._lock = threading.Lock()
        self._pending_lock = threading.Lock()
        self._pending: list[CallRecord] = []
        with self._errors("opened"):
            self._connection = self._open(access)

    def _open(self, access: str) -> sqlite3.Connection:
        uri = f"{self.path.absolute().as_uri()}?mode={access}"
        connection = sqlite3.connect(uri, timeout=BUSY_S, isolation_level=None, check_same_thread=False, uri=True)
        try:
            connection.execute("PRAGMA trusted_schema = OFF")
            tables = {str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if access == "rwc" and not tables:
                _create(connection)
            if access != "ro":
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
            self._check(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _check(self, connection: sqlite3.Connection) -> None:
        (found,) = connection.execute("PRAGMA application_id").fetchone()
        if found != APPLICATION_ID:
            raise XCSError(f"expected a journal of XCS, found another database, at `{self.path}`")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version != FORMAT_VERSION:
            raise XCSError(
                f"expected a journal of format {FORMAT_VERSION}, found format {version}, at `{self.path}`"
                " (help: finish the run with the version of XCS that began it, or remove the file)"
            )
        rows = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        if {(kind, name, sql) for kind, name, sql in rows} != {("table", *pair) for pair in _SCHEMA.items()}:
            raise XCSError(f"expected the tables of a journal, found others, at `{self.path}`")

    def close(self) -> None:
        """Closes the file. Rows of calls that still run are not written any more."""
        with self._lock:
            self.is_broken = True
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()

    def program(self, name: str) -> str | None:
        """The code that a program was recorded with, as text."""
        with self._lock, self._errors("read"):
            row = self._connection.execute("SELECT code FROM programs WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set_program(self, name: str, code: str) -> None:
        """Notes the code of a program, and forgets the runs of any other of that name."""
        with self._lock, self._errors("written"), self._transaction():
            execute = self._connection.execute
            execute("DELETE FROM calls WHERE run IN (SELECT id FROM runs WHERE program = ?)", (name,))
            execute("DELETE FROM runs WHERE program = ?", (name,))
            execute("INSERT OR REPLACE INTO programs VALUES (?, ?)", (name, code))

    def begin_run(self, run: bytes, program: str, started: float) -> bool:
        """Notes a run; says whether it has recorded calls."""
        with self._lock, self._errors("written"):
            execute = self._connection.execute
            execute("INSERT OR IGNORE INTO runs VALUES (?, ?, ?, NULL)", (run, program, started))
            return execute("SELECT 1 FROM calls WHERE run = ? LIMIT 1", (run,)).fetchone() is not None

    def has_calls(self, run: bytes) -> bool:
        """Whether a run has recorded calls; for a journal that is not to be written."""
        with self._lock, self._errors("read"):
            return self._connection.execute("SELECT 1 FROM calls WHERE run = ? LIMIT 1", (run,)).fetchone() is not None

    def end_run(self, run: bytes, ended: float) -> None:
        """Notes that a run has ended by itself."""
        with self._lock, self._errors("written"):
            self._connection.execute("UPDATE runs SET ended = ? WHERE id = ?", (ended, run))

    def call(self, run: bytes, path: str, inputs: bytes) -> tuple[bool, bytes] | None:
        """Whether a recorded call raised, and its value; `None` if it isn't recorded."""
        query = "SELECT raised, CAST(value AS BLOB) FROM calls WHERE run = ? AND path = ? AND inputs = ?"
        with self._lock, self._errors("read"):
            row = self._connection.execute(query, (run, path, inputs)).fetchone()
        return None if row is None else (bool(row[0]), _bytes(row[1]))

    def add(self, record: CallRecord) -> None:
        """Writes a call. When this returns, `kill -9` doesn't lose it.

        Raises:
            XCSError: the file can't be written: the disk is full, the file locked or damaged. Once only: what is added
                after that is dropped.
        """
        with self._pending_lock:
            self._pending.append(record)
        with self._lock:
            with self._pending_lock:
                rows, self._pending = self._pending, []
            # Empty if the thread that had the lock before has written this row as well. The thread whose write failed
            # has told of it: the others', that were on their way then, are lost without another word.
            if rows and not self.is_broken:
                self._write(rows)

    def _write(self, records: list[CallRecord]) -> None:
        marks = ", ".join("?" * len(records[0].row()))
        statement = f"INSERT OR REPLACE INTO calls VALUES ({marks})"
        try:
            with self._errors("written"), self._transaction():
                self._connection.executemany(statement, (record.row() for record in records))
        except XCSError:
            self.is_broken = True  # for the other threads whose rows these are, too
            raise

    def runs(self) -> list[RunRecord]:
        """All runs, oldest first."""
        query = (
            "SELECT id, program, started, runs.ended, count(calls.run), coalesce(sum(length(value)), 0) FROM runs"
            " LEFT JOIN calls ON calls.run = runs.id GROUP BY id ORDER BY started, id"
        )
        with self._lock, self._errors("read"):
            rows = self._connection.execute(query).fetchall()
        return [RunRecord(_bytes(row[0]), str(row[1]), *row[2:]) for row in rows]

    def calls(self, run: bytes) -> list[CallRecord]:
        """The calls of a run, in the order in which they ended."""
        query = (
            "SELECT run, path, inputs, op, location, raised, CAST(value AS BLOB), ended, duration_ns FROM calls"
            " WHERE run = ? ORDER BY ended, path"
        )
        with self._lock, self._errors("read"):
            rows = self._connection.execute(query, (run,)).fetchall()
        return [
            CallRecord(
                _bytes(row[0]),
                str(row[1]),
                _bytes(row[2]),
                str(row[3]),
                str(row[4]),
                bool(row[5]),
                _bytes(row[6]),
                *row[7:],
            )
            for row in rows
        ]

    def remove(self, runs: list[bytes]) -> None:
        """Removes runs with their calls, and gives the room back."""
        with self._lock, self._errors("written"):
            with self._transaction():
                for run in runs:
                    self._connection.execute("DELETE FROM calls WHERE run = ?", (run,))
                    self._connection.execute("DELETE FROM runs WHERE id = ?", (run,))
                self._connection.execute("DELETE FROM programs WHERE name NOT IN (SELECT program FROM runs)")
            self._connection.execute("VACUUM")

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise

    @contextlib.contextmanager
    def _errors(self, what: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
            raise XCSError(f"journal `{self.path}` can't be {what}: {error}") from None


_SCHEMA = {name: f"CREATE TABLE {name} ({columns})" for name, columns in _TABLES.items()}


def _create(connection: sqlite3.Connection) -> None:
    """Makes the tables in one transaction, so that a journal is there as a whole or not at all."""
    connection.execute("BEGIN IMMEDIATE")
    if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():  # nobody was faster
        for statement in _SCHEMA.values():
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
    connection.execute("COMMIT")


def _bytes(value: object) -> bytes:
    """A column that ought to hold bytes; SQLite would hold anything there."""
    return value if isinstance(value, bytes) else b""
