import xcs

xcs.jit("program")
