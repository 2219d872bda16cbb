import xcs


@xcs.op(effect="unordered", batch=lambda items: items)
def embed(): ...
