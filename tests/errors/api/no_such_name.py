import xcs

xcs.jitt
