import xcs


@xcs.jit
def program(xs):
    yield from xs


program.trace([1])
