"""What is filled in about policy sets."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tongxin.documents.models import Document
from tongxin.orgs.models import Org
from tongxin.ui.forms import Form, Words

from ..actions.policies import MOST_TEXT
from ..models import ClauseLink, PolicyDocument, PolicySet
from .common import FILE_HELP, Day, Key, OneFile

# What a clause most often rests in; the value is the `kind` other pages ask their basis by.
KINDS = {
    "task": (("key_task", _("重点任务")), ("campaign", _("专项任务")), ("document", _("公文")), ("other", _("其他"))),
    "rule": (
        ("meeting_rules", _("组织生活制度")), ("routing_rules", _("流转规则")),
        ("admission_list", _("社区事务准入目录")), ("programme", _("标准化建设")), ("other", _("其他")),
    ),
}  # fmt: skip


class SetForm(Form):
    org = forms.ModelChoiceField(label=_("制定单位"), queryset=Org.objects.none(), empty_label=None)
    kind = forms.ChoiceField(label=_("类型"), choices=PolicySet.Kind)
    name = Words(label=_("名称"), limit=80, help_text=_("如：城市基层党建“1+6”制度体系。"))
    note = Words(label=_("说明"), limit=500, rows=3, required=False)
    is_public = forms.BooleanField(label=_("向社会公开"), required=False)
    key = Key()

    def __init__(self, *args: Any, orgs: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(org=orgs)


class PolicyForm(Form):
    role = forms.ChoiceField(label=_("位置"), choices=PolicyDocument.Role)
    subject = forms.ChoiceField(label=_("规范内容"), choices=PolicyDocument.Subject, required=False)
    title = Words(label=_("标题"), limit=120)
    number = Words(label=_("文号"), limit=40, required=False)
    issuer = Words(label=_("印发机关"), limit=60)
    issued_on = Day(label=_("印发日期"))
    effective_from = Day(label=_("施行日期"))
    effective_to = Day(label=_("失效日期"), required=False)
    replaces = forms.ModelChoiceField(
        label=_("代替"), queryset=PolicyDocument.objects.none(), required=False,
        empty_label=_("不代替旧文件"), help_text=_("旧文件到新文件施行的前一天失效。"),
    )  # fmt: skip
    document = forms.ModelChoiceField(
        label=_("本系统印发的公文"),
        queryset=Document.objects.none(),
        required=False,
        empty_label=_("不选"),
    )
    text = Words(
        label=_("正文"), limit=MOST_TEXT, rows=10, required=False,
        help_text=_("按“第一条”或“一、”分条；选了公文可以留空。"),
    )  # fmt: skip
    upload = OneFile(label=_("文件"), required=False, help_text=FILE_HELP)

    def __init__(
        self, *args: Any, old: Any, documents: Any, is_standard: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(replaces=old)
        self.choose_from(document=documents)
        if not is_standard:
            del self.fields["subject"]


class LinkForm(Form):
    what = forms.ChoiceField(label=_("落实为"), choices=ClauseLink.What)
    kind = forms.ChoiceField(
        label=_("类别"),
        choices=[(_("任务"), list(KINDS["task"])), (_("系统规则"), list(KINDS["rule"]))],
    )
    ref = Words(label=_("编号或代码"), limit=64)
    label = Words(label=_("名称"), limit=120)
    url = Words(
        label=_("页面"),
        limit=200,
        required=False,
        help_text=_("本系统里的地址，以 / 开头，从地址栏复制。"),
    )


class AudienceForm(Form):
    """Units out of those listed (`orgs`), or all that the list was narrowed to (`n` of them)."""

    whole = forms.BooleanField(required=False)
    orgs = forms.ModelMultipleChoiceField(
        label=_("单位"), queryset=Org.objects.none(), widget=forms.CheckboxSelectMultiple,
        required=False,
    )  # fmt: skip

    def __init__(self, *args: Any, orgs: Any, n: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(orgs=orgs)
        self.fields["whole"].label = gettext("发给符合条件的全部 %d 个单位") % n

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("whole") and not data.get("orgs") and "orgs" not in self.errors:
            self.add_error("orgs", gettext("请选单位，或选发给全部。"))
        return data


class ConformityForm(Form):
    """A verdict for each clause of the standards in force, and why not."""

    org = forms.ModelChoiceField(label=_("检查单位"), queryset=Org.objects.none(), empty_label=None)
    place = Words(label=_("场所"), limit=80)
    on = Day(label=_("检查日期"))

    VERDICTS = (("yes", _("符合")), ("no", _("不符合")), ("none", _("不涉及")))

    def __init__(self, *args: Any, orgs: Any, clauses: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(org=orgs)
        self.clauses = clauses
        for one in clauses:
            self.fields[f"v{one.pk}"] = forms.ChoiceField(
                label=f"{one.name} {one.text[:120]}", choices=self.VERDICTS,
                widget=forms.RadioSelect, required=False,
            )  # fmt: skip
            self.fields[f"n{one.pk}"] = Words(label=_("哪里不符合"), limit=200, required=False)

    @property
    def head(self) -> list[Any]:
        return [self[name] for name in ("org", "place", "on")]

    @property
    def rows(self) -> list[tuple[Any, Any]]:
        """Return the fields of each clause: the verdict, and why not."""
        return [(self[f"v{one.pk}"], self[f"n{one.pk}"]) for one in self.clauses]

    @property
    def verdicts(self) -> dict[int, str]:
        return {one.pk: self.cleaned_data[f"v{one.pk}"] for one in self.clauses}

    @property
    def notes(self) -> dict[int, str]:
        return {one.pk: self.cleaned_data[f"n{one.pk}"] for one in self.clauses}
