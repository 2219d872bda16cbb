import xcs


@xcs.op(effect="unordered", max_batch=8)
def embed(text): ...
