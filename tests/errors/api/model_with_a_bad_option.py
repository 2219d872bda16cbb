import xcs

xcs.embedded(temperature="hot")
