"""Motions and votes of a community, surveys, pledges and campaigns of items."""
