import jax.numpy as jnp

import xcs

xcs.grad(lambda x: x * 2)(jnp.ones(3))
