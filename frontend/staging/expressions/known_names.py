"""Names and chains of attributes: what they mean, where that is known while staging."""

from __future__ import annotations

import ast
import types
from functools import cached_property

from ...effects.abstract_type import StaticType
from ...effects.module_members import namespace_with
from ...effects.scope import fact, find
from ..source.names import names_of
from ..source.syntax import load_name
from ..values import LocalFunction, Maybe, Owned, Static, TupleValue, Unbound, Unstageable, Value
from .folding import FoldingStager


class NameStager(FoldingStager):
    """The layer of names."""

    has_local_functions = False  # some value may be a function of this one

    def lookup(self, name: str, node: ast.AST) -> Value:
        """The value a name is bound to."""
        value = self.state.names.get(name)
        if isinstance(value, (Maybe, Unbound)) or (value is None and name in self.local_names):
            read = load_name(name, node)
            value = self.state.names[name] = self.stage_native_expression(read)  # raises where it is unbound
        if value is not None:
            return value
        if (known := self.known_free_name(name)) is not None:
            return known
        assert isinstance(node, ast.expr)
        return self.stage_native_expression(node)

    def known_free_name(self, name: str) -> Static | None:
        """The function, class or module that a free name means; None for data, and if this function rebinds it."""
        if name not in self._free_names:
            is_shared = name in self.function_names.nonlocal_names
            found = None if is_shared else find(self.scope, name)
            known = None if found is None else found.value.type
            held = known.value if isinstance(known, StaticType) else None
            if found is not None and found.guard is not None and held is not None:
                self.program.rely_on((found.guard,))
            self._free_names[name] = None if held is None else Static(held)
        return self._free_names[name]

    @cached_property
    def _free_names(self) -> dict[str, Static | None]:
        return {}

    def local_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> LocalFunction:
        """A function defined here, with the values of the local names it reads."""
        free = {name for name in names_of([node]).read if name in self.local_names or name in self.state.names}
        captured = {name: self.state.names[name] for name in free if name in self.state.names}
        missing = free - set(captured) - (set() if isinstance(node, ast.Lambda) else {node.name})
        if missing:
            raise Unstageable(f"`{min(missing)}` is captured before it is bound", node.lineno)
        if not isinstance(node, ast.Lambda):
            captured.pop(node.name, None)  # it means itself
        self.has_local_functions = True
        return LocalFunction(node, captured)

    def known_attribute(self, node: ast.Attribute) -> Value | None:
        """What an attribute holds, if that is known: of a module, or of an object of ours."""
        if (value := self.part_held(node)) is not None:
            return value
        held = self.static_of(node.value)
        return self.known_member(held, node.attr) if isinstance(held, types.ModuleType) else None

    def known_member(self, module: types.ModuleType, name: str) -> Static | None:
        """The function, class or module that an attribute of a module is; None for data."""
        key = id(module), name
        if key not in self._members:
            namespace = namespace_with(module, name)
            found = None
            if name in namespace:
                found = fact(namespace[name], namespace, name, f"global:{module.__name__}.{name}")
            known = None if found is None else getattr(found.value.type, "value", None)
            if found is not None and found.guard is not None and known is not None:
                self.program.rely_on((found.guard,))
            self._members[key] = None if known is None else Static(known)
        return self._members[key]

    @cached_property
    def _members(self) -> dict[tuple[int, str], Static | None]:
        return {}

    def static_of(self, node: ast.expr) -> object:
        """The object a name or attribute chain is known to mean, else None."""
        if isinstance(node, ast.Name):
            value = self.state.names.get(node.id)
            if value is None and node.id not in self.local_names:
                value = self.known_free_name(node.id)
            return value.value if isinstance(value, Static) else None
        if isinstance(node, ast.Attribute):
            value = self.known_attribute(node)
            return value.value if isinstance(value, Static) else None
        return None

    def known_element(self, base: ast.Name, index: int) -> Value | None:
        """An element of a list or tuple, if that is known by itself."""
        value = self.state.names.get(base.id)
        elements: tuple[Value, ...] | None = None
        if isinstance(value, TupleValue):
            elements = value.elements
        elif isinstance(value, Owned):
            elements = self.state.heap[value].elements
            if elements is None and index == -1:
                return self.state.heap[value].last
        if elements is None or not -len(elements) <= index < len(elements):
            return None
        return elements[index]
