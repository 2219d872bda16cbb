import xcs

xcs.bind("gpt-4")
