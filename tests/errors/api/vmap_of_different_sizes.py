import xcs

xcs.vmap(lambda question, answer: question + answer)(["a", "b"], ["c"])
