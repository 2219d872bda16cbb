import xcs


@xcs.op(batch=lambda items: items)
def embed(text): ...
