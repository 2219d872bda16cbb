"""What XLA may run of NumPy's, for `jit(numpy="xla")`: functions that JAX has with the same meaning, rounding apart."""

from __future__ import annotations

from collections.abc import Mapping

ANYWHERE = frozenset(
    "add subtract sub multiply mul divide truediv true_divide negative neg positive pos absolute abs fabs sqrt square "
    "cbrt reciprocal exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan arctan2 asin acos atan atan2 "
    "sinh cosh tanh arcsinh arccosh arctanh asinh acosh atanh hypot sign floor ceil trunc rint minimum maximum fmin "
    "fmax clip where isnan isinf isfinite equal not_equal less less_equal greater greater_equal eq ne lt le gt ge "
    "logical_and logical_or logical_not logical_xor and_ or_ xor invert bitwise_and bitwise_or bitwise_xor "
    "bitwise_not sum mean std var prod max min amax amin all any argmax argmin cumsum cumprod dot vdot inner outer "
    "matmul tensordot einsum vecdot trace norm reshape transpose ravel squeeze expand_dims swapaxes moveaxis flip tile "
    "repeat broadcast_to concatenate stack hstack vstack zeros_like ones_like full_like zeros ones full eye identity "
    "conj conjugate real imag deg2rad rad2deg degrees radians logaddexp ptp atleast_1d atleast_2d triu tril diff "
    "getitem".split()
)
"""Functions, operators and methods that JAX has with the same meaning, rounding apart."""
INEXACT_ONLY = frozenset(("power", "pow", "floor_divide", "floordiv", "remainder", "mod", "fmod"))
"""The same for floats; for integers NumPy raises, or warns and gives something else, by their values."""
METHODS = ANYWHERE | {"T", "mT", "flatten", "copy"}
NAMESPACES: Mapping[str, str] = {"numpy": "jax.numpy", "numpy.linalg": "jax.numpy.linalg"}
