"""What a phone said, in words for who has to decide."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import FieldAction

LABELS = {
    "report": gettext_lazy("上报"),
    "order.move": gettext_lazy("办单"),
    "visit.begin": gettext_lazy("开始走访"),
    "visit.finish": gettext_lazy("走访填报"),
    "visit.note": gettext_lazy("走访补记"),
    "component.state": gettext_lazy("部件状态"),
    "checkin": gettext_lazy("签到"),
    "notice.agree": gettext_lazy("同意告知书"),
    "notice.revoke": gettext_lazy("撤回同意"),
    "duty.start": gettext_lazy("上岗"),
    "duty.stop": gettext_lazy("下岗"),
    "track": gettext_lazy("轨迹"),
}
_MINUTE = timedelta(minutes=1)
WORDS = {
    "text": gettext_lazy("内容"),
    "note": gettext_lazy("说明"),
    "address": gettext_lazy("地址"),
    "topic": gettext_lazy("类别代码"),
    "minutes": gettext_lazy("分钟"),
    "amount": gettext_lazy("金额（元）"),
    "until": gettext_lazy("到什么时候"),
    "state": gettext_lazy("状态"),
    "mood": gettext_lazy("居民情绪"),
}


def kind_label(action: FieldAction) -> str:
    """Return what was done, in a few words: 办单：办结."""
    label = str(LABELS.get(action.kind, _("读不懂的内容")))
    move = action.found.get("move_label")
    return f"{label}：{move}" if move else label


def said_by_phone(action: FieldAction) -> list[tuple[str, Any]]:
    """Return (label, value) of what was sent: when, by which clock, what it says."""
    rows: list[tuple[str, Any]] = [(_("时间"), _moment(action))]
    if action.received_at - action.at > _MINUTE:
        rows.append((_("送达"), localtime(action.received_at).strftime("%m月%d日 %H:%M")))
    for name, label in WORDS.items():
        if action.data.get(name) not in (None, ""):
            rows.append((str(label), action.data[name]))
    answers = action.data.get("answers")
    if isinstance(answers, dict):
        rows.append((_("填报"), _("%d 项") % len(answers)))
    if action.photos:
        rows.append((_("照片"), _("%d 张") % len(action.photos)))
    if "raw" in action.data:
        rows.append((_("原始内容"), str(action.data["raw"])[:2000]))
    return rows


def _moment(action: FieldAction) -> str:
    return localtime(action.at).strftime("%m月%d日 %H:%M")
