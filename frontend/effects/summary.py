"""What analysis of a callable finds: the type that crosses from effect inference to staging and to the runtime."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...diagnostics.effect import Behaviour, Effect
from .abstract_type import ANY, AbstractType


@dataclass(frozen=True, slots=True)
class Guard:
    """A fact that a summary relies on: `namespace[name]` (module globals or a cell's stand-in) is still `value`.

    With `by_type`, only the exact class of the value is relied on (`value` is then that class).
    """

    namespace: dict[str, object]
    name: str
    value: object
    by_type: bool = False

    def holds(self) -> bool:
        """Whether the fact is still true."""
        current = self.namespace.get(self.name, Guard)
        return type(current) is self.value if self.by_type else current is self.value

    def __hash__(self) -> int:
        return hash((id(self.namespace), self.name))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Guard)
            and self.namespace is other.namespace
            and (self.name, self.by_type) == (other.name, other.by_type)
            and self.value is other.value
        )


@dataclass(frozen=True, slots=True)
class Summary:
    """The effect of one call with arguments of given types.

    Attributes:
        effect: what the call does, apart from writing its parameters.
        sees_writes: it looks at mutable state (arguments, globals, attributes) that others may write.
        external: it waits for the world (network, files, sleep), so a worker pays.
        result: the type of what it returns.
        mutates: parameters whose objects (or what they reach) it may write, by index; for code segments by input name.
        retains: parameters that may live on after the call, other than in fresh containers of immutables: stored
            somewhere, or reachable from the result.
        num_external_sites: places inside that may call the world; one inside a loop counts as two. One or none: there
            is no parallelism to find inside.
        has_array_work: JAX or NumPy functions are called inside.
        reason: why the effect is what it is, for `explain`, in a few words.
        remedy: what the user can do about it, or empty.
        guards: facts about globals that this conclusion relies on.
    """

    effect: Effect
    sees_writes: bool = False
    external: bool = False
    result: AbstractType = ANY
    mutates: frozenset[int | str] = frozenset()
    retains: frozenset[int | str] = frozenset()
    num_external_sites: int = 0
    has_array_work: bool = False
    reason: str = ""
    remedy: str = ""
    guards: frozenset[Guard] = field(default=frozenset(), repr=False)

    def behaviour(self) -> Behaviour:
        """How the scheduler treats this call when everything it mutates belongs to the outside world."""
        effect = max(self.effect, Effect.ORDERED) if self.mutates else self.effect
        return Behaviour(effect, self.sees_writes or effect is Effect.READS, self.external)


@dataclass(frozen=True, slots=True)
class CodeSummary:
    """The effect of a run of statements or an expression over named inputs.

    `summary.result` is the value of an expression (`NONE` for statements); `bindings` are the types of the names
    that the statements assign. `summary.mutates` and `summary.retains` hold input names.
    """

    summary: Summary
    bindings: Mapping[str, AbstractType]
