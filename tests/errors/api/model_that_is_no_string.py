import xcs

xcs.bind(4)
