import xcs

xcs.register("mylib.Client.ask", "quick")
