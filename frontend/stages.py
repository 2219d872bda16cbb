"""The stages of a program, as JAX names them: `Traced`, `Lowered`, `Compiled`; each prints itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from io import StringIO
from typing import TYPE_CHECKING, Any

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation
from xdsl.printer import Printer

from ..diagnostics.errors import XCSError
from ..dialect.functions import FuncOp
from ..dialect.verification import verify_module
from ..lowering.plan_lowering import lower_to_plan
from ..passes.dependence import analyze_block, find_parallel_opportunities
from ..passes.parallelism import ParallelismAnalysis, analyze_parallelism
from ..passes.pipeline import DEFAULT_PIPELINE, optimise, split_showing
from ..runtime.executor import Executor, ThreadsExecutor
from ..runtime.instrument import Instrument
from ..runtime.outcome import Outcome
from ..runtime.plan import Plan
from ..runtime.plan_text import plan_text
from .apart_check import Apart
from .check_effects import current_checker
from .effects.infer import resolve, resolve_awaited, resolve_early
from .effects.summary import Guard
from .staging.program import Program, symbol_of
from .staging.state.facts import Opaque
from .staging.values import Unstageable

if TYPE_CHECKING:
    from ..runtime.journal.recording import RunRecording


def module_as_text(module: ModuleOp, *, debuginfo: bool = False, generic: bool = False) -> str:
    """The textual IR of a module."""
    stream = StringIO()
    Printer(stream=stream, print_debuginfo=debuginfo, print_generic_format=generic).print_op(module)
    return stream.getvalue() + "\n"


@dataclass(frozen=True, slots=True, eq=False)
class Traced:
    """A traced function: a module in the xcs dialect, as the user's program reads.

    Attributes:
        module: the IR.
        entry: the symbol of the traced function.
        objects: the Python object behind each declared symbol.
        guards: facts about globals and classes that the trace relies on.
        opaque: pieces that run natively because they could not be staged.
        apart: what the trace relies on of the arguments: that certain objects are different ones.
        stepped: loops whose body may write what they iterate.
    """

    module: ModuleOp
    entry: str
    objects: dict[str, Any] = field(repr=False)
    guards: frozenset[Guard] = field(repr=False)
    opaque: tuple[Opaque, ...] = ()
    apart: Apart = field(default_factory=Apart, repr=False)
    stepped: tuple[Opaque, ...] = ()

    def as_text(self, *, debuginfo: bool = False, generic: bool = False) -> str:
        """The textual IR; `debuginfo` adds source locations, `generic` prints the form that any MLIR tool reads."""
        return module_as_text(self.module, debuginfo=debuginfo, generic=generic)

    def dependencies(self, op: Operation) -> tuple[Operation, ...]:
        """The ops of the same block that must have completed before `op` starts, as far as they are direct."""
        block = op.parent_block()
        if block is None:
            raise XCSError(f"expected an op of a program, found `{op.name}` outside of any block")
        return analyze_block(block).dependencies(op)

    def independent_sets(self) -> tuple[tuple[Operation, ...], ...]:
        """The external calls of the entry function, in sets that can be in flight together, level by level."""
        entry = next(op for op in self.module.ops if isinstance(op, FuncOp) and op.sym_name.data == self.entry)
        return analyze_block(entry.body.block).independent_sets()

    def find_parallel_opportunities(self) -> tuple[tuple[Operation, ...], ...]:
        """Every set of two or more external calls of one block that can be in flight together."""
        return find_parallel_opportunities(self.module)

    def verify(self) -> None:
        """Check the module.

        Raises:
            xdsl.utils.exceptions.VerifyException: a rule of the dialect is broken, which is a bug of XCS.
        """
        verify_module(self.module)

    def lower(
        self,
        pipeline: str | Sequence[str] = DEFAULT_PIPELINE,
        on_pass: Callable[[str, ModuleOp], None] | None = None,
    ) -> Lowered:
        """The module after a pass pipeline; this one stays as it is.

        Args:
            pipeline: names of passes with options, as `xcs-opt -p` takes them.
            on_pass: called after each pass with its name and the module as it is then.
        """
        module = self.module.clone()
        optimise(module, pipeline, on_pass)
        return self._lowered(module)

    def lower_in_place(self, pipeline: Sequence[str] = DEFAULT_PIPELINE) -> Lowered:
        """The same with this very module, to be run: passes that only show what is there run when somebody looks."""
        passes, showing = split_showing(pipeline)
        optimise(self.module, passes)
        return self._lowered(self.module, tuple(showing))

    def _lowered(self, module: ModuleOp, showing: tuple[str, ...] = ()) -> Lowered:
        return Lowered(module, self.entry, self.objects, self.guards, self.opaque, self.apart, self.stepped, showing)

    def after_each_pass(self, pipeline: str | Sequence[str] = DEFAULT_PIPELINE) -> tuple[tuple[str, str], ...]:
        """The name of each pass with the textual IR after it, in order."""
        texts: list[tuple[str, str]] = []
        self.lower(pipeline, lambda name, module: texts.append((name, module_as_text(module))))
        return tuple(texts)


@dataclass(frozen=True, eq=False)
class Lowered:
    """A module after the pass pipeline: what is parallel, fused and vectorised shows in it.

    Attributes:
        program: the module that is run.
        showing: passes of the pipeline that only show what is there, not run so far.
    """

    program: ModuleOp
    entry: str
    objects: dict[str, Any] = field(repr=False)
    guards: frozenset[Guard] = field(repr=False)
    opaque: tuple[Opaque, ...] = ()
    apart: Apart = field(default_factory=Apart, repr=False)
    stepped: tuple[Opaque, ...] = ()
    showing: tuple[str, ...] = ()

    @cached_property
    def module(self) -> ModuleOp:
        """The module as the whole pipeline leaves it."""
        if not self.showing:
            return self.program
        module = self.program.clone()
        optimise(module, self.showing)
        return module

    def as_text(self, dialect: str = "xcs", *, debuginfo: bool = False, generic: bool = False) -> str:
        """The textual IR.

        Args:
            dialect: `xcs`, or `stablehlo` for the same module with each array region whose operand types are known
                as its StableHLO text.
            debuginfo: print source locations.
            generic: print the form that any MLIR tool reads.
        """
        if dialect == "xcs":
            return module_as_text(self.module, debuginfo=debuginfo, generic=generic)
        if dialect != "stablehlo":
            raise XCSError(f"expected the dialect to be `xcs` or `stablehlo`, found `{dialect}`")
        from ..lowering.stablehlo import attach_stablehlo

        module = self.module.clone()
        attach_stablehlo(module, self.objects)
        return module_as_text(module, debuginfo=debuginfo, generic=generic)

    @cached_property
    def parallelism(self) -> ParallelismAnalysis:
        """What the analyses conclude: groups, critical path, strategy."""
        return analyze_parallelism(self.module)

    def compile(self, executor: Executor | None = None) -> Compiled:
        """The plan of the module, ready to run."""
        plan = lower_to_plan(self.program, self.objects, resolve, self.entry, resolve_early, resolve_awaited)
        return Compiled(self, plan, executor or ThreadsExecutor())


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """A frozen plan with its executor. Call it with one value for each parameter that is not static."""

    lowered: Lowered
    plan: Plan = field(repr=False)
    executor: Executor = field(repr=False)

    def as_text(self) -> str:
        """The plan as text."""
        return plan_text(self.plan)

    def run(
        self, values: tuple[Any, ...], instrument: Instrument | None = None, recording: RunRecording | None = None
    ) -> Outcome:
        """Run the plan, with a journal where one is given; what the program raises is in the outcome."""
        executor = current_checker() or self.executor
        if recording is None:
            return executor.run(self.plan, values, instrument)
        outcome = executor.run(self.plan, values, instrument, recording)
        recording.end()
        return outcome

    async def run_async(
        self, values: tuple[Any, ...], instrument: Instrument | None = None, recording: RunRecording | None = None
    ) -> Outcome:
        """The same on the running event loop, for plans with `async` calls."""
        if recording is None:
            return await self.executor.run_async(self.plan, values, instrument)
        outcome = await self.executor.run_async(self.plan, values, instrument, recording)
        recording.end()
        return outcome

    def __call__(self, *values: Any) -> Any:
        """The program's result, a coroutine if it awaits anything; raises the original exception where it fails.

        Raises:
            XCSError: arguments are (or hold) one object where the program relies on different ones.
        """
        if not self.lowered.apart.holds(self.lowered.apart.with_statics(values)):
            raise XCSError("expected arguments that are different objects, found one object in two places")
        if self.plan.is_async:
            return self._result(values)
        return self.run(values).unwrap()[0]

    async def _result(self, values: tuple[Any, ...]) -> Any:
        return (await self.run_async(values)).unwrap()[0]


def finish(program: Program, entry: str) -> Traced:
    """The traced stage of a program whose functions are all there."""
    program.settle_reads()
    module, apartness = program.module(entry), program.apartness
    try:
        objects = program.symbols.compiled({symbol_of(op) for op in module.ops})
    except RecursionError:
        raise Unstageable("nested too deeply") from None
    return Traced(
        module,
        entry,
        objects,
        frozenset(program.guards),
        tuple(program.opaque),
        Apart(frozenset(apartness.pairs), apartness.types, apartness.outside, tuple(sorted(apartness.trees))),
        tuple(program.stepped.values()),
    )
