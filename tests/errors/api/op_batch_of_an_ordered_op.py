import xcs


@xcs.op(effect="ordered", batch=lambda items: items)
def save(text): ...
