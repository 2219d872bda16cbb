import xcs

xcs.register("search", "reads")
