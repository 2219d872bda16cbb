import xcs


@xcs.op(effect="unordered", batch=lambda items: items)
async def embed(text): ...
