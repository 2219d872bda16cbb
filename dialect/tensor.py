"""Array regions: pure array code fused into one region, and after lowering a StableHLO kernel with its call."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import LocationAttr, ModuleOp, StringAttr, SymbolNameConstraint
from xdsl.ir import Attribute, Block, Region, SSAValue
from xdsl.irdl import irdl_op_definition, prop_def, region_def, traits_def, var_operand_def, var_result_def
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import HasParent, NoMemoryEffect, SymbolOpInterface

from ..diagnostics.effect import PURE, Behaviour
from .operands import (
    num_yielded,
    obj_types,
    parse_block,
    parse_result_types,
    parse_value,
    print_argument_name,
    print_block,
    print_result_types,
)
from .operation import (
    EffectfulOp,
    XcsOperation,
    effect_properties,
    parse_attributes,
    parse_effect,
    print_attributes,
    print_effect,
)
from .raw_text import balanced_end, brace_mistake
from .regions import YieldingOp
from .symbol_call import SymbolCallOp

KINDS = ("jax", "numpy")


@irdl_op_definition
class TensorOp(EffectfulOp, YieldingOp):
    """A fused region of array code, for JAX or NumPy. It uses no values from outside but its operands.

    ```mlir
    xcs.callable @add {path = "jax.numpy:add", effect = #xcs.effect<pure>}
    xcs.func @f(%x : tensor<4xf32>, %y : tensor<4xf32>) -> (tensor<4xf32>) {
      %z = xcs.tensor jax pure total (%a = %x, %b = %y) -> (tensor<4xf32>) {
        %s = xcs.call pure total @add(%a, %b) -> (tensor<4xf32>)
        xcs.yield %s
      }
      xcs.return %z
    }
    ```
    """

    name = "xcs.tensor"
    kind = prop_def(StringAttr)
    arguments = var_operand_def()
    body = region_def("single_block")
    outputs = var_result_def()

    @classmethod
    def make(
        cls,
        kind: str,
        arguments: Sequence[SSAValue],
        body: Region,
        result_types: Sequence[Attribute],
        behaviour: Behaviour = PURE,
        *,
        total: bool = False,
        fresh: bool = False,
        location: LocationAttr | None = None,
    ) -> TensorOp:
        """A region around a finished body, whose block arguments stand for the operands."""
        properties = effect_properties(behaviour, total, fresh)
        properties["kind"] = StringAttr(kind)
        return cls.create(
            operands=arguments, result_types=result_types, properties=properties, regions=(body,), location=location
        )

    def print(self, printer: Printer) -> None:
        """Prints the kind, the effect, the operands with the names they have inside, and the body."""
        printer.print_string(f" {self.kind.data}")
        print_effect(printer, self)
        printer.print_string(" ")
        with printer.in_parens():
            for index, (argument, operand) in enumerate(zip(self.body.block.args, self.operands, strict=True)):
                if index:
                    printer.print_string(", ")
                print_argument_name(printer, argument, operand.type)
                printer.print_string(" = ")
                printer.print_operand(operand)
        print_result_types(printer, self.results.types, obj_types(num_yielded(self.body)))
        print_attributes(printer, self, keyword=True)
        print_block(printer, self.body)

    @classmethod
    def parse(cls, parser: Parser) -> TensorOp:
        """Reads what `print` prints."""
        kind = parser.parse_identifier(" for the kind of array code")
        properties = parse_effect(parser) | {"kind": StringAttr(kind)}
        pairs = parser.parse_comma_separated_list(parser.Delimiter.PAREN, lambda: _parse_argument(parser))
        types = parse_result_types(parser)
        attributes = parse_attributes(parser, keyword=True)
        body = parse_block(parser, [argument for argument, _ in pairs])
        return cls.create(
            operands=[operand for _, operand in pairs],
            result_types=obj_types(num_yielded(body)) if types is None else types,
            properties=properties,
            attributes=attributes,
            regions=(body,),
        )

    def verify_(self) -> None:
        """The kind is known, the operands enter as block arguments, nothing else is captured, results are yielded."""
        if self.kind.data not in KINDS:
            self.fail(f"expected the kind to be `jax` or `numpy`, found `{self.kind.data}`")
        self.expect_yield(self.body, self.results.types, "the body")
        self.expect_arguments(self.body.block, self.operands_types, "the body")
        inside = {self.body.block}
        for op in self.body.walk():
            inside.update(block for region in op.regions for block in region.blocks)
            for operand in op.operands:
                block = operand.owner if isinstance(operand.owner, Block) else operand.owner.parent
                if block not in inside:
                    self.fail(f"expected the body to use only its block arguments, found a capture in `{op.name}`")

    @property
    def operands_types(self) -> Sequence[Attribute]:
        """The types of the operands."""
        return [operand.type for operand in self.operands]


def _parse_argument(parser: Parser) -> tuple[Parser.Argument, SSAValue]:
    """Reads `%a = %x` or `%a : type = %x`."""
    name = parser.parse_argument(expect_type=False)
    written = parser.parse_type() if parser.parse_optional_punctuation(":") else None
    location = parser.parse_optional_location()
    parser.parse_punctuation("=", " before an operand of the region")
    operand = parse_value(parser)
    return Parser.Argument(name.name, operand.type if written is None else written, location), operand


@irdl_op_definition
class XlaOp(XcsOperation):
    """A kernel: the text of a StableHLO module, verbatim.

    ```mlir
    xcs.xla @k {
    module @jit_f {
      func.func public @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
        %0 = stablehlo.add %arg0, %arg0 : tensor<4xf32>
        return %0 : tensor<4xf32>
      }
    }
    }
    ```
    """

    name = "xcs.xla"
    sym_name = prop_def(SymbolNameConstraint())
    text = prop_def(StringAttr)

    traits = traits_def(SymbolOpInterface(), NoMemoryEffect(), HasParent(ModuleOp))

    @classmethod
    def make(cls, name: str, text: str, location: LocationAttr | None = None) -> XlaOp:
        """A kernel from text; white space around it doesn't count."""
        properties = {"sym_name": StringAttr(name), "text": StringAttr(text.strip())}
        return cls.create(properties=properties, location=location)

    def print(self, printer: Printer) -> None:
        """Prints the text as it is, in braces on lines of their own."""
        printer.print_string(" ")
        printer.print_symbol_name(self.sym_name.data)
        print_attributes(printer, self, keyword=True)
        printer.print_string(" {\n" + self.text.data + "\n}", indent=0)

    @classmethod
    def parse(cls, parser: Parser) -> XlaOp:
        """Reads what `print` prints, up to the brace that closes the first one."""
        name = parser.parse_symbol_name()
        attributes = parse_attributes(parser, keyword=True)
        if parser._current_token.text != "{":
            parser.raise_error("expected the text of a kernel in braces")
        start = parser._current_token.span.end
        content = parser.lexer.input.content
        end = balanced_end(content, start)
        if end is None:
            parser.raise_error("expected a closing brace after the text of a kernel")
        parser._resume_from(end + 1)
        op = cls.make(name.data, content[start:end])
        op.attributes.update(attributes)
        return op

    def verify_(self) -> None:
        """The text can be printed between braces and read back."""
        text = self.text.data
        if text != text.strip():
            self.fail("expected the text of a kernel without white space around it")
        if (mistake := brace_mistake(text)) is not None:
            self.fail(f"expected balanced braces in the text of a kernel, found {mistake}")


@irdl_op_definition
class XlaCallOp(SymbolCallOp):
    """Runs a kernel of the module.

    ```mlir
    xcs.xla @k {
    module {}
    }
    xcs.func @f(%x : tensor<4xf32>) -> (tensor<4xf32>) {
      %y = xcs.xla_call pure total @k(%x) -> (tensor<4xf32>)
      xcs.return %y
    }
    ```
    """

    name = "xcs.xla_call"
