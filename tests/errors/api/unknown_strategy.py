import xcs


@xcs.jit(strategy="fastest")
def program(x):
    return x
