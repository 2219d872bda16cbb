"""Recursion: a merge sort whose comparisons a model makes. Run `python examples/merge_sort.py`.

Within one merge each comparison needs the one before. The two halves need nothing of each other, so they sort side by
side, at every level of the recursion, and nothing in the program says so.
"""

from __future__ import annotations

import time

import xcs

TOPIC = "Which of the two is more about threads that wait for the network?"
ENTRIES = [
    "a softmax turns scores into weights",
    "threads wait for the network",
    "cats sleep in the sun",
    "a network of friends",
    "many threads wait for one lock",
    "the weather in spring",
    "a server waits for requests",
    "sockets and threads on the network",
]
ask = xcs.embedded()


def belongs_first(left: str, right: str) -> bool:
    """Whether the model puts `left` before `right`."""
    return ask(f"{TOPIC}\n1. {left}\n2. {right}\nReply with a number.") == "1"


@xcs.jit
def merge_sort(entries):
    """The entries, most relevant first, in about n log n comparisons."""
    if len(entries) < 2:
        return list(entries)
    middle = len(entries) // 2
    left, right = merge_sort(entries[:middle]), merge_sort(entries[middle:])
    merged = []
    while left and right:
        nearer = left if belongs_first(left[0], right[0]) else right
        merged.append(nearer[0])
        if nearer is left:
            left = left[1:]
        else:
            right = right[1:]
    return merged + left + right


def main() -> None:
    """Prints the order, and what the overlap was worth."""
    start = time.perf_counter()
    with xcs.disable_jit():
        plain = merge_sort(ENTRIES)
    plain_s = time.perf_counter() - start
    merge_sort(ENTRIES)  # traces and compiles
    start = time.perf_counter()
    ranked = merge_sort(ENTRIES)
    jitted_s = time.perf_counter() - start
    assert ranked == plain
    print(TOPIC, *(f"{place}. {entry}" for place, entry in enumerate(ranked, 1)), sep="\n")
    print(f"plain Python {plain_s:.2f} s, xcs.jit {jitted_s:.2f} s, {plain_s / jitted_s:.1f}x")


if __name__ == "__main__":
    main()
