"""The demo: a real district, made-up people, real messages, played through the whole loop.

On the top floor and never imported by the running system; `tongxin demo` calls it. Everything is
drawn from one seed: the same day gives the same district.
"""
