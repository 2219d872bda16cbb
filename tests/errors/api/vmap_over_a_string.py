import xcs

xcs.vmap(lambda question, suffix: question + suffix)(["a", "b"], "!")
