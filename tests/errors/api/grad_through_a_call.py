import jax.numpy as jnp

import xcs


@xcs.op(effect="unordered")
def judge(answer):
    return float(answer.sum())


def loss(weights):
    return judge(weights * 2) * weights.sum()


xcs.grad(loss)(jnp.ones(3))
