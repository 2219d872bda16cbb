import xcs


@xcs.jit
async def program(x):
    return x


program.trace(1)
