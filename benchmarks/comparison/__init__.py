"""XCS beside plain Python, hand-written concurrency and the libraries that a user would pick instead.

Each workload is one file: the program as one would write it, by hand with asyncio and with threads, and with each
library the way its documentation says. The function of a contender is named after it and gives what is run each time.
"""
