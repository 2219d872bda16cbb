import xcs

xcs.scan(lambda carry, x: carry + x, 0, [1, 2])
