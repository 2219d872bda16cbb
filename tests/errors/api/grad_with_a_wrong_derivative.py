import jax.numpy as jnp

import xcs


@xcs.op(effect="unordered", vjp=lambda cotangent, result, answer: cotangent)
def judge(answer):
    return float(answer.sum())


xcs.grad(lambda weights: judge(weights) * 2.0)(jnp.ones(3))
