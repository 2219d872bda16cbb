"""What is known to fail, and what must therefore not start.

A failure ends its *scope*: the innermost enclosing body of a `try`, or the whole run for what no `try` catches. Inside
that scope nothing later in program order starts any more; everything earlier still runs. Positions are compared only
while a failure is known.

Guarantees: any thread may note a failure, or ask whether one precedes a place; `_lock` guards what is written. A worker
notes the failure of its call before anything that has waited for that call goes on, so nothing later overtakes it.
"""

from __future__ import annotations

import threading

from .failure_scope import Scope
from .frame import Frame


class Failures:
    """The earliest known failure of each scope.

    Attributes:
        scopes: the scopes that have one, not discarded.
    """

    __slots__ = ("_lock", "scopes")

    def __init__(self) -> None:
        self.scopes: list[Scope] = []
        self._lock = threading.Lock()

    def note(self, scope: Scope, frame: Frame, index: int, sequence: int | None = None) -> bool:
        """Takes down a failure at an instruction (or before frame `sequence` of it); says if it is now the earliest."""
        path = frame.path_from(scope, index)
        if sequence is not None:
            path = (*path, sequence)
        with self._lock:
            if scope.failure is None:
                self.scopes.append(scope)
            elif scope.failure <= path:
                return False
            scope.failure = path
        return True

    def precede(self, frame: Frame, index: int, sequence: int | None = None) -> bool:
        """Whether a known failure comes before this place in an enclosing scope."""
        scope: Scope | None = frame.scope
        while scope is not None:
            if scope.failure is not None:
                path = frame.path_from(scope, index)
                if sequence is not None:
                    path = (*path, sequence)
                if scope.failure < path:
                    return True
            scope = scope.outer
        return False

    def discard(self, body: Frame) -> int:
        """Marks all frames of a `try` body as unwanted and forgets their failures; says how many frames there were."""
        pending = [body]
        num_discarded = 0
        while pending:
            frame = pending.pop()
            num_discarded += 1
            frame.discarded = True
            if frame.opens is not None:
                frame.opens.discarded = True
            for region in frame.regions.values():
                pending.extend(region.abandon())
            frame.regions.clear()
        with self._lock:
            self.scopes = [scope for scope in self.scopes if not scope.discarded]
        return num_discarded
