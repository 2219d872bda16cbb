import xcs

xcs.run(3)
