import xcs


@xcs.jit(stage="everything")
def program(x):
    return x
