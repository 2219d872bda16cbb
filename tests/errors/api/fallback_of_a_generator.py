import xcs


@xcs.jit
def program(xs):
    for x in xs:
        yield x


list(program([1]))
