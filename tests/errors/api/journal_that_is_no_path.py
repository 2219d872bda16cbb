import xcs


@xcs.jit(journal=3)
def program(x):
    return x
