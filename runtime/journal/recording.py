"""One run with a journal: which of its calls are recorded, what was recorded of them, and what is recorded now.

A call's place is its path in the tree of frames: for each enclosing instruction its position and the number of the
iteration (or branch) inside it. So it is the same in every run of the program, in whatever order calls end. With the
digest of what is called and with what, and the identity of the run, it is the key of the call.

Recorded are external calls that are unordered or read: what they give is all that the program sees of them. Ordered
calls are made again, since what they do in the process or the world is the point of them.

Guarantees: the driving thread calls `place`, `find` and `tell`; `make` runs on whichever thread makes the call, and has
the result on its way to the disk before it returns. `_lock` guards the notices.
"""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from ...diagnostics.errors import XCSError, XCSWarning
from ..call_shape import UNPACKED_NATIVELY, Gathered, compile_gather, read, starred_of
from ..plan import Call
from .digest import call_digest
from .format import FormatError, Unwritable
from .given_secrets import refuse_secrets, secrets_given
from .source import CalleeFacts
from .store import CallRecord, Store, seal, unseal
from .values import decode, decode_exception, encode, encode_exception

current_scope: ContextVar[bytes] = ContextVar("xcs_journal_scope", default=b"")
"""The call inside which a program is started: its run belongs to that call."""


@dataclass(frozen=True, slots=True)
class Place:
    """A call that is recorded, or could be.

    Attributes:
        instruction: the call in the plan.
        path: where it is.
        inputs: the digest of what is called and with what; `None`: it has none, so the call isn't recorded.
        called: the function and its arguments.
        mutable: objects among the arguments that others may change, by `id`.
        scope: what runs inside the call belong to.
        secrets: keys that it is given, which are not to be recorded.
    """

    instruction: Call
    path: str
    inputs: bytes | None
    called: Gathered | None
    mutable: dict[int, Any]
    scope: bytes
    secrets: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What was recorded of a call: its value, or its exception."""

    value: Any
    error: Exception | None = None


class RunRecording:
    """The journal of one run.

    Attributes:
        is_replay: a call that isn't recorded is refused.
    """

    def __init__(
        self,
        store: Store,
        run: bytes,
        *,
        has_calls: bool,
        is_replay: bool,
        exceptions: bool,
        facts_of: Callable[[Any], CalleeFacts],
        told: set[tuple[str, str]],
    ) -> None:
        self.is_replay = is_replay
        self._store = store
        self._run = run
        self._has_calls = has_calls
        self._exceptions = exceptions
        self._facts_of = facts_of
        self._told = told
        self._gathers: dict[int, Callable[[list[Any]], Gathered]] = {}  # by `id` of an instruction of the plan
        self._notices: list[str] = []
        self._lock = threading.Lock()

    def gathered(self, instruction: Call, slots: list[Any]) -> Gathered | None:
        """What a call would receive; `None` if asking would run code of the program's."""
        starred = starred_of(instruction.arguments)
        if starred and any(type(read(operand, slots)) not in UNPACKED_NATIVELY for operand in starred):
            return None
        gather = self._gathers.get(id(instruction))
        if gather is None:
            gather = self._gathers[id(instruction)] = compile_gather(instruction.callee, instruction.arguments)
        try:
            return gather(slots)
        except Exception:  # the call itself raises it in a moment
            return None

    def place(self, instruction: Call, path: Iterable[int], called: Gathered | None) -> Place:
        """The place of a call that is about to be made; says once if it can't be recorded."""
        where = ".".join(map(str, path))
        scope = b"%b/%b" % (self._run, where.encode())
        try:
            if called is None:
                raise Unwritable("it unpacks an object whose iteration runs code")
            if instruction.mutates:
                raise Unwritable("it changes what it is given")
            digest, mutable = self._digest(called)
        except Unwritable as refusal:
            self._note(instruction, f"isn't recorded: {refusal}")
            return Place(instruction, where, None, None, {}, scope)
        secrets = secrets_given(instruction, called)
        return Place(instruction, where, digest, called if mutable else None, mutable, scope, secrets)

    def find(self, place: Place) -> Found | None:
        """What was recorded of a call.

        Raises:
            XCSError: the journal can't be read, or it is replayed and has no such call.
        """
        reason = "it isn't recorded"
        if place.inputs is None:
            reason = "its inputs have no form in a journal"
        elif self._has_calls:
            row = self._store.call(self._run, place.path, place.inputs)
            if row is not None:
                try:
                    return self._read(place, place.inputs, *row)
                except FormatError as error:
                    reason = f"what is recorded can't be read: {error}"
                    self._note(place.instruction, f"is made again: {reason}")
        if self.is_replay:
            raise XCSError(
                f"expected `{place.instruction.name}` at {place.instruction.location} in journal `{self._store.path}`"
                f" (replay makes no call): {reason}"
            )
        return None

    def _read(self, place: Place, inputs: bytes, raised: bool, sealed: bytes) -> Found:
        data = unseal(self._run, place.path, inputs, raised, sealed)
        return Found(None, decode_exception(data)) if raised else Found(decode(data))

    def _digest(self, called: Gathered) -> tuple[bytes, dict[int, Any]]:
        facts = self._facts_of(called[0])
        digest, mutable = call_digest(*called, facts.names)
        return facts.code + digest, mutable

    def make(self, place: Place, call: Callable[..., Any], *arguments: Any) -> Any:
        """Makes a call and records what it gives."""
        token = current_scope.set(place.scope)
        start_ns = time.perf_counter_ns()
        try:
            value = call(*arguments)
        except Exception as error:
            self.record_error(place, error, time.perf_counter_ns() - start_ns)
            raise
        finally:
            current_scope.reset(token)
        self.record(place, value, time.perf_counter_ns() - start_ns)
        return value

    def make_batch(self, places: Sequence[Place], call: Callable[..., Sequence[Any]], *arguments: Any) -> Sequence[Any]:
        """Makes several calls as one and records what each gives. One that fails is no result of any of them."""
        token = current_scope.set(places[0].scope)
        start_ns = time.perf_counter_ns()
        try:
            values = call(*arguments)
        finally:
            current_scope.reset(token)
        duration_ns = time.perf_counter_ns() - start_ns
        for place, value in zip(places, values, strict=True):
            self.record(place, value, duration_ns)
        return values

    async def make_awaited_batch(
        self, places: Sequence[Place], call: Callable[..., Awaitable[Sequence[Any]]], *arguments: Any
    ) -> Sequence[Any]:
        """Makes several `async` calls as one, likewise."""
        token = current_scope.set(places[0].scope)
        start_ns = time.perf_counter_ns()
        try:
            values = await call(*arguments)
        finally:
            current_scope.reset(token)
        duration_ns = time.perf_counter_ns() - start_ns
        for place, value in zip(places, values, strict=True):
            self.record(place, value, duration_ns)
        return values

    async def make_awaited(self, place: Place, call: Callable[..., Any], *arguments: Any) -> Any:
        """Makes an `async` call and records what it gives."""
        token = current_scope.set(place.scope)
        start_ns = time.perf_counter_ns()
        try:
            value = await call(*arguments)
        except Exception as error:
            self.record_error(place, error, time.perf_counter_ns() - start_ns)
            raise
        finally:
            current_scope.reset(token)
        self.record(place, value, time.perf_counter_ns() - start_ns)
        return value

    def record(self, place: Place, value: Any, duration_ns: int) -> None:
        """Writes a result; when this returns, `kill -9` doesn't lose it."""
        if place.inputs is None or self._store.is_broken:
            return
        try:
            if place.called is not None and self._digest(place.called)[0] != place.inputs:
                raise Unwritable("it changes what it is given")
            data = encode(value, place.mutable)
            refuse_secrets(place.secrets, data)
        except Unwritable as refusal:
            self._note(place.instruction, f"isn't recorded: {refusal}")
        else:
            self._add(place, place.inputs, False, data, duration_ns)

    def record_error(self, place: Place, error: Exception, duration_ns: int) -> None:
        """Writes an exception, if that is asked for."""
        if not self._exceptions or place.inputs is None or self._store.is_broken:
            return
        try:
            data = encode_exception(error)
            refuse_secrets(place.secrets, data)
        except Unwritable as refusal:
            self._note(place.instruction, f"isn't recorded: {refusal}")
        else:
            self._add(place, place.inputs, True, data, duration_ns)

    def _add(self, place: Place, inputs: bytes, raised: bool, data: bytes, duration_ns: int) -> None:
        sealed = seal(self._run, place.path, inputs, raised, data)
        name, location = place.instruction.name, str(place.instruction.location)
        record = CallRecord(self._run, place.path, inputs, name, location, raised, sealed, time.time(), duration_ns)
        try:
            self._store.add(record)
        except XCSError as error:
            with self._lock:
                self._notices.append(f"{error}; the run goes on, and records nothing from here on")

    def _note(self, instruction: Call, text: str) -> None:
        key = (instruction.name, str(instruction.location))
        with self._lock:
            if key not in self._told:
                self._told.add(key)
                self._notices.append(f"`{instruction.name}` at {instruction.location} {text}")

    def tell(self) -> None:
        """Warns of calls that are not recorded, each once."""
        if self._notices:
            with self._lock:
                notices, self._notices = self._notices, []
            for notice in notices:
                warnings.warn(f"journal `{self._store.path}`: {notice}", XCSWarning, stacklevel=2)

    def end(self) -> None:
        """The run has ended by itself, with a result or an exception."""
        self.tell()
        if not self.is_replay and not self._store.is_broken:
            self._store.end_run(self._run, time.time())
