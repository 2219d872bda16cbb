"""`xcs.grad` and `xcs.value_and_grad`: derivatives of programs that mix array code and external calls."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from ...diagnostics.effect import Effect
from ...diagnostics.errors import XCSError
from ...passes.pipeline import DEFAULT_PIPELINE
from ...runtime.errors import remake
from ..operator import register_pytrees
from ..options import JitOptions
from ..stages import Compiled
from ..timeline import current_instrument
from ..variant import Variant
from ..wrapped import Wrapped
from .array_program import (
    ArrayCode,
    BoundProgram,
    array_code,
    bound_program,
    checked_arrays,
    has_tracer,
    is_exposed,
    jax_jit,
)
from .batch import is_array
from .cotangents import as_array
from .element_loop import effect_of
from .tape import Tape, current_tape
from .taped_plan import taped_plan
from .transformed import Transformed, name_of

PIPELINE = tuple(name for name in DEFAULT_PIPELINE if name != "xcs-vectorize")
"""A map of one kernel may hide other calls in it, so each call is recorded by itself."""
MAX_COMPILED = 16  # compiled forms kept for one differentiated function, all dropped when there are more


def grad(function: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Transformed:
    """The gradient of a function: `value_and_grad` without the value.

    Args:
        function: gives a scalar, `f32[]` or a float; with `has_aux` a pair of it and anything else.
        argnums: which positional arguments to differentiate by.
        has_aux: whether the function gives something beside the scalar.

    Returns:
        A callable that gives the gradient, in the structure and shapes of the argument (a tuple of them for several
        `argnums`); with `has_aux` the pair of it and what the function gave beside the scalar.

    Raises:
        XCSError: see `value_and_grad`.
    """
    return Transformed(function, "grad", Gradient(function, argnums, has_aux, gives_value=False))


def value_and_grad(
    function: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Transformed:
    """A function with its gradient, exact through array code, structures, branches, loops and maps.

    Array code is differentiated by JAX. The program runs once, with the external calls that it always makes: one that
    sees nothing of what is differentiated is a constant; one with a derivative, `@xcs.op(vjp=...)`, uses it; any other
    must not pass on a gradient. Text, integers and the ways that branches go are discrete, and pass on none.

    Args:
        function: gives a scalar, `f32[]` or a float; with `has_aux` a pair of it and anything else.
        argnums: which positional arguments to differentiate by: arrays, floats, or structures of them.
        has_aux: whether the function gives something beside the scalar.

    Returns:
        A callable that gives the pair `(value, gradient)`; with `has_aux` `((value, aux), gradient)`.

    Raises:
        XCSError: (when called) an argument has no derivative, the result is no scalar, the function can't be staged, or
            the gradient would have to pass through a call without a derivative; the message names it.
    """
    return Transformed(function, "value_and_grad", Gradient(function, argnums, has_aux, gives_value=True))


class Gradient:
    """One differentiated function."""

    def __init__(
        self, function: Callable[..., Any], argnums: int | Sequence[int], has_aux: bool, *, gives_value: bool
    ) -> None:
        if not callable(function):
            raise XCSError(f"expected a function to differentiate, found `{function!r}`")
        self._argnums = (argnums,) if isinstance(argnums, int) else tuple(argnums)
        if not self._argnums or not all(isinstance(one, int) for one in self._argnums):
            raise XCSError(f"expected `argnums` to be an integer or a sequence of them, found `{argnums!r}`")
        self.function, self._has_aux, self._gives_value = function, has_aux, gives_value
        self._is_one = isinstance(argnums, int)
        self._compiled: dict[object, Callable[..., Any]] = {}
        self._staged: Wrapped | None = None
        self._taped_forms: dict[int, tuple[Compiled, Compiled | None]] = {}

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """The gradient, with what else was asked for."""
        argnums = self._positions(len(args))
        if has_tracer((args, kwargs)):
            return self._by_jax(self.function)(*args, **kwargs)  # JAX traces already
        inputs = Inputs(args, argnums, name_of(self.function))
        program = None
        if isinstance(self.function, Transformed):
            code = self.function.array_code(inputs.args, kwargs)
        else:
            program = bound_program(self.function, inputs.args, kwargs)
            code = None if program is None else program.array_code()
        if code is not None:
            try:
                return self._arrays(code, inputs.args, kwargs)
            except Exception:  # the function has no effect: the tape decides
                pass
        if program is None:
            raise XCSError(f"expected a Python function to differentiate, found `{self.function!r}`")
        return self._taped(inputs, program)

    def array_code(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> ArrayCode | None:
        """See `Transform.array_code`."""
        code = array_code(self.function, args, kwargs)
        if code is None:
            return None
        return ArrayCode(self._by_jax(code.call), None if code.token is None else (self, code.token))

    def effect(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Effect:
        """See `Transform.effect`."""
        return effect_of(self.function, args, kwargs)

    def _positions(self, num_args: int) -> tuple[int, ...]:
        if not all(-num_args <= one < num_args for one in self._argnums):
            raise XCSError(f"expected `argnums` to be among {num_args} positional arguments, found `{self._argnums!r}`")
        return tuple(one % num_args for one in self._argnums)

    def _by_jax(self, function: Callable[..., Any]) -> Callable[..., Any]:
        import jax

        transform = jax.value_and_grad if self._gives_value else jax.grad
        return transform(function, self._argnums[0] if self._is_one else self._argnums, self._has_aux)

    def _arrays(self, code: ArrayCode, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if code.token is None:
            return self._by_jax(_checked(code.call))(*args, **kwargs)
        compiled = self._compiled.get(code.token)
        if compiled is None:
            if len(self._compiled) >= MAX_COMPILED:
                self._compiled.clear()
            compiled = self._compiled[code.token] = jax_jit(self._by_jax(_checked(code.call)))
        return compiled(*args, **kwargs)

    def _taped(self, inputs: Inputs, program: BoundProgram) -> Any:
        tape = Tape()
        for leaf in inputs.leaves:
            tape.track(leaf)
        token = current_tape.set(tape)
        try:
            result = self._run(program)
        finally:
            current_tape.reset(token)
        loss, aux = self._parts(result)
        found = inputs.gradient(tape.gradients(loss, inputs.leaves))
        gradient = found[0] if self._is_one else found
        if self._gives_value:
            return ((loss, aux) if self._has_aux else loss), gradient
        return (gradient, aux) if self._has_aux else gradient

    def _parts(self, result: Any) -> tuple[Any, Any]:
        loss, aux = result, None
        if self._has_aux:
            if not isinstance(result, tuple) or len(result) != 2:
                raise XCSError(
                    f"expected `{name_of(self.function)}` to give a pair, as `has_aux` says, "
                    f"found `{type(result).__qualname__}`"
                )
            loss, aux = result
        if not isinstance(loss, float) and not (hasattr(loss, "dtype") and loss.ndim == 0):
            kind = f"an array of shape `{loss.shape}`" if is_array(loss) else f"`{type(loss).__qualname__}`"
            raise XCSError(f"expected `{name_of(self.function)}` to give a scalar to differentiate, found {kind}")
        return loss, aux

    def _run(self, program: BoundProgram) -> Any:
        """Runs the program under the tape of this context."""
        variant, values = program.variant, program.values
        taped = self._taped_form(variant)
        if taped is None and variant.compiled is not None:
            variant = self._staged_whole(program.wrapped)._xcs_programs.of(values)
            taped = self._taped_form(variant, is_whole=True)
        if taped is None:
            name = name_of(self.function)
            raise XCSError(f"`{name}` can't be differentiated, because it can't be staged: {variant.fallback}")
        outcome = taped.run(tuple(values[index] for index in variant.passed), current_instrument())
        if outcome.failure is not None:
            raise remake(outcome.failure.exception, outcome.failure.node, outcome.failure.location)
        return outcome.values[0]

    def _staged_whole(self, wrapped: Wrapped) -> Wrapped:
        """The function with everything staged that can be."""
        if self._staged is None or self._staged.__xcs_wrapped__ is not wrapped.__xcs_wrapped__:
            self._staged = Wrapped(wrapped.__xcs_wrapped__, JitOptions.of("adaptive", None, "all"))
            self._staged._xcs_programs.pipeline = PIPELINE
        return self._staged

    def _taped_form(self, variant: Variant, *, is_whole: bool = False) -> Compiled | None:
        """A program whose calls record themselves; None for plain Python, and where calls hide in native code."""
        compiled = variant.compiled
        if compiled is None:
            return None
        known = self._taped_forms.get(id(compiled))
        if known is None:
            if len(self._taped_forms) >= MAX_COMPILED:
                self._taped_forms.clear()
            is_exposed_enough = is_whole or is_exposed(compiled.plan)
            taped = dataclasses.replace(compiled, plan=taped_plan(compiled.plan)) if is_exposed_enough else None
            known = self._taped_forms[id(compiled)] = compiled, taped
        return known[1]


def _checked(call: Callable[..., Any]) -> Callable[..., Any]:
    """Array code whose results are arrays."""
    return lambda *args, **kwargs: checked_arrays(call(*args, **kwargs))


class Inputs:
    """Arguments to differentiate by, their leaves arrays that nothing else refers to.

    Attributes:
        args: all positional arguments.
        leaves: the arrays.
    """

    def __init__(self, args: tuple[Any, ...], argnums: tuple[int, ...], name: str) -> None:
        import jax

        register_pytrees()
        flat = [jax.tree_util.tree_flatten(args[index]) for index in argnums]
        for index, (leaves, _) in zip(argnums, flat, strict=True):
            for leaf in leaves:
                _check_leaf(leaf, index, name)
        self.leaves = list(_copies([leaf for leaves, _ in flat for leaf in leaves]))
        self._structures = [structure for _, structure in flat]
        whole = list(args)
        for index, value in zip(argnums, self._unflatten(self.leaves), strict=True):
            whole[index] = value
        self.args = tuple(whole)

    def gradient(self, cotangents: list[Any]) -> tuple[Any, ...]:
        """The cotangents in the structure of the arguments, zeros for None."""
        import jax.numpy as jnp

        found = [
            jnp.zeros_like(leaf) if one is None else as_array(one, leaf.dtype)
            for leaf, one in zip(self.leaves, cotangents, strict=True)
        ]
        return tuple(self._unflatten(found))

    def _unflatten(self, leaves: list[Any]) -> list[Any]:
        import jax

        rest = iter(leaves)
        return [
            jax.tree_util.tree_unflatten(structure, [next(rest) for _ in range(structure.num_leaves)])
            for structure in self._structures
        ]


def _check_leaf(leaf: Any, index: int, name: str) -> None:
    import jax

    dtype = getattr(leaf, "dtype", None)
    is_real = isinstance(leaf, float) if dtype is None else jax.numpy.issubdtype(dtype, jax.numpy.floating)
    if not is_real:
        kind = f"an array of `{dtype}`" if dtype is not None else f"`{type(leaf).__qualname__}`"
        raise XCSError(f"expected argument {index} of `{name}` to hold floats to differentiate by, found {kind}")


def _copies(leaves: list[Any]) -> list[Any]:
    """The same numbers in arrays of their own."""
    import jax

    return _copy_all()([leaf if isinstance(leaf, jax.Array) else jax.numpy.asarray(leaf) for leaf in leaves])


def _copy_all() -> Callable[..., Any]:
    import jax

    global _copying
    if _copying is None:
        _copying = jax.jit(lambda leaves: [jax.numpy.array(leaf, copy=True) for leaf in leaves])
    return _copying


_copying: Callable[..., Any] | None = None
