"""What anybody may read of a text: numbers and doors that tell who somebody is are hidden."""

from __future__ import annotations

import re

_HIDDEN = (
    re.compile(r"(?<!\d)(?:\d{17}[\dXx])(?!\d)"),  # identity numbers
    re.compile(r"(?<!\d)1[3-9]\d(?:[\s-]?\d{4}){2}(?!\d)"),  # mobile numbers
    re.compile(r"(?<!\d)0\d{2,3}[\s-]?\d{7,8}(?!\d)"),  # land lines
    re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),  # e-mail
    re.compile(
        r"\d{1,3}\s*(?:号楼|栋|幢|座)\s*(?:\d{1,2}\s*单元)?\s*\d{2,4}\s*(?:室|号|户)"
    ),  # doors
)


def mask(text: str) -> str:
    """Return the text with every private span as stars of its length."""
    for pattern in _HIDDEN:
        text = pattern.sub(lambda found: "*" * len(found[0]), text)
    return text
