import xcs

xcs.op(effect="unordered", vjp=3)
