import xcs


def program(x):
    y = len(x)
    return locals()


xcs.trace_function(program, [1])
