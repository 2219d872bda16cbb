"""Types of what array functions give: JAX's give one array, NumPy's an array or a scalar of its own."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from .abstract_type import ANY, AbstractType, ArrayType, UnionType

NOT_ONE_ARRAY = frozenset(
    "shape ndim size result_type promote_types dtype can_cast iinfo finfo isscalar iscomplexobj isrealobj issubdtype "
    "svd eig eigh qr slogdet lstsq lu lu_factor schur polar split array_split hsplit vsplit dsplit unstack meshgrid "
    "nonzero where unique unique_all unique_counts unique_inverse unique_values histogram histogram2d histogramdd "
    "divmod modf frexp gradient broadcast_arrays atleast_1d atleast_2d atleast_3d ix_ indices tril_indices triu_indices "
    "diag_indices mask_indices unravel_index array_equal array_equiv allclose array_repr array_str array2string "
    "einsum_path block_until_ready ndenumerate ndindex broadcast_shapes shares_memory may_share_memory einsum_path "
    "cond scan while_loop fori_loop top_k sort split key key_data PRNGKey wrap_key_data key_impl polydiv polyfit "
    "intersect1d base_repr binary_repr set_printoptions get_printoptions argwhere_list isdtype typename rng_bit_generator "
    "reduce_precision_list approx_max_k approx_min_k linear_transpose eigvals_list full_list".split()
)
"""Functions whose result is a tuple, a list, a shape, a dtype or a Python value (some only for some arguments)."""


def jax_array_class() -> type | None:
    """The class of JAX's arrays, once JAX is loaded."""
    module = sys.modules.get("jax._src.array")
    return getattr(module, "ArrayImpl", None)


def numpy_value() -> AbstractType:
    """An array of NumPy's, or one of its scalars: which of them depends on shapes."""
    numpy = sys.modules["numpy"]
    return UnionType(frozenset((ArrayType(numpy.ndarray), ArrayType(numpy.generic))))


def jax_result(args: Sequence[AbstractType], kwargs: Mapping[str, AbstractType]) -> AbstractType:
    """The result of a JAX function that gives one array."""
    cls = jax_array_class()
    return ANY if cls is None else ArrayType(cls)


def numpy_result(args: Sequence[AbstractType], kwargs: Mapping[str, AbstractType]) -> AbstractType:
    """The result of a NumPy function that gives one array or scalar, on operands that are no subclass of its arrays."""
    known = all(isinstance(part, ArrayType) or _is_number(part) for one in args for part in _parts(one))
    return numpy_value() if known else ANY


def _parts(one: AbstractType) -> frozenset[AbstractType]:
    return one.members if isinstance(one, UnionType) else frozenset((one,))


def _is_number(one: AbstractType) -> bool:
    return getattr(one, "cls", None) in (int, float, bool, complex)
