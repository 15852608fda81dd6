"""Requests about the same matter: likely duplicates, 我也是, merging, the week's hot topics."""
