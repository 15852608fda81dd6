"""The five classes of service: written down as a wording from a day on (S4.29)."""

from __future__ import annotations

import re
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.kit.errors import Invalid
from tongxin.kit.text import clean_text

from ..models import ServiceClass
from ..queries import forget_topics
from ..service_classes import ANY, NONE, classes_on, sample_classes, sampled

MOST_CLASSES = 9


class BadServiceClass(Invalid):
    """A wording of a class that cannot stand; `field` names what is wrong."""


def check_class(wording: ServiceClass) -> None:
    """Raise `BadServiceClass` for a code, name, order or day that this wording cannot have."""
    if not re.fullmatch(r"[a-z]{2,8}", wording.code, re.ASCII) or wording.code in (ANY, NONE):
        raise BadServiceClass(_("代码应是 2 到 8 个小写字母，不能是 any 或 none。"), field="code")
    if not 1 <= wording.order <= MOST_CLASSES:
        raise BadServiceClass(_("次序应是 1 到 %d 的整数。") % MOST_CLASSES, field="order")
    clean_text(wording.text, limit=200, field_label=_("包含什么"))
    for name, limit, label in (("name", 20, _("名称")), ("source", 200, _("依据"))):
        try:
            clean_text(getattr(wording, name), limit=limit, field_label=label, required=True)
        except Invalid as refusal:
            raise BadServiceClass(refusal.message, field=name) from refusal
    if any(one.name == wording.name and one.code != wording.code for one in classes_on()):
        raise BadServiceClass(_("已有一类叫“%s”，请换个名称。") % wording.name, field="name")


@transaction.atomic
def word_class(*, wording: ServiceClass, by, at: datetime) -> ServiceClass:
    """Write down how a class reads from a day on; what was before stays as it was.

    :raises BadServiceClass: for what `check_class` refuses, or a day that has its wording
    """
    check_class(wording)
    keep_sample()
    try:
        with transaction.atomic():
            wording.save(force_insert=True)
    except IntegrityError:
        raise BadServiceClass(
            _("“%(code)s”自 %(day)s 起已有一条，请改用另一天。")
            % {"code": wording.code, "day": wording.effective_from},
            field="effective_from",
        ) from None
    detail = {"name": wording.name, "effective_from": wording.effective_from.isoformat()}
    audit(actor=by, action="service_class.word", object=wording.code, detail=detail, at=at)
    transaction.on_commit(forget_topics)
    return wording


def keep_sample() -> int:
    """Write the shipped sample into a house that has no classes; return how many. Safe to repeat."""
    if ServiceClass.objects.exists():
        return 0
    rows = [sampled(row) for row in sample_classes()]
    return len(ServiceClass.objects.bulk_create(rows, ignore_conflicts=True))
