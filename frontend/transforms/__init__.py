"""The function transforms: `vmap`, `pmap`, `scan`, `grad`, `value_and_grad`, over array code and external calls."""
