"""Uploads of these tests go with them."""

from .making import own_media  # noqa: F401
