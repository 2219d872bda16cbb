import xcs

xcs.embedded(warmth=1)
