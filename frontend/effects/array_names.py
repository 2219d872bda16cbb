"""What array functions give, by their names: the rules behind the entries for whole libraries.

A name that is in no set gives one array. Names that give named tuples, objects, or what a callable gives, aren't
followed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from .abstract_type import (
    ANY,
    BOOL,
    INT,
    STR,
    AbstractType,
    DictType,
    ExactType,
    ListType,
    TupleOfType,
    TupleType,
    UnionType,
)
from .array_results import Named, Rule, Types, is_array, is_jax, jax_array, jax_keys, numpy_array, numpy_value
from .lattice import join_all, members


def _either_sequence(one: AbstractType) -> AbstractType:
    return UnionType(frozenset((ListType(one), TupleOfType(one))))


def _where(one: AbstractType) -> Rule:
    return lambda args, kwargs: one if len(args) + len(kwargs) >= 3 else TupleOfType(one)


def _unique(one: AbstractType) -> Rule:
    return lambda args, kwargs: (
        UnionType(frozenset((*members(one), TupleOfType(one))))
        if len(args) > 1 or any(name.startswith("return_") for name in kwargs)
        else one
    )


def _indices(one: AbstractType) -> Rule:
    """Sparse indices are a tuple."""
    return lambda args, kwargs: one if len(args) < 3 and "sparse" not in kwargs else ANY


def _of_arrays(one: AbstractType) -> Rule:
    """What NumPy gives back as it is, or computes in Python, where it isn't called with an array."""
    return lambda args, kwargs: one if args and all(map(is_array, args)) and "n" not in kwargs else ANY


def _at_least(one: AbstractType) -> Rule:
    return lambda args, kwargs: one if len(args) == 1 else _either_sequence(one)


def _like_operand(one: AbstractType, *, is_reshape: bool) -> Rule:
    """What gives JAX's arrays back as JAX's, and NumPy's as NumPy's."""
    either = join_all((one, numpy_value()))

    def rule(args: Types, kwargs: Named) -> AbstractType:
        if args and isinstance(args[0], (TupleType, TupleOfType, ListType, DictType)):
            return one if is_reshape else ANY
        return one if args and is_jax(args[0]) else either

    return rule


def _of_tree(args: Types, kwargs: Named) -> AbstractType:
    """What gives a structure of arrays as the structure it is given: known for one array alone."""
    return jax_array() if args and is_jax(args[0]) else ANY


def _dtype(args: Types, kwargs: Named) -> AbstractType:
    return ExactType(sys.modules["numpy"].dtype)


_SHAPES = frozenset(("shape",))
_INTEGERS = frozenset("ndim size".split())
_TEXTS = frozenset(
    "array_repr array_str array2string base_repr binary_repr typename mintypecode format_float_positional "
    "format_float_scientific".split()
)
_FLAGS = frozenset(
    "can_cast isscalar isfortran iscomplexobj isrealobj issubdtype isdtype shares_memory may_share_memory "
    "iterable".split()
)
LIKE_OPERAND = frozenset(("reshape", "stop_gradient"))
_COMPARISONS = frozenset("array_equal array_equiv allclose".split())
_DTYPES = frozenset("result_type promote_types dtype canonicalize_dtype min_scalar_type".split())
_FACTS = frozenset(
    "shape_as_value broadcast_shapes composite create_token dce_sink object_ iinfo finfo key_impl".split()
)
_OF_TREES = frozenset(
    "psum pmax pmin pmean ppermute pshuffle pswapaxes pbroadcast psend psum_scatter all_gather all_to_all "
    "optimization_barrier sort".split()
)
_OF_ARRAYS = frozenset("diff real imag isreal iscomplex logical_and logical_or trim_zeros".split())
_TUPLES = frozenset(
    "nonzero divmod modf frexp histogram histogram2d ix_ tril_indices triu_indices tril_indices_from "
    "triu_indices_from diag_indices_from mask_indices unravel_index unstack lu_factor fresnel sici qr_multiply".split()
)
_SEQUENCES = frozenset(
    "split array_split hsplit vsplit dsplit meshgrid broadcast_arrays top_k approx_max_k approx_min_k".split()
)
_KEYS = frozenset("key PRNGKey fold_in clone wrap_key_data random.split".split())
_UNKNOWN = frozenset(
    "iinfo finfo svd eig eigh qr slogdet lstsq lu schur polar unique_all unique_counts unique_inverse gradient "
    "einsum_path block_until_ready ndenumerate ndindex key_impl polyfit polydiv intersect1d linear_transpose "
    "get_printoptions cond scan while_loop fori_loop switch map associative_scan reduce reduce_window sort_key_val "
    "rng_bit_generator custom_root custom_linear_solve vectorize apply_along_axis apply_over_axes piecewise "
    "fromfunction fromiter frompyfunc frombuffer tree_map poly1d errstate nested_iters histogramdd common_type "
    "diag_indices bmat poly matrix_rank broadcast_shapes object_ composite create_token dce_sink shape_as_value "
    "cho_factor eigh_tridiagonal rsf2csf hessenberg qdwh mode minimize cg gmres bicgstab stft istft csd welch "
    "periodogram vq lpmn get_scaled_dot_config".split()
)
"""Functions that give named tuples, objects, or what a callable gives."""
_VIEWS = frozenset(
    "asarray asanyarray ascontiguousarray asfortranarray require atleast_1d atleast_2d atleast_3d reshape ravel "
    "transpose permute_dims matrix_transpose squeeze broadcast_to broadcast_arrays diagonal diag swapaxes moveaxis "
    "rollaxis expand_dims real imag real_if_close flip fliplr flipud rot90 split array_split hsplit vsplit dsplit "
    "unstack nan_to_num trim_zeros meshgrid view getfield newbyteorder frombuffer".split()
)
_CREATIONS = frozenset(
    "zeros ones empty full eye identity arange linspace logspace geomspace array asarray stack concatenate hstack "
    "vstack zeros_like ones_like full_like empty_like tri tril triu outer tile".split()
)


def may_be_view(name: str) -> bool:
    """Whether what a NumPy function gives may share memory with its operands."""
    return name in _VIEWS


def computes(name: str) -> bool:
    """Whether a function of JAX's computes on arrays, so that it gives the same inside of a kernel."""
    return not any(name in names for names in (_TEXTS, _FLAGS, _DTYPES, _FACTS))


def result_rule(name: str, one: Callable[[], AbstractType], *, is_numpy: bool) -> Rule | None:
    """The type of what a function of this name gives, where `one` is one array of its library; None: it isn't known."""
    if name in _UNKNOWN:
        return None
    if is_numpy and name in _CREATIONS:
        return lambda args, kwargs: numpy_array()
    for names, made in _FIXED:
        if name in names:
            return lambda args, kwargs: made
    if name in _COMPARISONS and is_numpy:
        return lambda args, kwargs: BOOL
    if name in _DTYPES:
        return _dtype
    for names, wrap in _MADE_OF_ARRAYS:
        if name in names:
            return lambda args, kwargs: wrap(one())
    for names, choose in _BY_ARGUMENTS:
        if name in names:
            return lambda args, kwargs: choose(one())(args, kwargs)
    if name in _OF_ARRAYS and is_numpy:
        return _of_arrays(one())
    if name in _OF_TREES and not is_numpy:
        return _of_tree
    if name in LIKE_OPERAND and not is_numpy:
        return lambda args, kwargs: _like_operand(one(), is_reshape=name == "reshape")(args, kwargs)
    if name in _KEYS and not is_numpy:
        return lambda args, kwargs: jax_keys()
    return lambda args, kwargs: one()


_FIXED: tuple[tuple[frozenset[str], AbstractType], ...] = (
    (_SHAPES, TupleOfType(INT)),
    (_INTEGERS, INT),
    (_TEXTS, STR),
    (_FLAGS, BOOL),
)
_MADE_OF_ARRAYS: tuple[tuple[frozenset[str], Callable[[AbstractType], AbstractType]], ...] = (
    (_TUPLES, TupleOfType),
    (_SEQUENCES, _either_sequence),
)
_BY_ARGUMENTS: tuple[tuple[frozenset[str], Callable[[AbstractType], Rule]], ...] = (
    (frozenset(("where",)), _where),
    (frozenset(("unique",)), _unique),
    (frozenset(("indices",)), _indices),
    (frozenset(("atleast_1d", "atleast_2d", "atleast_3d")), _at_least),
)
