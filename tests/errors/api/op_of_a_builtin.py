import xcs

ask = xcs.op(len)
