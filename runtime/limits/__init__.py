"""Policies of calls: how many at once, how many a minute, how long one may take, and when it is made again."""
