import xcs

xcs.vmap(lambda question: question, in_axes=None)("a")
