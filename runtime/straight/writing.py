"""Writes a plan as Python source: blocks inside each other, one statement for each instruction, values in locals.

In: a plan. Out: `Source`. Assumes: the plan has no `async` calls.
Ensures: what the code does and raises, and in which order, is what the sequential executor does.

Between calls that might have been handed to a worker the code looks at the clock: after the first, after two more, four
more, and so on up to each sixteen; a loop likewise between iterations, as long as they take no time to speak of. Where
that took too long, `suspect` says whether to leave the code; `leave` then takes all locals to where the run goes on.
"""

from __future__ import annotations

from ...diagnostics.identity import identity
from ..handled import raise_from
from ..last_use import ARRAYS, GONE, last_uses
from ..plan import Call, For, If, Invoke, Map, Plan, Raise, Try, While
from ..site import sites_of
from .called import call_text, is_trivial, quick_way
from .entrance import Entrance
from .loops import LoopWriter
from .scope import Role, Scope, Term
from .source import MAX_BATCH, Batch, NotStraight, Source, tuple_of


class Writer(LoopWriter):
    """Writes one plan."""

    def __init__(self, plan: Plan, entrance: Entrance | None = None) -> None:
        super().__init__(plan)
        self._entrance = entrance
        if entrance is not None:
            self._leave = "raise leave"
        self._functions: dict[str, str] = {}
        self._pending: list[str] = []
        self._inlined: list[str] = []
        self._last_uses: dict[int, tuple[tuple[int, ...], ...]] = {}

    def write(self) -> Source:
        """The whole plan: as the function `straight(a)` of a tuple of arguments, or as the entrance says."""
        entry = self._plan.functions[self._plan.entry]
        scope = Scope(entry, Role.ENTRY)
        self._open(scope)
        self._statement("n = 0; w = None", scope, 0)
        self._block(scope)
        self._check(scope, len(entry.instructions))
        self._close(scope, len(entry.instructions))
        while self._pending:
            self._function(self._pending.pop())
        return self.source

    def _open(self, scope: Scope) -> None:
        params, entrance = self._fill(scope, range(scope.block.num_params)), self._entrance
        for line in ("def straight(a):",) if entrance is None else entrance.before:
            self._statement(line, scope, 0)
        self._indent = 1 if entrance is None else entrance.depth
        if params:
            given = "a" if entrance is None else tuple_of(entrance.params)
            self._statement(f"{', '.join(params)}, = {given}", scope, 0)
        self._statement(f"t0 = {'now()' if entrance is None else entrance.start}", scope, 0)
        if entrance is not None:
            self._classes.update({params[index]: cls for index, cls in entrance.classes.items()})

    def _close(self, scope: Scope, index: int) -> None:
        outputs, entrance = self._outputs(scope), self._entrance
        if entrance is None:
            self._statement(f"return {tuple_of(outputs)}, n", scope, index)
        else:
            self._statement(f"{entrance.result} = {tuple_of(outputs)}", scope, index)
        self._indent = 0
        for line in () if entrance is None else entrance.after:
            self._statement(line, scope, index)

    def _function(self, symbol: str) -> None:
        """A function of the plan without sites, as a function of its own."""
        block = self._plan.functions[symbol]
        scope = Scope(block, Role.ENTRY)
        params = self._fill(scope, range(block.num_params))
        self._statement(f"def {self._functions[symbol]}({', '.join(params)}):", scope, 0)
        self._indent += 1
        self._statement("n = 0", scope, 0)
        self._block(scope)
        self._statement(f"return {tuple_of(self._outputs(scope))}, n", scope, len(block.instructions))
        self._indent -= 1

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
            if self._plan.holds_arrays and (scope.outer is not None or index + 1 < len(scope.block.instructions)):
                self._let_go(scope, index)

    def _let_go(self, scope: Scope, index: int) -> None:
        """Empties the locals with arrays that are used for the last time."""
        block, own = scope.block, self._own.get(scope, ())
        last = self._last_uses.get(identity(block)) or self._last_uses.setdefault(identity(block), last_uses(block))
        for slot in last[index]:
            term = scope.names[slot]
            if term in own:
                arrays, gone = self.constant(ARRAYS), self.constant(GONE)
                self._statement(f"if type({term}) in {arrays}: {term} = {gone}", scope, index)

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
            self._give(name, call, text, scope, index)
        for slot, position in zip(results[1:], call.mutates, strict=True) if results else ():
            self._alias(scope, (slot,), [self._term(call.arguments.positional[position][1], scope)])
        if site is not None:
            self._batch.sites.append(site)
            if len(self._batch.sites) >= self._allowance:
                self._allowance = min(2 * self._allowance, MAX_BATCH)
                self._check(scope, index + 1)

    def _give(self, name: Term, call: Call, text: str, scope: Scope, index: int) -> None:
        """Assigns the result of a call, which goes the quicker way where there is one."""
        quick = quick_way(call, lambda operand: self._term(operand, scope), self)
        if quick is None:
            self._statement(f"{name} = {text}", scope, index)
            return
        test, quicker = quick
        gone = self.constant(GONE)
        self._statement(f"{name} = {gone}", scope, index)
        self._statement(f"if {test}:", scope, index)
        self._statement(f" try: {name} = {quicker}", scope, index)
        self._statement(" except Exception: pass", scope, index)
        self._statement(f"if {name} is {gone}: {name} = {text}", scope, index)

    def _raise(self, scope: Scope, index: int, instruction: Raise) -> None:
        exception = self._term(instruction.exception, scope)
        cause = "None" if instruction.cause is None else self._term(instruction.cause, scope)
        name = self.constant(raise_from)
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
        if self._entrance is not None:
            self._statement("except Left: raise", scope, index)
        caught = self._new("x")
        self._statement(f"except BaseException as {caught}:", scope, index)
        self._indent += 1
        self._statement(f"{error} = {caught}; n -= caught({caught}, {self.constant(body)})", scope, index)
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
