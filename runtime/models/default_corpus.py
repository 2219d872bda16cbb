"""What the embedded model knows when it is given no documents: a few pages about compound-AI programs and XCS."""

from __future__ import annotations

TEXTS = (
    """
A compound-AI program is ordinary code that calls language models, tools and array code, and combines their answers.
Most of its time is spent waiting for models that could have been called at the same time.
XCS is a compiler that finds that parallelism in sequential Python and runs the program as fast as its data allows.
The user writes loops, comprehensions and branches, and puts one decorator on the function.
Nothing is annotated and nothing is configured, and the result is what plain Python would have given.

XCS traces a function into a program in static single assignment form, the xcs dialect of MLIR, defined with xDSL.
Pattern-rewrite passes turn independent loop iterations into a map, and independent calls into an ensemble.
Pure array code becomes a kernel that JAX hands to XLA, and everything else becomes a plan for a dataflow runtime.
Every stage can be printed, so a person can read what the compiler has found and why a call had to wait.
A function that the compiler cannot follow is called as a whole, in its place in the order, and stays right.

Calls of models commute with everything, so they are issued as soon as their inputs are there.
Visible effects such as prints, file writes and database writes retire in program order on the calling thread.
An exception is precise: what comes before the failing call has happened, and what comes after it has not.
Reads of the outside world may overlap with other reads, but they never cross a write that they could see.
A clock read is a fence, so measured times mean what they mean in plain Python.
The compiler never speculates past a branch, because a model call costs money and cannot be taken back.
""",
    """
A panel of experts asks several models the same question and lets a judge choose or merge their answers.
An ensemble of independent experts takes as long as its slowest member when its calls overlap.
A judge should see all answers in the same order, since the order of the options changes what a model prefers.
Retrieval finds the passages that a question is about, and a re-ranker scores the candidates with embeddings.
An embedding maps a text to a vector so that texts about the same thing point in the same direction.
A softmax over similarities turns scores into weights, and a temperature decides how sharp the choice is.
A chain of verification drafts an answer, checks each of its claims and repairs the draft where a check fails.
A tree search expands several thoughts at once, rates them and keeps the best branches.
Two agents that do not share data can run their loops side by side, each at its own pace.

Threads are enough for model calls, because a thread that waits for the network does not hold the interpreter.
The runtime bounds how many calls are in flight, so a map over a million items holds only a window of them.
A limit per model keeps a program under the rate that its provider allows.
A retry repeats one failing call and should be declared, so that a compiler can tell it from a loop over data.
A timeline shows when each call was issued and when it was done, and so where the critical path lies.
The critical path is the longest chain of calls in which each one needs the answer of the one before.
No scheduler can finish a program before its critical path, and a good one comes close to it.
Batching sends many small requests as one, which pays where a model charges or waits for each request.
""",
)
