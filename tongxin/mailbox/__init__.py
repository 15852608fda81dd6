"""Requests that arrive by e-mail, and replies that add to them."""
