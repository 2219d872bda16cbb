import xcs

xcs.embedded(latency_s=0.0)(["a", "list"])
