import xcs

xcs.explain(sorted)
