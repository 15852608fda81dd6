"""The Chinese faces a server has, and which stand in for those official papers ask for."""

from __future__ import annotations

from functools import cache

from django.utils.translation import gettext as _

from tongxin.kit.errors import Refused

# In this order: official faces if an office has installed them, then the free ones.
SONG = ("FangSong_GB2312", "FangSong", "FZFangSong-Z02", "FandolFang R", "FandolFang",
        "Noto Serif CJK SC", "Source Han Serif SC", "Noto Serif SC", "FandolSong", "SimSun",
        "AR PL UMing CN")  # fmt: skip
HEI = ("SimHei", "Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "FandolHei",
       "WenQuanYi Micro Hei", "WenQuanYi Zen Hei")  # fmt: skip
KAI = ("KaiTi_GB2312", "KaiTi", "FZKai-Z03", "FandolKai", "AR PL UKai CN")
TITLE = ("FZXiaoBiaoSong-B05", "FZXiaoBiaoSong-B05S", *SONG)
PACKAGE = "fonts-noto-cjk"


class NoChineseFont(Refused):
    """The server has no Chinese face: a PDF would show empty boxes."""

    status = 503


@cache
def installed_faces() -> frozenset[str]:
    """Return the families typst finds on this machine; asked once for a process."""
    import typst

    return frozenset(font.family for font in typst.Fonts(include_system_fonts=True).fonts())


def chosen_faces(there: frozenset[str]) -> dict[str, object]:
    """Return the faces of title, body and heads out of those installed.

    :raises NoChineseFont: if none of them is there
    """
    body = [face for face in SONG if face in there]
    heads = [face for face in HEI if face in there]
    title = [face for face in TITLE if face in there]
    if not body and not heads:
        raise NoChineseFont(
            _("服务器没有中文字体，PDF 会是空白方块，所以没有生成。"),
            remedy=_("请管理员安装软件包 %s 后重试，或先下载 Word 文档。") % PACKAGE,
        )
    is_official = bool(title) and title[0].startswith("FZ")
    return {
        "body": body or heads,
        "head": heads or body,
        "kai": [face for face in KAI if face in there] or body or heads,
        "title": title or heads,
        "weight": "regular" if is_official else "bold",
    }
