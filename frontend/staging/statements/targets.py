"""Targets of assignments: patterns of names, and places whose operands are staged before the store itself."""

from __future__ import annotations

import ast
import operator
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager

from xdsl.ir import Operation

from ....diagnostics.effect import PURE, READS, Effect
from ...effects.abstract_type import (
    NONE,
    AbstractType,
    ArrayType,
    CollectionType,
    DictType,
    InstanceType,
    ListType,
    RecordType,
    TupleOfType,
    TupleType,
)
from ...effects.array_results import is_jax
from ...effects.classes import is_class, is_python_class
from ...effects.scope import class_view
from ...effects.seal import NO_SEALS
from ...effects.summary import Summary
from ..control.sort_keys import SortKeyStager
from ..expressions.expressions import has_literal_defaults
from ..expressions.leaf_ops import is_ownable
from ..source.syntax import copied, load_name, placed, store_name
from ..state.written import inside_of
from ..values import Owned, Static, Tracer, TupleValue, Unstageable, Value


class TargetStager(SortKeyStager):
    """The layer of what values are assigned to."""

    def stage_assign(self, node: ast.stmt, targets: Sequence[ast.expr], value: ast.expr, later: Set[str]) -> None:
        """Stage `target = ... = value`."""
        value = self.chosen(value)
        if all(self._is_name_pattern(target) for target in targets):
            named = self._named_at_once(targets, value, later) if isinstance(value, (ast.Lambda, ast.List)) else None
            held = self.stage_expression(value) if named is None else named
            for target in targets:
                self.assign(target, held)
            return
        self._stage_store(node, targets, value, later)

    def _named_at_once(self, targets: Sequence[ast.expr], value: ast.expr, later: Set[str]) -> Value | None:
        """A value that says more where it gets its name at once; None for any other."""
        return self.named_lambda(targets, value) or self._list_of_unnamed(value, later)

    def named_lambda(self, targets: Sequence[ast.expr], value: ast.expr) -> Value | None:
        """A lambda whose name is only called; None for any other value."""
        if not isinstance(value, ast.Lambda) or not has_literal_defaults(value.args):
            return None
        is_called = len(targets) == 1 and isinstance(targets[0], ast.Name) and targets[0].id in self.called_names
        return self.local_function(value) if is_called else None

    def _list_of_unnamed(self, value: ast.expr, later: Set[str]) -> Value | None:
        """A display of names of objects of ours that nobody reads again; None for anything else."""
        if not isinstance(value, ast.List) or not value.elts or not all(isinstance(e, ast.Name) for e in value.elts):
            return None
        held = [self.state.names.get(e.id) for e in value.elts]  # type: ignore[attr-defined]
        if not all(one is not None and self.has_seal(one) for one in held):
            return None
        self.forget_dead(value.elts, later)
        return self.own_list(held)  # type: ignore[arg-type]

    def forget_dead(self, nodes: Sequence[ast.expr], later: Set[str]) -> None:
        """Unbind names that nobody reads from here on: what they name is led to by what it is put into alone."""
        if self.is_tried:
            return  # a handler goes on with names as they were
        for node in nodes:
            if isinstance(node, ast.Name) and node.id not in later and node.id in self.local_names:
                self.state.names.pop(node.id, None)

    def makes_object(self, node: ast.expr) -> bool:
        """Whether an expression makes an object of a class of the user's that nobody else sees."""
        cls = self.static_of(node.func) if isinstance(node, ast.Call) else None
        return is_class(cls) and is_python_class(cls) and is_ownable(cls)

    def fills_with_objects(self, node: ast.For) -> bool:
        """Whether a loop makes an object for each element and puts it into a list: staged, each is known by itself."""
        made = {
            statement.targets[0].id
            for statement in node.body
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
            if self.makes_object(statement.value)
        }
        for statement in node.body:
            match statement:
                case ast.Expr(ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[value])):
                    is_own = self.makes_object(value) or (isinstance(value, ast.Name) and value.id in made)
                    if is_own and self.is_own_list(name):
                        return True
        return False

    def is_own_list(self, name: str) -> bool:
        """Whether a name is that of a list that nobody else sees."""
        value = self.state.names.get(name)
        return isinstance(value, Owned) and value.cls is list and self.is_owned(value)

    @property
    def called_names(self) -> frozenset[str]:
        """Names of local functions that are nothing but called or passed to calls. The layer above knows."""
        raise NotImplementedError

    def _is_name_pattern(self, target: ast.expr) -> bool:
        if isinstance(target, ast.Name):
            return target.id not in self.function_names.nonlocal_names
        return isinstance(target, (ast.Tuple, ast.List)) and all(self._is_name_pattern(part) for part in target.elts)

    def _stage_store(self, node: ast.stmt, targets: Sequence[ast.expr], value: ast.expr, later: Set[str]) -> None:
        """`a[i] = value` and the like: the value first, then the operands of the targets, then the native store."""
        if (key := self.key_stored_under(targets)) is not None:
            store = placed(ast.Assign(list(targets), self.compute(value)), node)
            first_write = len(self.program.writes)
            self.stage_native_statements([store], later)
            self.note_stored(key, first_write)
            return
        if len(targets) == 1 and self.part_stored(targets[0]) is not None:
            self._store_part(node, targets[0], value, later)
            return
        gains = self.has_gain(value) or any(self._target_gains(target) for target in targets)
        if not gains:
            self.stage_native_statements([node], later)
            return
        if any(self._target_gains(target) for target in targets):
            stored = self.stage_expression(value)
            self.temporary(stored)
            for target in targets:
                self.assign(target, stored)
            return
        held = self.compute(value)
        assign = placed(ast.Assign([self._with_key_computed(target) for target in targets], held), node)
        with self.handing_over([held] if len(targets) == 1 else [], later):
            self.stage_native_statements([assign], later)

    def _store_part(self, node: ast.stmt, target: ast.expr, value: ast.expr, later: Set[str]) -> None:
        """The same where a part of an object of ours is bound and nothing else: what it holds is known from here on."""
        held = value if isinstance(value, ast.Constant) else self.compute(value)
        part = self.part_stored(target)
        store = placed(ast.Assign([target], held), node)
        if part is None:
            self.stage_native_statements([store], later)
            return
        before = self.state.heap[part[0]].parts
        with self.handing_over([held], later):
            self.stage_native_statements([store], later)
        self.keep_added(part[0], before, {part[1]: self.plain_value(held)})

    def stage_call_statement(self, node: ast.Expr, call: ast.Call, later: Set[str]) -> None:
        """A call with nothing to stage in it, of which nobody keeps what it gives."""
        update = self.items_added(call)
        before = {} if update is None else self.state.heap[update[0]].parts
        with self.handing_over(call.args, later):
            self.stage_native_statements([node], later)
        if update is not None:
            self.keep_added(update[0], before, update[1])

    @contextmanager
    def handing_over(self, nodes: Sequence[ast.expr], later: Set[str]) -> Iterator[None]:
        """While values are put somewhere: those that no name leads to any more become part of what they are put in."""
        given = {node.id for node in nodes if isinstance(node, ast.Name) and self._is_used_up(node.id, later)}
        values = {name: self.state.names.pop(name) for name in sorted(given) if name in self.state.names}
        absorbed = {name: self.absorb(value) for name, value in values.items()}
        self.handed_over = {name: seal for name, seal in absorbed.items() if seal is not None}
        self.state.names.update(values.items())
        try:
            yield
        finally:
            self.handed_over = NO_SEALS

    def _is_used_up(self, name: str, later: Set[str]) -> bool:
        """Whether nobody reads a name any more; a handler goes on with the user's names as they were."""
        return name.startswith("_xcs_") or (name in self.local_names and name not in later and not self.is_tried)

    def _with_key_computed(self, target: ast.expr) -> ast.expr:
        """`a[key]` with the key in a temporary, where `a` is a name that means the same before and after."""
        if not isinstance(target, ast.Subscript) or not self.is_trivial(target.value) or self.is_trivial(target.slice):
            return target
        if isinstance(target.slice, ast.Slice):
            return target
        return placed(ast.Subscript(target.value, self.compute(target.slice), target.ctx), target)

    def _target_gains(self, target: ast.expr) -> bool:
        if isinstance(target, (ast.Tuple, ast.List)):
            return any(map(self._target_gains, target.elts))
        if isinstance(target, ast.Starred):
            return self._target_gains(target.value)
        return any(
            self.child_has_gain(inner)
            for inner in ast.iter_child_nodes(target)
            if isinstance(inner, ast.expr) and isinstance(getattr(inner, "ctx", ast.Load()), ast.Load)
        )

    def stage_augmented(self, node: ast.AugAssign, later: Set[str]) -> None:
        """Stage `target += value`."""
        if not self.has_gain(node):
            self.stage_native_statements([node], later)
            return
        rebound = self.program.names([node.value]).bound
        if isinstance(node.op, ast.Add) and not rebound and (extended := self._extended_part(node.target)) is not None:
            method = placed(ast.Attribute(extended, "extend", ast.Load()), node)
            self.stage_expression(placed(ast.Call(method, [node.value], []), node))
            return
        if not isinstance(node.target, ast.Name) or node.target.id in self.function_names.nonlocal_names | rebound:
            self._stage_augmented_store(node, rebound, later)
            return
        known = self.state.type_of(self.lookup(node.target.id, node))
        value = self.compute(node.value) if self.has_gain(node.value) else node.value
        fresh = placed(ast.AugAssign(node.target, node.op, value), node)
        if isinstance(known, ArrayType) and known.cls.__module__.startswith("jax"):
            load = load_name(node.target.id, node.target)
            self.bind(node.target.id, self.stage_expression(placed(ast.BinOp(load, node.op, value), node)))
            return
        self.stage_native_statements([fresh], later | {node.target.id})

    def _extended_part(self, target: ast.expr) -> ast.expr | None:
        """What `target += value` adds to, if that is a list in a container of ours and stays there."""
        if not isinstance(target, (ast.Subscript, ast.Attribute)):
            return None
        root: ast.expr = target
        while isinstance(root, (ast.Subscript, ast.Attribute)):
            root = root.value
        value = self.state.names.get(root.id) if isinstance(root, ast.Name) else None
        if value is None or not self.has_seal(value):
            return None
        part = copied(target)
        part.ctx = ast.Load()
        try:
            owner, found = self.describe(part.value).summary.result, self.describe(part).summary
        except Unstageable:
            return None
        if isinstance(part, ast.Subscript):
            is_stored = isinstance(owner, (ListType, DictType, CollectionType)) and self.is_trivial(part.slice)
        else:
            is_own = isinstance(owner, InstanceType) and part.attr in dict(owner.attributes)
            is_stored = is_own and class_view(owner.cls).get(part.attr) is None  # type: ignore[union-attr]
        is_list = isinstance(found.result, ListType) and not found.unknown_types and found.effect is Effect.PURE
        return part if is_stored and is_list else None

    def _stage_augmented_store(self, node: ast.AugAssign, rebound: Set[str], later: Set[str]) -> None:
        """`a[i] += value`: load the old item, compute the value, then add and store, as Python does."""
        target = self._fixed_place(node.target, rebound)
        load: ast.expr
        match target:
            case ast.Subscript():
                load = ast.Subscript(target.value, target.slice, ast.Load())
            case ast.Attribute():
                load = ast.Attribute(target.value, target.attr, ast.Load())
            case _:
                load = ast.Name(target.id, ast.Load())  # type: ignore[attr-defined]
        is_local = isinstance(target, ast.Name) and target.id not in self.function_names.nonlocal_names
        placed(load, target)
        old = self.temporary(self.stage_expression(load) if is_local else self.stage_native_expression(load))
        value = self.compute(node.value)
        add = placed(ast.AugAssign(store_name(old, target), node.op, value), node)
        store = placed(ast.Assign([target], load_name(old, target)), node)
        self.stage_native_statements([add, store], later)

    def _fixed_place(self, place: ast.expr, rebound: Set[str]) -> ast.expr:
        """A place whose operands are temporaries, or names that mean the same before and after."""

        def settle(part: ast.expr) -> ast.expr:
            if self.is_trivial(part) and not (isinstance(part, ast.Name) and part.id in rebound):
                return part
            return self.compute(part)

        match place:
            case ast.Subscript(value=value, slice=index):
                return placed(ast.Subscript(settle(value), settle(index), place.ctx), place)
            case ast.Attribute(value=value, attr=attr):
                return placed(ast.Attribute(settle(value), attr, place.ctx), place)
            case _:
                return place

    def assign(self, target: ast.expr, value: Value) -> None:
        """Bind a pattern of names to a value."""
        match target:
            case ast.Name(id=name) if name not in self.function_names.nonlocal_names:
                self.bind(name, value)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                if any(isinstance(t, ast.Starred) for t in targets):
                    self._assign_starred(target, value)
                    return
                for part, held in zip(targets, self._parts(value, len(targets), target), strict=True):
                    self.assign(part, held)
            case _:
                self._store_at(target, value)

    def _store_at(self, target: ast.expr, value: Value) -> None:
        held = load_name(self.temporary(value), target)
        if isinstance(target, (ast.Attribute, ast.Subscript)):
            target = self._with_key_computed(self._with_children_staged(target))
        self.stage_native_statements([placed(ast.Assign([target], held), target)], set())

    def _parts(self, value: Value, number: int, at: ast.expr) -> Sequence[Value]:
        elements = value.elements if isinstance(value, TupleValue) else None
        if isinstance(value, Owned):
            elements = self.state.heap[value].elements
        if elements is not None and len(elements) == number:
            return elements
        self.hand_out_parts(value)
        known = self.type_of(value)
        if isinstance(known, (TupleType, RecordType)) and len(known.elements) == number:
            parts = self._array_parts(value, known.elements)
            if parts is not None:
                return parts
        types: Sequence[AbstractType]
        match known:
            case TupleType(elements=found) if len(found) == number:
                types, effect = found, PURE
            case TupleOfType(element=element):
                types, effect = [element] * number, PURE
            case ListType(element=element):
                types, effect = [element] * number, PURE if self.is_owned(value) else READS
            case _:
                return self._parts_natively(value, number, at)
        parts = self.builder.unpack(self.ssa(value), types, effect)
        places = inside_of(self.places_of(value))
        return [Tracer(part, known, places) for part, known in zip(parts, types, strict=True)]

    def _array_parts(self, value: Value, types: Sequence[AbstractType]) -> Sequence[Value] | None:
        """The arrays that a function of JAX's gives, as parts of the kernel that it is in; None for anything else."""
        owner = self.ssa(value).owner
        if not isinstance(owner, Operation) or "array" not in owner.attributes:
            return None
        if not all(is_jax(known) or known == NONE for known in types):
            return None
        parts: list[Value] = []
        for index, known in enumerate(types):
            summary = Summary(Effect.PURE, result=known, has_array_work=True)
            operands = [value, Static(index)]
            part = self.emit_leaf(operator.getitem, "operator.getitem", operands, (), summary, array="jax")
            parts.append(Tracer(part, known))
        return parts

    def _parts_natively(self, value: Value, number: int, at: ast.expr) -> Sequence[Value]:
        """Unpack a value of unknown type by native code: iterating it may run anything."""
        names = [self.temporary(Static(None)) for _ in range(number)]
        held = load_name(self.temporary(value), at)
        target = placed(ast.Tuple([store_name(name, at) for name in names], ast.Store()), at)
        self.stage_native_statements([placed(ast.Assign([target], held), at)], set(names))  # type: ignore[list-item]
        return [self.state.names[name] for name in names]

    def _assign_starred(self, target: ast.Tuple | ast.List, value: Value) -> None:
        """`a, *b, c = value`: taken apart by Python, then assigned part by part."""
        held = load_name(self.temporary(value), target)
        names = [self.temporary(Static(None)) for _ in target.elts]
        parts: list[ast.expr] = [store_name(name, target) for name in names]
        (star,) = [index for index, one in enumerate(target.elts) if isinstance(one, ast.Starred)]
        parts[star] = placed(ast.Starred(parts[star], ast.Store()), target)
        pattern = placed(ast.Tuple(parts, ast.Store()), target)
        self.stage_native_statements([placed(ast.Assign([pattern], held), target)], set(names))
        for part, name in zip(target.elts, names, strict=True):
            self.assign(part.value if isinstance(part, ast.Starred) else part, self.state.names[name])
