import xcs

xcs.vmap(5)
