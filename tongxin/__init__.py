"""Tongxin (同心): community governance around the loop ask, dispatch, accept, verify, rate."""
