import xcs


@xcs.jit
def program(xs):
    yield from xs


list(program([1]))
