import xcs

xcs.module(5)
