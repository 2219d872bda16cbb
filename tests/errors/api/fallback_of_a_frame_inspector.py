import xcs


@xcs.jit
def program(x):
    y = len(x)
    return locals()


program([1])
