"""The one lifecycle engine.

A case is something that somebody must finish by a time: a request, a whistle, a wish, a
follow-up. What differs between them is a table (a `Flow`) declared by the app that owns the kind.
What is the same lives here: the step, the moves, the clocks, the handler, the evidence, the
timeline, the adjustments and the figures.
"""
