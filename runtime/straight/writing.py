"""Writes a plan as Python source: blocks inside each other, one statement for each instruction, values in locals.

In: a plan. Out: `Source`. Assumes: the plan has no `async` calls.
Ensures: what the code does and raises, and in which order, is what the sequential executor does.

Between calls that might have been handed to a worker the code looks at the clock: after the first, after two more, four
more, and so on up to each sixteen; a loop likewise between iterations, as long as they take no time to speak of. Where
that took too long, `suspect` says whether to leave the code; `leave` then takes all locals to where the run goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..handled import raise_from
from ..last_use import ARRAYS, GONE, last_uses
from ..latency import FAST_NS
from ..plan import Block, Call, For, If, Instruction, Invoke, Map, Operand, Plan, Raise, Slot, Try, While
from ..plan_summary import blocks_of
from ..site import Site, site_of, sites_of
from .called import call_text, is_trivial
from .scope import Point, Role, Scope, Term

MAX_BATCH = 16
"""Calls between two looks at the clock, which costs about half as much as calling an empty function."""
MAX_STRIDE = 64
"""Iterations between two looks at the clock."""
STRIDE_NS = 2000
"""A stride that takes less time is doubled: so calls that do anything at all, such as a look into a cache, are few."""
MAX_LINES = 50_000
"""Statements above which compiling takes longer than it is worth (some 10 microseconds for each)."""


class NotStraight(Exception):
    """The plan can't be written as straight code."""


@dataclass(slots=True, eq=False)
class Batch:
    """Calls between two looks at the clock.

    Attributes:
        sites: where they are made.
        is_exact: nothing else of any length runs in between.
    """

    sites: list[Site] = field(default_factory=list)
    is_exact: bool = True


@dataclass(slots=True, eq=False)
class Source:
    """Written code.

    Attributes:
        lines: the statements of all functions.
        names: the globals of the code.
        places: for each line, from 1 on, the scope and the instruction it belongs to.
        sites: all sites that are fast, on which the code relies.
        has_sites: whether there are any, fast or not.
    """

    lines: list[str] = field(default_factory=list)
    names: dict[str, Any] = field(default_factory=dict)
    places: list[tuple[Scope, int]] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)
    has_sites: bool = False


class Writer:
    """Writes one plan."""

    def __init__(self, plan: Plan) -> None:
        self.source = Source()
        self._plan = plan
        self._indent = 0
        self._num_names = 0
        self._constants: dict[int, Term] = {}
        self._batch = Batch()
        self._allowance = 1
        self._functions: dict[str, str] = {}
        self._pending: list[str] = []
        self._inlined: list[str] = []
        self._with_sites = _symbols_with_sites(plan)
        self._last_uses: dict[int, tuple[tuple[int, ...], ...]] = {}
        self._own: dict[Scope, set[Term]] = {}  # locals that are the name of one slot alone

    def write(self) -> Source:
        """The whole plan; the function `straight(a)` takes the arguments as a tuple."""
        entry = self._plan.functions[self._plan.entry]
        scope = Scope(entry, Role.ENTRY)
        self._statement("def straight(a):", scope, 0)
        self._indent += 1
        if entry.num_params:
            params = self._fill(scope, range(entry.num_params))
            self._statement(f"{', '.join(params)}, = a", scope, 0)
        self._statement("n = 0; w = None; t0 = now()", scope, 0)
        self._block(scope)
        self._check(scope, len(entry.instructions))
        self._statement(f"return {_tuple(self._outputs(scope))}, n", scope, len(entry.instructions))
        self._indent -= 1
        while self._pending:
            self._function(self._pending.pop())
        return self.source

    def _function(self, symbol: str) -> None:
        """A function of the plan without sites, as a function of its own."""
        block = self._plan.functions[symbol]
        scope = Scope(block, Role.ENTRY)
        params = self._fill(scope, range(block.num_params))
        self._statement(f"def {self._functions[symbol]}({', '.join(params)}):", scope, 0)
        self._indent += 1
        self._statement("n = 0", scope, 0)
        self._block(scope)
        self._statement(f"return {_tuple(self._outputs(scope))}, n", scope, len(block.instructions))
        self._indent -= 1

    # ---- blocks

    def _block(self, scope: Scope) -> None:
        num_calls = scope.later_calls(0)
        if num_calls:
            self._statement(f"n += {num_calls}", scope, 0)
        for index, instruction in enumerate(scope.block.instructions):
            match instruction:
                case Call():
                    self._call(scope, index, instruction)
                case Raise():
                    self._raise(scope, index, instruction)
                case If():
                    self._if(scope, index, instruction)
                case For() | Map():
                    self._loop(scope, index, instruction)
                case While():
                    self._while(scope, index, instruction)
                case Try():
                    self._try(scope, index, instruction)
                case Invoke():
                    self._invoke(scope, index, instruction)
                case _:
                    raise NotStraight
            if self._plan.holds_arrays:
                self._let_go(scope, index)

    def _let_go(self, scope: Scope, index: int) -> None:
        """Empties the locals with arrays that are used for the last time."""
        block, own = scope.block, self._own.get(scope, ())
        last = self._last_uses.get(id(block)) or self._last_uses.setdefault(id(block), last_uses(block))
        for slot in last[index]:
            term = scope.names[slot]
            if term in own:
                arrays, gone = self._constant(ARRAYS), self._constant(GONE)
                self._statement(f"if type({term}) in {arrays}: {term} = {gone}", scope, index)

    def _inner(self, outer: Scope, index: int, block: Block, role: Role) -> Scope:
        """The scope of a block in an instruction: captured slots are other names for the outer ones."""
        scope = Scope(block, role, outer, index)
        for outer_slot, inner_slot in block.captures:
            scope.names[inner_slot] = outer.names[outer_slot]
        return scope

    def _call(self, scope: Scope, index: int, call: Call) -> None:
        site = sites_of(self._plan, scope.block)[index]
        if call.is_async:
            raise NotStraight
        text, result = call_text(call, lambda operand: self._term(operand, scope))
        if site is None:
            self._batch.is_exact &= is_trivial(call)
        else:
            self.source.has_sites = True
            self._guard(scope, index, call, site)
        results = call.results
        if not results:
            self._statement(text, scope, index)
        elif result is not None:
            self._statement(text, scope, index)
            self._alias(scope, results[:1], [result])
        else:
            (name,) = self._fill(scope, results[:1])
            self._own.setdefault(scope, set()).add(name)
            self._statement(f"{name} = {text}", scope, index)
        for slot, position in zip(results[1:], call.mutates, strict=True) if results else ():
            self._alias(scope, (slot,), [self._term(call.arguments.positional[position][1], scope)])
        if site is not None:
            self._batch.sites.append(site)
            if len(self._batch.sites) >= self._allowance:
                self._allowance = min(2 * self._allowance, MAX_BATCH)
                self._check(scope, index + 1)

    def _guard(self, scope: Scope, index: int, call: Call, site: Site) -> None:
        """Leaves the code before a call that isn't known to be fast."""
        if site.latency is not None and site.is_fast:
            self.source.sites.append(site)
            return
        name = self._constant(site)
        test = f"{name}.is_fast" if site.latency else f"{name}.admits({self._term(call.callee, scope)})"
        self._statement(f"if not {test}: return leave({self._point(Point(scope, index))}, locals())", scope, index)

    def _raise(self, scope: Scope, index: int, instruction: Raise) -> None:
        exception = self._term(instruction.exception, scope)
        cause = "None" if instruction.cause is None else self._term(instruction.cause, scope)
        name = self._constant(raise_from)
        self._statement(f"{name}({exception}, {cause}, {instruction.cause is not None})", scope, index)

    def _if(self, scope: Scope, index: int, instruction: If) -> None:
        results = [self._new("v") for _ in instruction.results]
        before = self._batch
        merged = Batch(list(before.sites), before.is_exact)
        for keyword, block in (
            (f"if {self._term(instruction.condition, scope)}:", instruction.then_block),
            ("else:", instruction.else_block),
        ):
            inner = self._inner(scope, index, block, Role.BRANCH)
            self._batch = Batch(list(before.sites), before.is_exact)
            self._statement(keyword, scope, index)
            self._indent += 1
            self._block(inner)
            self._assign(results, self._outputs(inner), scope, index)
            self._indent -= 1
            merged.sites += [site for site in self._batch.sites if site not in merged.sites]
            merged.is_exact &= self._batch.is_exact
        self._batch = merged
        self._name(scope, instruction.results, results)

    def _try(self, scope: Scope, index: int, instruction: Try) -> None:
        results = [self._new("v") for _ in instruction.results]
        body = self._inner(scope, index, instruction.body, Role.BODY)
        self._statement("try:", scope, index)
        self._indent += 1
        self._block(body)
        self._assign(results, self._outputs(body), scope, index)
        self._indent -= 1
        handler = self._inner(scope, index, instruction.handler, Role.HANDLER)
        (error,) = self._fill(handler, (0,))
        caught = self._new("x")
        self._statement(f"except BaseException as {caught}:", scope, index)
        self._indent += 1
        self._statement(f"{error} = {caught}; n -= caught({caught}, {self._constant(body)})", scope, index)
        self._block(handler)
        self._assign(results, self._outputs(handler), scope, index)
        self._indent -= 1
        self._name(scope, instruction.results, results)

    def _invoke(self, scope: Scope, index: int, instruction: Invoke) -> None:
        symbol = instruction.symbol
        operands = [self._term(operand, scope) for operand in instruction.operands]
        block = self._plan.functions[symbol]
        if symbol in self._with_sites:
            if symbol in self._inlined:
                raise NotStraight
            self._inlined.append(symbol)
            inner = self._inner(scope, index, block, Role.FUNCTION)
            self._name(inner, range(block.num_params), operands)
            self._block(inner)
            self._inlined.pop()
            self._alias(scope, instruction.results, self._outputs(inner))
            return
        self._batch.is_exact = False
        if symbol not in self._functions:
            self._functions[symbol] = f"f{len(self._functions)}"
            self._pending.append(symbol)
        given = self._new("r")
        results = self._fill(scope, instruction.results)
        self._statement(f"{given} = {self._functions[symbol]}({', '.join(operands)})", scope, index)
        self._statement(f"n += {given}[1]", scope, index)
        if results:
            self._statement(f"{', '.join(results)}, = {given}[0]", scope, index)

    # ---- loops

    def _loop(self, scope: Scope, index: int, loop: For | Map) -> None:
        has_sites = _has_sites(loop.body, self._with_sites)
        if isinstance(loop, Map) and loop.before_failure is not None:
            raise NotStraight
        if has_sites:
            self._check(scope, index)
        body = self._inner(scope, index, loop.body, Role.ITERATION)
        (element, *params) = self._fill(body, range(loop.body.num_params))
        if isinstance(loop, Map):
            body.lists = tuple(self._new("m") for _ in loop.results)
            for name in body.lists:
                self._statement(f"{name} = []", scope, index)
        else:
            body.carried = tuple(params)
            self._assign(params, [self._term(operand, scope) for operand in loop.initial], scope, index)
        self._name(scope, loop.results, body.lists or body.carried)
        iterable = self._term(loop.iterable, scope)
        if not has_sites:
            self._statement(f"for {element} in {iterable}:", scope, index)
            self._iteration(body, loop)
            self._batch.is_exact = False
            return
        self._strides(body, loop, element, iterable)

    def _iteration(self, body: Scope, loop: For | Map) -> None:
        assert body.outer is not None
        self._indent += 1
        self._block(body)
        outputs = self._outputs(body)
        breaks = outputs.pop(0) if isinstance(loop, For) and loop.breaks else None
        for name, output in zip(body.lists, outputs, strict=False):
            self._statement(f"{name}.append({output})", body.outer, body.index)
        if isinstance(loop, For):
            self._assign(body.carried, outputs, body.outer, body.index)
        if breaks is not None:
            self._statement(f"if {breaks}: break", body.outer, body.index)
        self._statement("pass", body.outer, body.index)
        self._indent -= 1

    def _strides(self, body: Scope, loop: For | Map, element: Term, iterable: Term) -> None:
        """A loop that looks at the clock between strides of iterations."""
        scope, index = body.outer, body.index
        assert scope is not None
        body.iterator = self._new("i")
        stride = self._new("q")
        self._statement(f"{body.iterator} = iter({iterable}); {stride} = 1; t0 = now()", scope, index)
        self._statement("while True:", scope, index)
        self._indent += 1
        self._statement(f"{element} = END", scope, index)
        self._statement(f"for {element} in islice({body.iterator}, {stride}):", scope, index)
        outer_allowance, self._allowance = self._allowance, MAX_BATCH
        self._batch = Batch()
        self._iteration(body, loop)
        self._allowance = outer_allowance
        self._statement("else:", scope, index)
        self._indent += 1
        self._statement(f"if {element} is END: break", scope, index)
        if self._batch.sites:
            self._look(Point(scope, index, body), stride)
            self._statement(f"if {stride} < {MAX_STRIDE} and d < {STRIDE_NS}: {stride} += {stride}", scope, index)
        else:
            self._statement(f"{stride} = {MAX_STRIDE}", scope, index)
        self._statement("continue", scope, index)
        self._indent -= 1
        self._statement("break", scope, index)
        self._indent -= 1
        self._batch = Batch()

    def _while(self, scope: Scope, index: int, loop: While) -> None:
        has_sites = any(_has_sites(block, self._with_sites) for block in (loop.condition, loop.body))
        if has_sites:
            self._check(scope, index)
        carried = tuple(self._new("v") for _ in loop.initial)
        self._assign(carried, [self._term(operand, scope) for operand in loop.initial], scope, index)
        outer_allowance, self._allowance = self._allowance, MAX_BATCH
        condition = self._inner(scope, index, loop.condition, Role.CONDITION)
        body = self._inner(scope, index, loop.body, Role.BODY)
        for inner in (condition, body):
            inner.carried = carried
            self._name(inner, range(inner.block.num_params), carried)
        if has_sites:
            self._statement("t0 = now()", scope, index)
            self._batch = Batch()
        self._statement("while True:", scope, index)
        self._indent += 1
        self._block(condition)
        (tested,) = self._outputs(condition)
        self._statement(f"if not {tested}: break", scope, index)
        self._block(body)
        self._assign(carried, self._outputs(body), scope, index)
        if has_sites and self._batch.sites:
            self._look(Point(scope, index, body), None)
        self._indent -= 1
        self._batch = Batch(is_exact=False)
        self._allowance = outer_allowance
        self._name(scope, loop.results, carried)

    # ---- the clock

    def _check(self, scope: Scope, index: int) -> None:
        """Looks at the clock if there were calls since the last time; else only starts it anew."""
        if self._batch.sites:
            self._look(Point(scope, index), None)

    def _look(self, point: Point, stride: Term | None) -> None:
        batch, scope = self._batch, point.scope
        num = len(batch.sites)
        times = "" if stride is None else f" * {stride}"
        self._statement("t = now(); d = t - t0", scope, point.index)
        self._statement(f"if d > {num * FAST_NS}{times}:", scope, point.index)
        self._indent += 1
        self._statement(f"w = suspect(w, d, n, {num}{times}, {self._constant(batch)})", scope, point.index)
        self._statement(f"if w.leaves: return leave({self._point(point)}, locals())", scope, point.index)
        self._indent -= 1
        self._statement("t0 = t", scope, point.index)
        self._batch = Batch()

    # ---- names

    def _outputs(self, scope: Scope) -> list[Term]:
        return [self._term(operand, scope) for operand in scope.block.outputs]

    def _term(self, operand: Operand, scope: Scope) -> Term:
        return scope.names[operand.index] if isinstance(operand, Slot) else self._constant(operand.value)

    def _constant(self, value: Any) -> Term:
        if value is None or value is True or value is False:
            return repr(value)
        name = self._constants.get(id(value))
        if name is None:
            name = self._constants[id(value)] = f"k{len(self._constants)}"
            self.source.names[name] = value
        return name

    def _point(self, point: Point) -> Term:
        return self._constant(point)

    def _new(self, letter: str) -> Term:
        self._num_names += 1
        return f"{letter}{self._num_names}"

    def _fill(self, scope: Scope, slots: Sequence[int]) -> list[Term]:
        """New locals for slots."""
        names = [self._new("v") for _ in slots]
        self._name(scope, slots, names)
        return names

    @staticmethod
    def _name(scope: Scope, slots: Sequence[int], names: Sequence[Term]) -> None:
        scope.names.update(zip(slots, names, strict=True))

    def _alias(self, scope: Scope, slots: Sequence[int], terms: Sequence[Term]) -> None:
        """Other names of slots for what has a name already."""
        self._own.get(scope, set()).difference_update(terms)
        self._name(scope, slots, terms)

    def _assign(self, names: Sequence[Term], terms: Sequence[Term], scope: Scope, index: int) -> None:
        """All at once: a term may be the name of another."""
        if names and tuple(names) != tuple(terms):
            self._statement(f"{', '.join(names)} = {', '.join(terms)}", scope, index)
        else:
            self._statement("pass", scope, index)

    def _statement(self, text: str, scope: Scope, index: int) -> None:
        source = self.source
        if len(source.lines) >= MAX_LINES or self._indent > 60:
            raise NotStraight
        source.lines.append(" " * self._indent + text)
        source.places.append((scope, index))


def _tuple(terms: Sequence[Term]) -> str:
    return f"({', '.join(terms)}{',' if terms else ''})"


def _has_sites(block: Block, symbols: set[str]) -> bool:
    pending = [block]
    while pending:
        for instruction in pending.pop().instructions:
            if _is_site(instruction) or (isinstance(instruction, Invoke) and instruction.symbol in symbols):
                return True
            pending.extend(blocks_of(instruction).values())
    return False


def _is_site(instruction: Instruction) -> bool:
    return isinstance(instruction, Call) and site_of(instruction) is not None


def _symbols_with_sites(plan: Plan) -> set[str]:
    found: set[str] = set()
    while True:
        new = {s for s, block in plan.functions.items() if s not in found and _has_sites(block, found)}
        if not new:
            return found
        found |= new
