import xcs

xcs.jit(5)
