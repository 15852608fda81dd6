"""The sheet as PDF, set by typst in the faces the server has; what stood in for what is said."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tongxin.ui import faces

from .sheet import Sheet, rows_of

SOURCE = Path(__file__).parent / "paper.typ"
# The faces the standard names (5.2.2 仿宋, 7.2 and 7.3 小标宋, 黑体, 楷体), and who is taken as the same.
ASKED = {
    "body": ("仿宋_GB2312", ("FangSong_GB2312", "FangSong", "FZFangSong-Z02")),
    "title": ("方正小标宋", ("FZXiaoBiaoSong-B05", "FZXiaoBiaoSong-B05S")),
    "head": ("黑体", ("SimHei",)),
    "kai": ("楷体_GB2312", ("KaiTi_GB2312", "KaiTi", "FZKai-Z03")),
}


def pdf_of(sheet: Sheet) -> tuple[bytes, dict[str, str]]:
    """Return the sheet as PDF, and {face the standard asks: face it is set in}.

    :raises NoChineseFont: where the server has no Chinese face, naming the package that has one
    """
    import typst

    chosen = faces.chosen_faces(faces.installed_faces())
    swapped = substitutions(chosen)
    return typst.compile(SOURCE.read_bytes(), sys_inputs=_inputs(sheet, chosen, swapped)), swapped


def pages_of(sheet: Sheet, *, ppi: float = 96) -> list[bytes]:
    """Return the pages as PNG, to be looked at. :raises NoChineseFont: as above"""
    import typst

    chosen = faces.chosen_faces(faces.installed_faces())
    inputs = _inputs(sheet, chosen, substitutions(chosen))
    pages = typst.compile(SOURCE.read_bytes(), format="png", ppi=ppi, sys_inputs=inputs)
    return pages if isinstance(pages, list) else [pages]


def first_page(sheet: Sheet, *, ppi: float = 72) -> bytes:
    """Return the first page as PNG, for the preview beside the draft."""
    return pages_of(sheet, ppi=ppi)[0]


def substitutions(chosen: dict[str, Any]) -> dict[str, str]:
    """Return which faces of the standard are missing, and what stands in."""
    return {
        asked: chosen[name][0]
        for name, (asked, same) in ASKED.items()
        if chosen[name][0] not in same
    }


def _inputs(sheet: Sheet, chosen: dict[str, Any], swapped: dict[str, str]) -> dict[str, str]:
    # An official paper is in Chinese, in whatever language its reader has the pages.
    words = {
        "attachment": "附件：",
        "copies": "抄送：",
        "printed": "印发",
        "signer": "签发人：",
        "papers": "文件",
        "swapped": "；".join(f"{asked} → {face}" for asked, face in swapped.items()),
    }
    seals = rows_of(sheet.orgs) if sheet.orgs else []
    facts = asdict(sheet) | {"words": words, "seals": seals}
    return {
        "facts": json.dumps(facts, ensure_ascii=False),
        "faces": json.dumps(chosen, ensure_ascii=False),
    }
