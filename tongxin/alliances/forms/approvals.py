"""What people fill in about approvals, joint reviews, letters and the three dates."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tongxin.documents.actions.files import MOST_MEBI, Upload, check_size
from tongxin.kit.errors import Refused
from tongxin.orgs.models import Org
from tongxin.regions.queries import prefixes
from tongxin.ui.forms import Form, Words

from ..models import ApprovalFile, ApprovalItem, Dossier, Gate
from .common import Day, Key, One, Some, choose

S = ApprovalItem.State
VERDICTS = [(S.GRANTED, S.GRANTED.label), (S.CONDITIONAL, S.CONDITIONAL.label), (S.REFUSED, S.REFUSED.label)]  # fmt: skip
WHICH = [("begun", _("开工")), ("built", _("建成")), ("used", _("使用"))]


class ApprovalForm(Form):
    name = Words(label=_("审批事项"), limit=60)
    department = One(Org, label=_("审批部门"), required=False, empty_label=_("不在名册里"))
    department_name = Words(
        label=_("部门名称"), limit=60, required=False, help_text=_("不在名册里时填写。")
    )
    days = forms.IntegerField(label=_("承诺时限（工作日）"), min_value=1, max_value=365, initial=5)
    after = Some(ApprovalItem, label=_("要等哪些事项"), required=False)
    gate = forms.ChoiceField(
        label=_("把关环节"), choices=[("", _("不把关")), *Gate.choices], required=False
    )
    is_milestone = forms.BooleanField(label=_("里程碑：办成后请项目单位评价"), required=False)

    def __init__(self, *args: Any, dossier: Dossier, orgs: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, department=orgs, after=dossier.items.order_by("order"))


class PlanForm(Form):
    on = Day(label=_("计划办结日期"), required=False, help_text=_("留空即取消计划。"))


class DecideForm(Form):
    state = forms.ChoiceField(label=_("结论"), choices=VERDICTS, widget=forms.RadioSelect)
    on = Day(label=_("办结日期"))
    document = Words(label=_("批文号"), limit=60, required=False)
    conditions = Words(
        label=_("条件或理由"), limit=300, rows=3, required=False,
        help_text=_("附条件批准写条件，不予批准写理由。"),
    )  # fmt: skip


class LinkForm(Form):
    needed = One(ApprovalItem, label=_("要等的事项"))

    def __init__(self, *args: Any, item: ApprovalItem, linked: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now = item.needs.values("needed")
        rows = ApprovalItem.objects.filter(dossier=item.dossier_id).exclude(pk=item.pk)
        rows = rows.filter(pk__in=now) if linked else rows.exclude(pk__in=now)
        choose(self, needed=rows.order_by("order"))


class LetterForm(Form):
    number = Words(label=_("函号"), limit=60)
    issuer = Words(label=_("出具单位"), limit=60, required=False, help_text=_("不填即审批部门。"))
    conditions = Words(label=_("条件"), limit=300, rows=3)
    issued_on = Day(label=_("出具日期"))
    valid_until = Day(label=_("有效期至"), help_text=_("最长一年。到期前 30、7、1 天提醒。"))


class RenewForm(Form):
    number = Words(label=_("新函号"), limit=60)
    issued_on = Day(label=_("出具日期"))
    valid_until = Day(label=_("有效期至"))
    conditions = Words(
        label=_("条件"), limit=300, rows=3, required=False, help_text=_("不填沿用原函。")
    )


class OneFile(forms.FileField):
    """A file as an `Upload`; its kind is judged where it is kept."""

    def clean(self, value: Any, initial: Any = None) -> Upload:
        found = super().clean(value, initial)
        try:
            check_size(found.name, found.size)
        except Refused as refusal:
            raise forms.ValidationError(str(refusal.message)) from refusal
        return Upload(name=found.name, data=found.read())


class FileForm(Form):
    kind = forms.ChoiceField(label=_("类别"), choices=ApprovalFile.Kind.choices)
    upload = OneFile(
        label=_("文件"),
        help_text=_("PDF、OFD、Word、Excel、图片和 ZIP，最大 %d MB。") % MOST_MEBI,
    )

    def take(self, refusal: Any) -> None:
        refusal.field = "upload" if refusal.field == "files" else refusal.field
        super().take(refusal)


class DatesForm(Form):
    begun = Day(label=_("计划开工"), required=False)
    built = Day(label=_("计划建成"), required=False)
    used = Day(label=_("计划使用"), required=False)


class MarkForm(Form):
    which = forms.ChoiceField(label=_("节点"), choices=WHICH, widget=forms.RadioSelect)
    on = Day(label=_("日期"))


class JointForm(Form):
    """One session: a verdict, conditions and a number for each approval not granted yet."""

    held_on = Day(label=_("会审日期"))
    place = Words(label=_("地点"), limit=100)
    chair = Words(label=_("主持人"), limit=40)
    summary = Words(label=_("会审意见"), limit=2000, rows=3, required=False)
    key = Key()

    def __init__(self, *args: Any, items: list[ApprovalItem], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.items = items
        for item in items:
            self.fields[f"state_{item.pk}"] = forms.ChoiceField(
                label=gettext("%s：结论") % item.name, choices=[("", gettext("这次不审")), *VERDICTS],
                required=False,
            )  # fmt: skip
            self.fields[f"conditions_{item.pk}"] = Words(
                label=gettext("%s：条件或理由") % item.name, limit=300, required=False
            )
            self.fields[f"document_{item.pk}"] = Words(
                label=gettext("%s：批文号") % item.name, limit=60, required=False
            )

    def groups(self) -> list[dict[str, Any]]:
        """Return the fields of each approval together, for the page."""
        return [
            {
                "item": item,
                "fields": [
                    self[f"{name}_{item.pk}"] for name in ("state", "conditions", "document")
                ],
            }
            for item in self.items
        ]

    def verdicts(self) -> list[tuple[ApprovalItem, str, str, str]]:
        given = self.cleaned_data
        return [
            (
                item,
                given[f"state_{item.pk}"],
                given[f"conditions_{item.pk}"],
                given[f"document_{item.pk}"],
            )
            for item in self.items
            if given.get(f"state_{item.pk}")
        ]


def departments_of(dossier: Dossier) -> Any:
    """Return the departments that may decide for a place: those of it and of all land above."""
    kinds = (Org.Kind.DEPARTMENT, Org.Kind.GOVERNMENT)
    rows = Org.objects.public().filter(kind__in=kinds)
    return rows.filter(region__path__in=[*prefixes(dossier.region.path)]).order_by("name")
