"""The plan: what the runtime executes, a tree of frozen blocks over integer slots. No IR objects.

A `Block` is one region of the program. An instance of a block at run time is a *frame*: a list of slot values and a
counter of missing inputs for each instruction. Program order is the textual order of instructions, and for loops the
order of iterations. Control edges that the effects don't express (a read of a list version before the update that
consumes it) are in `Instruction.after`.

Slots of a frame: parameters first, then captured outer values, then one slot for each result of each instruction.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ..diagnostics.effect import PURE, Behaviour
from ..diagnostics.frozen import frozen
from ..diagnostics.location import UNKNOWN, Location
from ..diagnostics.secrets import HIDDEN, masked
from .batch_form import BatchForm


@frozen()
class Slot:
    """An operand: the value in slot `index` of the current frame."""

    index: int


@frozen()
class Literal:
    """An operand known when compiling. One that is `hidden` is a secret, or holds one: no text shows it."""

    value: Any
    hidden: bool = False

    def __repr__(self) -> str:
        return f"Literal({HIDDEN if self.hidden else masked(repr(self.value))})"


Operand: TypeAlias = Slot | Literal


@frozen()
class Arguments:
    """How a call's operands become Python arguments: `f(*positional, **keywords)`, with stars where written.

    `positional` holds `(is_star, operand)` pairs, `keyword` holds `(name, operand)` pairs in the order of the call; the
    name `None` is a `**mapping`.
    """

    positional: tuple[tuple[bool, Operand], ...] = ()
    keyword: tuple[tuple[str | None, Operand], ...] = ()


class LoopSource(enum.Enum):
    """How a loop may take the elements of its iterable."""

    SNAPSHOT = "snapshot"
    """Nothing in the body can write the iterable: take all elements when the loop starts."""
    STEPPED = "stepped"
    """Fetch element k once nothing in iterations before k may still write; immutable ones need no waiting."""
    LISTED = "listed"
    """Likewise, and it is known before that the iterable is a container of Python's own: a fetch writes nothing."""
    SETTLED = "settled"
    """Nothing in the program writes the iterable once it is there: take all elements of a container then."""


@frozen()
class Instruction:
    """What all instructions share.

    Attributes:
        name: the op as the IR prints it, for notes, stats and the timeline.
        results: the slots this instruction fills, in order.
        after: indices of earlier instructions of the same block that must have completed before this one starts.
        location: the user's line.
    """

    name: str
    results: tuple[int, ...] = ()
    after: tuple[int, ...] = field(default=(), kw_only=True)
    location: Location = field(default=UNKNOWN, kw_only=True)


@frozen()
class Call(Instruction):
    """One leaf call. `callee` is a `Literal` for a known callable, a `Slot` for a callable that is data.

    The first result is what the call returns; further results are the operands at `mutates` (indices into
    `arguments.positional`), as the next versions of those objects. A call that `retires` runs in its place in program
    order, once everything earlier has succeeded, whatever its behaviour says of what others may notice. One that
    `is_async` gives something to await, and what that gives is the result; `behaviour` is that of both together.
    Calls with the same `batch` form that are ready at the same time may go out as one.
    """

    callee: Operand = field(kw_only=True)
    arguments: Arguments = field(default=Arguments(), kw_only=True)
    behaviour: Behaviour = field(default=PURE, kw_only=True)
    mutates: tuple[int, ...] = field(default=(), kw_only=True)
    retires: bool = field(default=False, kw_only=True)
    is_async: bool = field(default=False, kw_only=True)
    batch: BatchForm | None = field(default=None, kw_only=True)


@frozen()
class Raise(Instruction):
    """`raise exception from cause`. An ordered effect: raises once everything earlier has succeeded."""

    exception: Operand = field(kw_only=True)
    cause: Operand | None = field(default=None, kw_only=True)


@frozen()
class If(Instruction):
    """Runs one of two blocks; the condition's truth is taken with `bool`, whose effect is `truth`."""

    condition: Operand = field(kw_only=True)
    then_block: Block = field(kw_only=True)
    else_block: Block = field(kw_only=True)
    truth: Behaviour = field(default=PURE, kw_only=True)


@frozen()
class For(Instruction):
    """A loop. Body parameters: the element, then the carried values; body outputs: the next carried values.

    Results are the carried values after the last iteration. With `breaks`, the first body output is a bool: true ends
    the loop after this iteration (it is not among the carried values).
    """

    iterable: Operand = field(kw_only=True)
    initial: tuple[Operand, ...] = field(default=(), kw_only=True)
    body: Block = field(kw_only=True)
    source: LoopSource = field(default=LoopSource.STEPPED, kw_only=True)
    breaks: bool = field(default=False, kw_only=True)


@frozen()
class Map(Instruction):
    """Independent iterations: body parameter is the element; each result is the list of one body output.

    Where an iteration fails, `before_failure` is called with the lists of what the iterations before it gave: what it
    raises is the failure instead. So what the program does with all elements at once, later, fails in its place.
    """

    iterable: Operand = field(kw_only=True)
    body: Block = field(kw_only=True)
    source: LoopSource = field(default=LoopSource.STEPPED, kw_only=True)
    window: int | None = field(default=None, kw_only=True)
    before_failure: Literal | None = field(default=None, kw_only=True)


@frozen()
class While(Instruction):
    """`condition` block: parameters are the carried values, its one output is tested; `body`: carried in and out."""

    initial: tuple[Operand, ...] = field(default=(), kw_only=True)
    condition: Block = field(kw_only=True)
    body: Block = field(kw_only=True)
    truth: Behaviour = field(default=PURE, kw_only=True)


@frozen()
class Try(Instruction):
    """Runs `body`; where an exception leaves it, runs `handler` (one parameter: the exception) once all ops of the
    body before the failing one are settled. Both blocks give the results. A handler re-raises with `Raise`."""

    body: Block = field(kw_only=True)
    handler: Block = field(kw_only=True)


@frozen()
class Invoke(Instruction):
    """A call of another function of the plan, by symbol; its frame starts before all its inputs are there."""

    symbol: str = field(kw_only=True)
    operands: tuple[Operand, ...] = field(default=(), kw_only=True)


@frozen()
class Block:
    """One region: `captures` are `(outer slot, inner slot)` pairs, `outputs` what it yields to its instruction.

    `may_write` says whether any instruction inside, at any depth, may write state that a later read sees; `has_fence`
    the same for fences. Both are computed by `summarise` when a plan is built.
    """

    num_slots: int
    instructions: tuple[Instruction, ...]
    outputs: tuple[Operand, ...]
    num_params: int = 0
    captures: tuple[tuple[int, int], ...] = ()
    may_write: bool = True
    has_fence: bool = False


Resolver: TypeAlias = Callable[[Any, tuple[Any, ...], dict[str, Any]], Behaviour]
AwaitedResolver: TypeAlias = Callable[[Any, tuple[Any, ...], dict[str, Any], bool], Behaviour]


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole program: its functions by symbol, the entry, and the resolver of dynamic effects.

    `resolve(function, args, kwargs)` answers what a `DYNAMIC` call does, given the actual callable and arguments. It
    performs no effect and never raises. It may look at the contents of mutable arguments, so it is asked once nothing
    earlier may still write; `resolve_early` is asked when the inputs arrive, looks at no such contents, and answers
    `DYNAMIC` where it can't tell without them (None: `resolve` itself needs no contents). `resolve_awaited` answers for
    `async` calls what calling and awaiting does; it looks at contents as `resolve` does, unless its last argument,
    `settled`, is false. None: such calls are ordered. A plan that `is_async` has `async` calls; it needs an event loop.
    One that `is_batched` has calls with a batch form. One that `holds_arrays` has array code: arrays go after their
    last use.
    """

    functions: Mapping[str, Block]
    entry: str
    resolve: Resolver
    resolve_early: Resolver | None = None
    resolve_awaited: AwaitedResolver | None = None
    is_async: bool = False
    is_batched: bool = False
    holds_arrays: bool = False
    prepared: dict[int, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What the dataflow executor has prepared, by `identity` of the block; the plan keeps the blocks alive."""
    shortest_ns: dict[tuple[int, int], int] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Of calls on the driving thread of a batched plan, by prepared block likewise and index: the shortest time."""
    sites: dict[int, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Where calls of each block may go to a worker, likewise."""
    outlined: list[Any] = field(default_factory=list, init=False, repr=False, compare=False)
    """Which slots hold containers whose outlines are of use, once that has been asked: by `id` of the block."""
    steady: list[Any] = field(default_factory=list, init=False, repr=False, compare=False)
    """What runs have learned of the plan as a whole, once it has run."""
