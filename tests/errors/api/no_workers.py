import xcs

xcs.set_max_workers(0)
