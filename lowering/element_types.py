"""What NumPy calls the element types of MLIR's tensors."""

from __future__ import annotations

_NUMPY_NAMES = {
    "i1": "bool",
    "bf16": "bfloat16",
    "complex<f32>": "complex64",
    "complex<f64>": "complex128",
    **{f"f{bits}": f"float{bits}" for bits in (16, 32, 64)},
    **{f"i{bits}": f"int{bits}" for bits in (2, 4, 8, 16, 32, 64)},
    **{f"ui{bits}": f"uint{bits}" for bits in (2, 4, 8, 16, 32, 64)},
}


def numpy_name(spelling: str) -> str | None:
    """What NumPy (with the dtypes that JAX adds) calls an element type of MLIR; None if it has no such type."""
    if spelling.startswith(("f4E", "f6E", "f8E")):  # the small floats: f8E4M3FN is float8_e4m3fn
        return f"float{spelling[1]}_{spelling[2:].lower()}"
    return _NUMPY_NAMES.get(spelling)
