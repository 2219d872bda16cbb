import jax.numpy as jnp
import numpy as np

import xcs


@xcs.op(effect="unordered")
def judge(answer):
    return 2.0


xcs.grad(lambda weights: np.exp(weights).sum() * judge("a"))(jnp.ones(3))
