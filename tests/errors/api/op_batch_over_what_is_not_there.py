import xcs


@xcs.op(effect="unordered", batch=lambda query, texts: texts, batch_over="document")
def rank(query, text): ...
