import xcs


@xcs.jit
def program(x, y):
    return x, y


program.trace(1)
