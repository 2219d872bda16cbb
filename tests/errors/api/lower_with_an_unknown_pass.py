import xcs


@xcs.jit
def program(x):
    return len(x)


program.trace([1]).lower("xcs-cse,xcs-go-faster")
