import xcs

with xcs.timeline("no_such_folder/run.json"):
    print("it ran")
