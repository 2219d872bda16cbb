import xcs

xcs.scan(lambda carry, x: (carry, x), 0)
