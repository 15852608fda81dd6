"""`{% load projects %}`: a value of a dictionary by a key that is a variable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def at_key(mapping: Mapping[Any, Any], key: Any) -> Any:
    """Return what stands under a key, None without: `{{ ticks|at_key:item.pk }}`."""
    return mapping.get(key)
