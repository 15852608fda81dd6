"""Speed, measured: CPU per operation through a real server, with raw SQL taken in the same minutes.

Never imported by the running system; `tongxin bench` calls it.
"""
