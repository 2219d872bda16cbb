"""Calls: of declared callables, of callables that are data, and of other functions of the program."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import DenseArrayBase, IntegerAttr, LocationAttr, SymbolRefAttr, UnitAttr, i64
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import (
    EqAttrConstraint,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    var_operand_def,
    var_result_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer

from ..diagnostics.effect import Behaviour
from .arguments import ArgumentsAttr, parse_arguments, print_arguments
from .operands import obj_types, parse_result_types, parse_value, print_result_types
from .operation import (
    UNIT,
    EffectfulOp,
    counted,
    effect_properties,
    parse_attributes,
    parse_effect,
    print_attributes,
    print_effect,
    symbol,
)
from .symbol_call import SymbolCallOp, expect_flat_symbol

AS_LEFT = "as_left"
"""The attribute of a call at the start of a handler whose operand it finds as the body of the `try` has left it."""
AT_ITS_TIME = "at_its_time"
"""The attribute of a call that only looks at state, and at which later writes wait for it: passes leave it there."""
IN_ORDER = "in_order"
"""The attribute of a call that updates what such a call finds: the object itself, in its place in the order."""
IN_TURN = "in_turn"
"""The attribute of one of those that does nothing else, to an object that only this program sees: it waits for what
comes before it in the bodies of `try` that are around it, and for nothing before these."""


class LeafCallOp(EffectfulOp):
    """A call that the runtime makes: operands and literals become Python arguments by the template `args`.

    The first result is what the call returns. With `mutates`, a list of positions among the positional arguments,
    there is one more result for each: the next version of the object that was passed there.

    An `async` call gives something to await: the op makes it, awaits it on the running event loop, and its first result
    is what that gives.
    """

    args = prop_def(ArgumentsAttr)
    is_async = opt_prop_def(UnitAttr, prop_name="async")
    mutates = opt_prop_def(DenseArrayBase)
    outputs = var_result_def()

    @property
    def passed(self) -> Sequence[SSAValue]:
        """The operands that are passed as arguments."""
        raise NotImplementedError

    @property
    def mutated_positions(self) -> tuple[int, ...]:
        """The positional arguments that the call mutates."""
        mutates = self.properties.get("mutates")
        return () if mutates is None else tuple(mutates.get_values())  # type: ignore[attr-defined]

    @property
    def mutated(self) -> tuple[SSAValue, ...]:
        """The operands at `mutated_positions`; results 1, 2, ... are their next versions."""
        passed = self.passed
        indices = map(self.args.operand_index, self.mutated_positions)
        return tuple(passed[index] for index in indices if index is not None)

    @property
    def batch_size(self) -> int | None:
        """Up to how many of these calls go out together, where they do."""
        batch = self.properties.get("batch")
        return None if batch is None else batch.value.data  # type: ignore[attr-defined]

    def print_words(self, printer: Printer) -> None:
        """Prints everything before the callee."""
        if "async" in self.properties:
            printer.print_string(" async")
        print_effect(printer, self)
        printer.print_string(" ")

    @staticmethod
    def parse_words(parser: Parser) -> dict[str, Attribute]:
        """Reads what `print_words` prints, as properties."""
        is_async = parser.parse_optional_keyword("async") is not None
        properties = parse_effect(parser)
        if is_async:
            properties["async"] = UNIT
        return properties

    def print_call(self, printer: Printer) -> None:
        """Prints everything after the callee."""
        print_arguments(printer, self.args, self.passed)
        if "mutates" in self.properties:
            printer.print_string(" mutates ")
            with printer.in_square_brackets():
                printer.print_list(self.mutated_positions, printer.print_int)
        if (size := self.batch_size) is not None:
            printer.print_string(f" batch {size}")
        print_result_types(printer, self.outputs.types, obj_types(1 + len(self.mutated_positions)))
        print_attributes(printer, self)

    @staticmethod
    def parse_call(
        parser: Parser, properties: dict[str, Attribute]
    ) -> tuple[list[SSAValue], Sequence[Attribute], dict[str, Attribute]]:
        """Reads what `print_call` prints: operands, result types, attributes; adds to the properties."""
        operands, properties["args"] = parse_arguments(parser)
        num_results = 1
        if parser.parse_optional_keyword("mutates"):
            positions = parser.parse_comma_separated_list(parser.Delimiter.SQUARE, lambda: parser.parse_integer(False))
            properties["mutates"] = DenseArrayBase.from_list(i64, positions)
            num_results += len(positions)
        if parser.parse_optional_keyword("batch"):
            properties["batch"] = IntegerAttr(parser.parse_integer(allow_boolean=False), i64)
        types = parse_result_types(parser)
        return operands, obj_types(num_results) if types is None else types, parse_attributes(parser)

    def verify_(self) -> None:
        """The template takes all operands; each mutated argument is one, and has its next version among the results."""
        if "async" in self.properties and "total" in self.properties:
            self.fail("expected an `async` call without `total`: what is awaited may be cancelled")
        template, passed = self.args, self.passed
        if template.num_operands != len(passed):
            self.fail(f"expected {counted(template.num_operands, 'operand')} for the arguments, found {len(passed)}")
        positions = self.mutated_positions
        if "mutates" in self.properties and (not positions or self.properties["mutates"].elt_type != i64):  # type: ignore[attr-defined]
            self.fail("expected `mutates` to be a list of 64-bit integers, at least one")
        if len(set(positions)) != len(positions):
            self.fail("expected each position only once in `mutates`")
        for position in positions:
            if position < 0 or template.operand_index(position) is None:
                self.fail(f"expected `mutates` to name positional operands, found {position}")
        if len(self.results) != 1 + len(positions):
            self.fail(f"expected {counted(1 + len(positions), 'result')}, found {len(self.results)}")
        for version, value in zip(self.results[1:], self.mutated, strict=True):
            self.expect_flow(value.type, version.type, "a mutated operand for its next version")


def _call_properties(
    num_arguments: int, args: ArgumentsAttr | None, mutates: Sequence[int], is_async: bool
) -> dict[str, Attribute]:
    """The properties that leaf calls have beside their effect."""
    properties: dict[str, Attribute] = {"args": ArgumentsAttr.positional(num_arguments) if args is None else args}
    if mutates:
        properties["mutates"] = DenseArrayBase.from_list(i64, mutates)
    if is_async:
        properties["async"] = UNIT
    return properties


@irdl_op_definition
class CallOp(LeafCallOp):
    """Calls a declared callable.

    ```mlir
    xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
    xcs.callable @extend {path = "app:extend", effect = #xcs.effect<pure>}
    xcs.func @f(%x : !xcs.obj, %xs : !xcs.obj, %kw : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
      %answer = xcs.call unordered external @ask(%x, "lit", *%xs, key = %x, retries = 3, **%kw) -> (!xcs.obj<"str">)
      %none, %xs2 = xcs.call pure total fresh @extend(%xs, %answer) mutates [0]
      xcs.return %answer, %xs2
    }
    xcs.callable @fetch {path = "app:fetch", effect = #xcs.effect<unordered, external>}
    xcs.func @g(%x : !xcs.obj) -> (!xcs.obj) {
      %page = xcs.call async unordered external @fetch(%x)
      xcs.return %page
    }
    xcs.callable @embed {path = "app:embed", effect = #xcs.effect<unordered, external>, batch = "app:embed_all"}
    xcs.func @h(%x : !xcs.obj, %y : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
      %u = xcs.call unordered external @embed(%x) batch 16
      %v = xcs.call unordered external @embed(%y) batch 16
      xcs.return %u, %v
    }
    ```

    With `batch N`, calls of one callable that are ready at the same time go out in its batch form, up to N together.
    """

    name = "xcs.call"
    callee = prop_def(SymbolRefAttr)
    batch = opt_prop_def(IntegerAttr.constr(type=EqAttrConstraint(i64)))
    arguments = var_operand_def()

    @classmethod
    def make(
        cls,
        callee: SymbolRefAttr | str,
        arguments: Sequence[SSAValue],
        behaviour: Behaviour,
        *,
        args: ArgumentsAttr | None = None,
        result_types: Sequence[Attribute] | None = None,
        mutates: Sequence[int] = (),
        total: bool = False,
        fresh: bool = False,
        is_async: bool = False,
        location: LocationAttr | None = None,
    ) -> CallOp:
        """A call; without `args` all arguments are plain operands, without `result_types` all results `!xcs.obj`."""
        types = obj_types(1 + len(mutates)) if result_types is None else result_types
        properties = effect_properties(behaviour, total, fresh)
        properties["callee"] = symbol(callee) if isinstance(callee, str) else callee
        properties.update(_call_properties(len(arguments), args, mutates, is_async))
        return cls.create(operands=arguments, result_types=types, properties=properties, location=location)

    @property
    def passed(self) -> Sequence[SSAValue]:
        """All operands."""
        return self._operands

    def print(self, printer: Printer) -> None:
        """Prints the effect, the callee and the arguments."""
        self.print_words(printer)
        printer.print_attribute(self.callee)
        self.print_call(printer)

    @classmethod
    def parse(cls, parser: Parser) -> CallOp:
        """Reads what `print` prints."""
        properties = cls.parse_words(parser)
        properties["callee"] = symbol(parser.parse_symbol_name().data)
        operands, types, attributes = cls.parse_call(parser, properties)
        return cls.create(operands=operands, result_types=types, properties=properties, attributes=attributes)

    def verify_(self) -> None:
        """The callee is a flat symbol, a batch has a size, the rest as for all leaf calls."""
        expect_flat_symbol(self, self.callee)
        size = self.batch_size
        if size is not None and size < 1:
            self.fail(f"expected `batch` to be at least 1, found {size}")
        if size is not None and "mutates" in self.properties:
            self.fail("expected a batched call not to mutate anything")
        super().verify_()


@irdl_op_definition
class CallIndirectOp(LeafCallOp):
    """Calls a callable that is data, the first operand.

    ```mlir
    xcs.func @apply(%fn : !xcs.obj, %x : !xcs.obj) -> (!xcs.obj) {
      %r = xcs.call_indirect dynamic %fn(%x, key = 3)
      xcs.return %r
    }
    ```
    """

    name = "xcs.call_indirect"
    callee = operand_def()
    arguments = var_operand_def()

    @classmethod
    def make(
        cls,
        callee: SSAValue,
        arguments: Sequence[SSAValue],
        behaviour: Behaviour,
        *,
        args: ArgumentsAttr | None = None,
        result_types: Sequence[Attribute] | None = None,
        mutates: Sequence[int] = (),
        total: bool = False,
        fresh: bool = False,
        is_async: bool = False,
        location: LocationAttr | None = None,
    ) -> CallIndirectOp:
        """A call; without `args` all arguments are plain operands, without `result_types` all results `!xcs.obj`."""
        types = obj_types(1 + len(mutates)) if result_types is None else result_types
        properties = effect_properties(behaviour, total, fresh)
        properties.update(_call_properties(len(arguments), args, mutates, is_async))
        return cls.create(operands=(callee, *arguments), result_types=types, properties=properties, location=location)

    @property
    def passed(self) -> Sequence[SSAValue]:
        """All operands but the callee."""
        return self._operands[1:]

    def print(self, printer: Printer) -> None:
        """Prints the effect, the callee and the arguments."""
        self.print_words(printer)
        printer.print_operand(self.callee)
        self.print_call(printer)

    @classmethod
    def parse(cls, parser: Parser) -> CallIndirectOp:
        """Reads what `print` prints."""
        properties = cls.parse_words(parser)
        callee = parse_value(parser)
        operands, types, attributes = cls.parse_call(parser, properties)
        return cls.create(
            operands=(callee, *operands), result_types=types, properties=properties, attributes=attributes
        )


@irdl_op_definition
class InvokeOp(SymbolCallOp):
    """Calls another function of the program; all its parameters are operands.

    ```mlir
    xcs.func @helper(%a : !xcs.obj, %b : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
      xcs.return %b, %a
    }
    xcs.func @main(%a : !xcs.obj) -> (!xcs.obj) {
      %b, %c = xcs.invoke pure total @helper(%a, %a) -> (!xcs.obj, !xcs.obj)
      xcs.return %b
    }
    ```
    """

    name = "xcs.invoke"
