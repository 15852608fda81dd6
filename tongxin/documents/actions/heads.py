"""What stands at the head and foot of a paper beside its words: 份号, 密级, 紧急程度, 联合行文单位."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from tongxin.kit.errors import Invalid, NotPermitted
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org

from ..models import Countersign, Document

URGENCIES = ("", "特急", "加急")  # GB/T 9704-2012, 7.2.3
# The degrees of a state secret and the longest each may last, in years (保守国家秘密法: 绝密 30,
# 机密 20, 秘密 10, unless a law says otherwise, which 长期 stands for).
SECRECIES = {"绝密": 30, "机密": 20, "秘密": 10}
TERM = re.compile(r"([1-9]\d?)(年|个月)")
MOST_COPIES = 9_999
MOST_JOINT = 8  # with the unit that writes nine: three rows of three seals (7.3.5.1)

HEADS = {
    "head_org": 60, "contact": 80, "note": 100, "urgency": 4, "secrecy": 2, "secrecy_term": 6,
}  # fmt: skip


class SecretPaper(NotPermitted):
    """A paper that holds a state secret, in an installation that was not built for such."""


class NotPeers(Invalid):
    """Units issue together that are not of one level."""


def clean_heads(heads: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of head and foot as they are kept.

    :raises SecretPaper: for a degree of secrecy where TONGXIN_SECRET_PAPERS is not set
    :raises Invalid: for a degree, a term or an urgency that the rules do not know
    """
    labels = {
        "head_org": _("发文机关标志"), "contact": _("联系人及电话"), "note": _("附注"),
        "urgency": _("紧急程度"), "secrecy": _("密级"), "secrecy_term": _("保密期限"),
    }  # fmt: skip
    if unknown := heads.keys() - HEADS.keys() - {"print_run"}:
        raise TypeError(f"unknown heads: {sorted(unknown)}")
    clean: dict[str, Any] = {
        name: clean_text(text, limit=HEADS[name], field_label=labels[name])
        for name, text in heads.items()
        if name in HEADS
    }
    if clean.get("urgency", "") not in URGENCIES:
        raise Invalid(_("紧急程度只有特急、加急。"), field="urgency")
    _check_secrecy(clean.get("secrecy", ""), clean.get("secrecy_term", ""))
    if "print_run" in heads:
        clean["print_run"] = _print_run(heads["print_run"])
    return clean


def _check_secrecy(degree: str, term: str) -> None:
    if not degree:
        if term:
            raise Invalid(_("填写保密期限时，请先选择密级。"), field="secrecy")
        return
    if degree not in SECRECIES:
        raise Invalid(_("密级只有绝密、机密、秘密。"), field="secrecy")
    if not settings.TONGXIN_SECRET_PAPERS:
        raise SecretPaper(
            _("本系统没有按涉密信息系统建设，不能办理标注密级的公文。"),
            field="secrecy",
            remedy=_(
                "请到涉密系统办理；确已按涉密信息系统建设并通过测评的，请管理员开启这项设置。"
            ),
        )
    if not term or term == "长期":
        return
    found = TERM.fullmatch(term)
    if not found:
        raise Invalid(_("保密期限请写成“10年”“6个月”或“长期”。"), field="secrecy_term")
    months = int(found[1]) * (12 if found[2] == "年" else 1)
    if months > SECRECIES[degree] * 12:
        raise Invalid(
            _("%(degree)s级的保密期限一般不超过 %(years)d 年。")
            % {"degree": degree, "years": SECRECIES[degree]},
            field="secrecy_term",
        )


def _print_run(number: int | None) -> int | None:
    if number is None:
        return None
    if not 1 <= number <= MOST_COPIES:
        raise Invalid(_("印制份数应在 1 到 %d 之间。") % MOST_COPIES, field="print_run")
    return number


def set_countersigns(document: Document, orgs: Iterable[Org], joint: Iterable[Org] = ()) -> None:
    """Name the units whose opinion is asked, and those that issue it too; never the one that writes.

    :raises NotPeers: for one of another level, or above or below: 党政机关公文处理工作条例, article 17
    """
    asked, beside = {org.pk: org for org in orgs}, {org.pk: org for org in joint}
    if document.org_id in asked:
        raise Invalid(_("会签单位不能是发文机关自己。"), field="countersigns")
    if both := [org.name for pk, org in asked.items() if pk in beside]:
        raise Invalid(
            _("“%s”已是联合行文单位，不必再列为会签单位。") % both[0], field="countersigns"
        )
    _check_joint(document, list(beside.values()))
    document.countersigns.filter(case__isnull=True).delete()
    have = set(document.countersigns.values_list("org", flat=True))
    rows = [(org, False) for org in asked.values()] + [(org, True) for org in beside.values()]
    Countersign.objects.bulk_create(
        Countersign(document=document, org=org, is_joint=is_joint, order=n)
        for n, (org, is_joint) in enumerate(rows)
        if org.pk not in have
    )


def _check_joint(document: Document, joint: list[Org]) -> None:
    if len(joint) > MOST_JOINT:
        raise Invalid(_("联合行文最多 %d 个单位。") % (MOST_JOINT + 1), field="joint")
    own = document.org
    for org in joint:
        if org.pk == own.pk:
            raise Invalid(_("联合行文单位不必再写发文机关自己，它排在第一。"), field="joint")
        if org.region.level != own.region.level or _is_above(own, org) or _is_above(org, own):
            raise NotPeers(
                _("“%(unit)s”与“%(own)s”不是同级机关，不能联合行文。")
                % {"unit": org.name, "own": own.name},
                field="joint",
                remedy=_("可改列为会签单位或抄送单位。"),
            )


def _is_above(one: Org, other: Org) -> bool:
    return bool(one.path) and one.pk != other.pk and other.path.startswith(one.path)
