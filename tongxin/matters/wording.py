"""Words for what was found in a text, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

PRIVATE = {
    "phone": gettext_lazy("电话号码"),
    "identity": gettext_lazy("身份证号"),
    "card": gettext_lazy("银行卡号"),
    "plate": gettext_lazy("车牌号"),
    "email": gettext_lazy("邮箱"),
    "account": gettext_lazy("微信号或QQ号"),
    "name": gettext_lazy("姓名"),
    "door": gettext_lazy("门牌号"),
}


def kinds_in_words(kinds: Iterable[str]) -> str:
    """Return "电话号码、姓名" for the kinds of private data found; "" for none."""
    return _("、").join(str(PRIVATE[kind]) for kind in kinds)
