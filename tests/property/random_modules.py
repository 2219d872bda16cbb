"""Random programs of the dialect as text, and the world they run in: deterministic callables that note every call."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

DECLARATIONS = """\
xcs.callable @ask {path = "world:ask", effect = #xcs.effect<unordered, external>}
xcs.callable @get {path = "world:get", effect = #xcs.effect<reads, external>}
xcs.callable @log {path = "world:log", effect = #xcs.effect<ordered>}
xcs.callable @fmt {path = "world:fmt", effect = #xcs.effect<pure>}
xcs.callable @wrap {path = "world:wrap", effect = #xcs.effect<pure>}
xcs.callable @arr {path = "world:arr", effect = #xcs.effect<pure>, array = "jax"}
xcs.callable @brr {path = "world:brr", effect = #xcs.effect<pure>, array = "jax"}
xcs.callable @mat {path = "world:mat", effect = #xcs.effect<pure>, array = "numpy"}
xcs.callable @join {path = "world:join", effect = #xcs.effect<pure>}
"""

LEAF_CALLS = (
    "unordered external @ask",
    "unordered external @ask",
    "unordered external @ask",
    "reads external @get",
    "ordered @log",
    "pure @fmt",
    "pure total @wrap",
    "pure @brr",
    "pure total @arr",
    "pure total @arr",
    "pure total fresh @mat",
)


@dataclass
class World:
    """What a program calls. Whether a call raises depends on its arguments only.

    Attributes:
        one_in: of the calls that may raise, about one in so many does.
        calls: every external call, in the order made.
        log: every ordered call.
    """

    one_in: int = 9
    calls: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)

    def callables(self) -> dict[str, Callable[..., Any]]:
        """The objects behind the declarations."""
        return {
            "ask": lambda *args: self._act("ask", args, self.calls),
            "get": lambda *args: self._act("get", (*args, len(self.log)), self.calls),
            "log": lambda *args: self._act("log", args, self.log),
            "fmt": lambda *args: _answer("fmt", args, self.one_in),
            "wrap": lambda *args: _answer("wrap", args),
            "arr": lambda *args: _answer("arr", args),
            "brr": lambda *args: _answer("brr", args, self.one_in),
            "mat": lambda *args: _answer("mat", args),
            "join": lambda *args: _answer("join", args),
        }

    def _act(self, name: str, args: tuple[Any, ...], notes: list[str]) -> str:
        notes.append(f"{name}{args!r}")
        return _answer(name, args, self.one_in)


def _answer(name: str, args: tuple[Any, ...], raises_one_in: int = 0) -> str:
    number = zlib.crc32(repr((name, args)).encode())
    if raises_one_in and number % raises_one_in == 0:
        raise ValueError(f"{name}{args!r}")
    return f"{name}{number % 100_003}"


class ModuleWriter:
    """Writes one random program; `draw` decides."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self.draw = draw
        self.lines: list[str] = []
        self.num_names = 0
        self.num_helpers = 0

    def write(self) -> str:
        """The text of a module, whose entry `@main` takes two strings and a list."""
        self.num_helpers = self.draw(st.integers(0, 2))
        self.function("main", ["%p", "%q", "%xs"], "%p : !xcs.obj, %q : !xcs.obj, %xs : !xcs.list<!xcs.obj>", 14)
        for index in range(self.num_helpers):
            self.num_helpers = index  # a helper calls only those before it, so that programs end
            self.function(f"helper{index}", ["%p", "%q"], "%p : !xcs.obj, %q : !xcs.obj", 5)
        return DECLARATIONS + "\n".join(self.lines) + "\n"

    def function(self, name: str, scope: list[str], params: str, max_ops: int) -> None:
        """One function."""
        self.lines.append(f"xcs.func @{name}({params}) -> (!xcs.obj) {{")
        values = self.block(scope, 1, max_ops)
        self.lines += [f"  %result_{name} = xcs.make_tuple({', '.join(values)})", f"  xcs.return %result_{name}", "}"]

    def block(self, scope: list[str], depth: int, max_ops: int) -> list[str]:
        """The ops of a block but its terminator; gives some of the values it can yield."""
        inner = list(scope)
        lists: list[str] = []
        for _ in range(self.draw(st.integers(1, max_ops))):
            self.op(inner, lists, depth)
        return [*inner[-4:], *lists[-1:]]

    def op(self, scope: list[str], lists: list[str], depth: int) -> None:
        """One op, with all that belongs to it."""
        writers = [self.call, self.call, self.call, self.call, self.structure, self.structure, self.update]
        if depth < 3:
            writers += [self.branch, self.collecting, self.collecting, self.accumulating, self.mapping, self.handler]
        if self.num_helpers:
            writers.append(self.invoke)
        self.draw(st.sampled_from(writers))(scope, lists, depth)

    def name(self) -> str:
        """A new value."""
        self.num_names += 1
        return f"%v{self.num_names}"

    def operand(self, scope: list[str]) -> str:
        """A value that is there, the newest most often."""
        return self.draw(st.sampled_from([*scope, *scope[-3:], *scope[-1:]]))

    def emit(self, depth: int, line: str) -> None:
        """One line of text."""
        self.lines.append("  " * depth + line)

    def call(self, scope: list[str], lists: list[str], depth: int) -> None:
        """A call of the world or of something pure."""
        callee = self.draw(st.sampled_from(LEAF_CALLS))
        operands = [self.operand([*scope, *lists[-1:]]) for _ in range(self.draw(st.integers(1, 2)))]
        result = self.name()
        self.emit(depth, f"{result} = xcs.call {callee}({', '.join(operands)})")
        scope.append(result)

    def structure(self, scope: list[str], lists: list[str], depth: int) -> None:
        """A literal, a sequence, or parts of one."""
        result, other = self.name(), self.name()
        a, b = self.operand(scope), self.operand(scope)
        match self.draw(st.sampled_from(("constant", "tuple", "list", "unpack", "item", "wrong item"))):
            case "constant":
                literal = self.draw(st.sampled_from(("1", "True", "1.0", '"x"')))
                self.emit(depth, f"{result} = xcs.constant {literal}")
            case "tuple":
                self.emit(depth, f"{result} = xcs.make_tuple({a}, {b})")
            case "list":
                self.emit(depth, f"{result} = xcs.make_list({self.draw(st.sampled_from(('', a, f'{a}, {b}')))})")
                lists.append(result)
                return
            case "unpack":
                self.emit(depth, f"{result}t = xcs.make_tuple({a}, {b})")
                self.emit(depth, f"{result}, {other} = xcs.unpack pure {result}t -> (!xcs.obj, !xcs.obj)")
                scope.append(other)
            case "item" | "wrong item" as which:
                index = self.draw(st.integers(-2, 1)) if which == "item" else 2
                self.emit(depth, f"{result}t = xcs.make_tuple({a}, {b})")
                self.emit(depth, f"{result}i = xcs.constant {index}")
                self.emit(depth, f"{result} = xcs.getitem pure {result}t[{result}i]")
        scope.append(result)

    def update(self, scope: list[str], lists: list[str], depth: int) -> None:
        """One more element in a list of this block."""
        if not lists:
            return self.structure(scope, lists, depth)
        result = self.name()
        self.emit(depth, f"{result} = xcs.append {lists[-1]}, {self.operand(scope)}")
        lists[-1] = result

    def branch(self, scope: list[str], lists: list[str], depth: int) -> None:
        """An `if` on a literal or on a value; its result may be an unbound name."""
        condition, result = self.operand(scope), self.name()
        if self.draw(st.booleans()):
            condition = f"{result}c"
            self.emit(depth, f"{condition} = xcs.constant {self.draw(st.sampled_from(('0', '1')))}")
        self.emit(depth, f"{result} = xcs.if {condition} {{")
        self.emit(depth + 1, f"xcs.yield {self.block(scope, depth + 1, 3)[-1]}")
        self.emit(depth, "} else {")
        other = self.block(scope, depth + 1, 3)[-1]
        if self.draw(st.integers(0, 5)) == 0:
            other = f"{result}u"
            self.emit(depth + 1, f'{other} = xcs.undef "name"')
        self.emit(depth + 1, f"xcs.yield {other}")
        self.emit(depth, "}")
        scope.append(result)

    def iterable(self, scope: list[str], depth: int) -> str:
        """A list to loop over, of up to three elements."""
        if "%xs" in scope and self.draw(st.booleans()):
            return "%xs"
        result = self.name()
        elements = [self.operand(scope) for _ in range(self.draw(st.integers(0, 3)))]
        self.emit(depth, f"{result} = xcs.make_list({', '.join(elements)})")
        return result

    def collecting(self, scope: list[str], lists: list[str], depth: int) -> None:
        """A loop that appends, unconditionally or not."""
        iterable, result = self.iterable(scope, depth), self.name()
        self.emit(depth, f"{result}e = xcs.make_list()")
        words = self.draw(st.sampled_from(("", " snapshot")))
        self.emit(depth, f"{result} = xcs.for {result}x in {iterable} iter({result}a = {result}e){words} {{")
        value = self.block([*scope, f"{result}x"], depth + 1, 4)[-1]
        self.emit(depth + 1, f"{result}n = xcs.append {result}a, {value}")
        self.emit(depth + 1, f"xcs.yield {result}n")
        self.emit(depth, "}")
        lists.append(result)

    def accumulating(self, scope: list[str], lists: list[str], depth: int) -> None:
        """A loop that carries values: joined, passed through, overwritten, or chained."""
        iterable, result = self.iterable(scope, depth), self.name()
        init, kept = self.operand(scope), self.operand(scope)
        inits = f"{result}a = {init}, {result}k = {kept}"
        self.emit(depth, f"{result}, {result}l = xcs.for {result}x in {iterable} iter({inits}) {{")
        chained = self.draw(st.booleans())
        inside = [*scope, f"{result}x", *((f"{result}a", f"{result}k") if chained else ())]
        value = self.block(inside, depth + 1, 3)[-1]
        combiner = self.draw(st.sampled_from(("pure total @join", "pure @fmt")))
        self.emit(depth + 1, f"{result}n = xcs.call {combiner}({result}a, {value})")
        left = self.draw(st.sampled_from((f"{result}k", value)))
        self.emit(depth + 1, f"xcs.yield {result}n, {left}")
        self.emit(depth, "}")
        scope += self.draw(st.sampled_from(([result], [result, f"{result}l"])))

    def mapping(self, scope: list[str], lists: list[str], depth: int) -> None:
        """A map, or two in a row."""
        iterable = self.iterable(scope, depth)
        for _ in range(self.draw(st.integers(1, 2))):
            result = self.name()
            self.emit(depth, f"{result} = xcs.map {result}x in {iterable} {{")
            self.emit(depth + 1, f"xcs.yield {self.block([*scope, f'{result}x'], depth + 1, 3)[-1]}")
            self.emit(depth, "}")
            iterable = result
        lists.append(iterable)

    def handler(self, scope: list[str], lists: list[str], depth: int) -> None:
        """A `try`, the handler of which shows the exception."""
        result = self.name()
        self.emit(depth, f"{result} = xcs.try {{")
        self.emit(depth + 1, f"xcs.yield {self.block(scope, depth + 1, 4)[-1]}")
        self.emit(depth, f"}} except ({result}e) {{")
        self.emit(depth + 1, f"{result}m = xcs.call pure total @wrap({result}e)")
        self.emit(depth + 1, f"xcs.yield {result}m")
        self.emit(depth, "}")
        scope.append(result)

    def invoke(self, scope: list[str], lists: list[str], depth: int) -> None:
        """A call of a helper function."""
        result = self.name()
        helper = self.draw(st.integers(0, self.num_helpers - 1))
        self.emit(depth, f"{result} = xcs.invoke dynamic @helper{helper}({self.operand(scope)}, {self.operand(scope)})")
        scope.append(result)


@st.composite
def modules(draw: Callable[[st.SearchStrategy[Any]], Any]) -> str:
    """Random programs."""
    return ModuleWriter(draw).write()
