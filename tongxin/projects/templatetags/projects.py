"""`{% load projects %}`: what a variable key stands for, figures as people write them, lines of a form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from ..queries import plain

register = template.Library()


@register.filter
def at_key(mapping: Mapping[Any, Any], key: Any) -> Any:
    """Return what stands under a key, None without: `{{ ticks|at_key:item.pk }}`."""
    return mapping.get(key)


@register.filter
def laid_out(form: Any) -> list[list[Any]]:
    """Return a form's fields as lines: those its `side_by_side` names together, each other alone."""
    groups = {name: group for group in getattr(form, "side_by_side", ()) for name in group}
    found: list[list[Any]] = []
    done: set[str] = set()
    for name in form.fields:
        if name not in done:
            line = [one for one in groups.get(name, (name,)) if one in form.fields]
            done.update(line)
            found.append([form[one] for one in line])
    return found


@register.filter(name="plain")
def as_plain(value: Any) -> str:
    """Return a figure without needless noughts, “—” for none: `{{ one.baseline|plain }}`."""
    return plain(value)
