import jax.numpy as jnp

import xcs

xcs.vmap(lambda row: row.sum(), in_axes=2)(jnp.ones((3, 4)))
