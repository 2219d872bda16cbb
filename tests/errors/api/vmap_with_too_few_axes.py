import xcs

xcs.vmap(lambda question, suffix: question + suffix, in_axes=(0,))(["a", "b"], "!")
