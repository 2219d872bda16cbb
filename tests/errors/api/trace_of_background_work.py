import asyncio

import xcs


@xcs.jit
async def program(x):
    return asyncio.create_task(x)


program.trace(1)
