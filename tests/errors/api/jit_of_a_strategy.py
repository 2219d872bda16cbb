import xcs


@xcs.jit("sequential")
def program(x):
    return x
