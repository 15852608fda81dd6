"""The forms of findings: shape only; whether it may be is for the actions to say."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.orgs.models import Org
from tongxin.orgs.models.org import Sector
from tongxin.regions.queries import Land, place_name
from tongxin.ui.forms import Form, Photos, Words

from .models import Finding, FindingUnit, SelfCheckRound
from .queries import kinds_on

MOST_PHOTOS = 9
DUTIES = (
    ("main", gettext_lazy("主体责任单位")),
    ("regulator", gettext_lazy("监管责任单位")),
    ("territory", gettext_lazy("属地责任单位")),
)


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def day(label: Any, **kwargs: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=DayInput(), **kwargs)


def moment(label: Any, **kwargs: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
    return forms.DateTimeField(label=label, widget=widget, input_formats=formats, **kwargs)


def yuan_field(label: Any, **kwargs: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, min_value=0, max_digits=14, decimal_places=2,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "0.01"}), **kwargs,
    )  # fmt: skip


def unit_words(label: Any, **kwargs: Any) -> Words:
    """A unit by its name; the names we know are offered (`datalist`)."""
    widget = forms.TextInput(attrs={"list": "unit-names", "autocomplete": "off"})
    return Words(label=label, limit=100, widget=widget, **kwargs)


def fen_of(yuan: Any) -> int | None:
    """Return whole fen of an amount in yuan; None of none."""
    return None if yuan is None else int((yuan * 100).to_integral_value())


def offer(form: Form, name: str, choices: Any) -> None:
    """Set what may be chosen in a field."""
    field: Any = form.fields[name]
    field.choices = choices


class Keyed(Form):
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)


class DutyForm(Form):
    """Units of each responsibility; several of one kind are parted by 、."""

    def __init__(self, *args: Any, names: dict[str, Org], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names = names
        for word, label in DUTIES:
            self.fields[word] = unit_words(label, required=False)
        self.fields["main"].help_text = _("问题发生的单位；有几个单位时用顿号隔开。")
        self.fields["territory"].help_text = _("不填时按所在社区（村）、街镇自动确定。")

    def units(self) -> list[tuple[Org | None, str, str]]:
        """Return what was named as the actions want it."""
        return [
            (self.names.get(name), name, word)
            for word, _label in DUTIES
            for name in map(str.strip, self.cleaned_data[word].replace(",", "、").split("、"))
            if name
        ]


class RecordForm(DutyForm):
    """A finding put into the register by hand."""

    field_order = (
        "region", "site", "kind", "text", "photos", "main", "regulator", "territory", "severity",
        "found_at", "named", "fund", "due", "tags",
    )  # fmt: skip
    region = forms.ChoiceField(label=gettext_lazy("所在区域"))
    site = Words(label=gettext_lazy("点位"), limit=120, required=False)
    kind = forms.ChoiceField(label=gettext_lazy("问题类别"))
    text = Words(label=gettext_lazy("问题"), limit=2000, rows=4)
    photos = Photos(label=gettext_lazy("现场照片"), most=MOST_PHOTOS, required=False)
    severity = forms.ChoiceField(label=gettext_lazy("程度"), choices=Finding.Severity)
    found_at = moment(gettext_lazy("发现时间"))
    named = Words(
        label=gettext_lazy("涉及人员"),
        limit=200,
        required=False,
        help_text=gettext_lazy("加密保存，只有当地管理员、监督员写明理由后才能查看。"),
    )
    fund = Words(label=gettext_lazy("涉及资金（项目）"), limit=120, required=False)
    due = yuan_field(gettext_lazy("应到位金额（元）"), required=False)
    tags = Words(
        label=gettext_lazy("政策标签"), limit=120, required=False,
        help_text=gettext_lazy("如“六稳”“六保”，用顿号隔开。"),
    )  # fmt: skip
    lng = forms.FloatField(widget=forms.HiddenInput, required=False, min_value=-180, max_value=180)
    lat = forms.FloatField(widget=forms.HiddenInput, required=False, min_value=-90, max_value=90)
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def __init__(self, *args: Any, lands: list[Land], at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "region", [(land.id, place_name(land.path)) for land in lands])
        offer(self, "kind", grouped_kinds(localdate(at)))
        self.fields["found_at"].initial = localtime(at)
        self.order_fields(self.field_order)

    def given(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "text": data["text"], "kind": data["kind"], "severity": data["severity"],
            "site": data["site"], "lng": data["lng"], "lat": data["lat"], "named": data["named"],
            "found_at": data["found_at"], "fund": data["fund"], "due_fen": fen_of(data["due"]),
            "tags": [tag for tag in data["tags"].replace(",", "、").split("、") if tag.strip()],
            "units": self.units(), "key": data["key"],
        }  # fmt: skip


def grouped_kinds(on: date) -> list[tuple[str, Any]]:
    """Return the kinds in force as choices under their categories."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for kind in kinds_on(on):
        groups.setdefault(kind.category, []).append((kind.code, kind.name))
    return [("", "—"), *groups.items()]


class DutiesForm(DutyForm):
    """Who answers, named anew."""

    def __init__(self, *args: Any, finding: Finding, **kwargs: Any) -> None:
        kinds: dict[str, list[str]] = {}
        for unit in finding.units.all():
            kinds.setdefault(unit.responsibility, []).append(unit.name)
        initial = {word: "、".join(names) for word, names in kinds.items()}
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)


class CorrectForm(Form):
    note = Words(label=gettext_lazy("纠正情况"), limit=2000, rows=3)
    photos = Photos(label=gettext_lazy("纠正后的照片"), most=MOST_PHOTOS)


class OrderForm(Form):
    """Which units are pressed, by when, and how often they report."""

    units = forms.MultipleChoiceField(
        label=gettext_lazy("交办给"), required=False, widget=forms.CheckboxSelectMultiple
    )
    other = unit_words(
        gettext_lazy("其他单位"), required=False,
        help_text=gettext_lazy("不在上面的单位，按全称填写。"),
    )  # fmt: skip
    deadline = day(gettext_lazy("整改时限"))
    every = forms.TypedChoiceField(
        label=gettext_lazy("进度报送"), coerce=int, empty_value=None, required=False,
        choices=[("", gettext_lazy("不要求定期报送")), (3, gettext_lazy("每 3 天")), (7, gettext_lazy("每 7 天")), (15, gettext_lazy("每 15 天")), (30, gettext_lazy("每 30 天"))],
    )  # fmt: skip
    note = Words(label=gettext_lazy("整改要求"), limit=2000, rows=4, required=False)

    def __init__(
        self, *args: Any, finding: Finding, names: dict[str, Org], at: datetime, **kwargs: Any
    ) -> None:
        days = finding.kind.days if finding.kind else 15
        initial: dict[str, Any] = {"deadline": localdate(at) + timedelta(days=days)}
        order = [word for word, _label in DUTIES]
        units = sorted(finding.units.all(), key=lambda unit: order.index(unit.responsibility))
        pressed = {unit.org_id for unit in units if unit.supervised}
        of_org = {unit.org_id: unit for unit in reversed(units) if unit.org_id not in pressed}
        named = [unit for unit in units if unit.org_id and of_org.get(unit.org_id) is unit]
        initial["units"] = [str(u.pk) for u in named if u.responsibility == "main"]
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        self.named = {str(unit.pk): unit for unit in named}
        self.names = names
        offer(self, "units", [(pk, str(unit)) for pk, unit in self.named.items()])
        if not named:
            del self.fields["units"]

    def clean_other(self) -> Org | None:
        name = self.cleaned_data["other"]
        if name and name not in self.names:
            raise ValidationError(_("组织库里没有“%s”，请核对全称。") % name)
        return self.names.get(name)

    def orgs(self) -> list[tuple[Org, str]]:
        """Return (unit, responsibility) of each that was chosen, once."""
        chosen: dict[int, tuple[Org, str]] = {}
        for pk in self.cleaned_data.get("units", []):
            unit = self.named[pk]
            if unit.org is not None:
                chosen.setdefault(unit.org.pk, (unit.org, unit.responsibility))
        if other := self.cleaned_data.get("other"):
            chosen.setdefault(other.pk, (other, FindingUnit.Responsibility.MAIN))
        return list(chosen.values())


class WordsForm(Form):
    """One text, for what needs a reason."""

    note = Words(label=gettext_lazy("原因"), limit=200)


def of_units(finding: Finding) -> list[tuple[Any, str]]:
    units = {unit.name: unit.pk for unit in finding.units.all()}
    return [("", "—"), *((pk, name) for name, pk in units.items())]


class CallForm(Form):
    """A call that was made."""

    unit = forms.TypedChoiceField(
        label=gettext_lazy("责任单位"), coerce=int, empty_value=None, required=False
    )
    spoke_to = Words(label=gettext_lazy("通话对象"), limit=60)
    called_at = moment(gettext_lazy("通话时间"))
    reached = forms.TypedChoiceField(
        label=gettext_lazy("是否接通"), coerce=lambda value: value == "1", widget=forms.RadioSelect,
        choices=[("1", gettext_lazy("已接通")), ("0", gettext_lazy("未接通"))], initial="1",
    )  # fmt: skip
    text = Words(label=gettext_lazy("通话内容"), limit=500, rows=3)
    next_on = day(gettext_lazy("下次跟进"), required=False)

    def __init__(self, *args: Any, finding: Finding, at: datetime, **kwargs: Any) -> None:
        kwargs["initial"] = {"called_at": localtime(at)}
        super().__init__(*args, **kwargs)
        offer(self, "unit", of_units(finding))


class PaymentForm(Keyed):
    """Money that came."""

    field_order = ("amount", "on", "unit", "receipt", "note")
    amount = yuan_field(gettext_lazy("到位金额（元）"))
    on = day(gettext_lazy("拨付日期"))
    unit = forms.TypedChoiceField(
        label=gettext_lazy("拨付单位"), coerce=int, empty_value=None, required=False
    )
    receipt = Photos(label=gettext_lazy("到账凭证"), most=1, required=False)
    note = Words(label=gettext_lazy("说明"), limit=200, required=False)

    def __init__(self, *args: Any, finding: Finding, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "unit", of_units(finding))
        self.fields["on"].initial = localdate(at)


class ReceiptForm(Form):
    receipt = Photos(label=gettext_lazy("到账凭证"), most=1)


class ReportForm(Form):
    """How far a unit is."""

    on = day(gettext_lazy("截至日期"))
    text = Words(label=gettext_lazy("进展"), limit=500, rows=4)


class EveryForm(Form):
    every = OrderForm.base_fields["every"]


class GroupForm(Form):
    """Findings confirmed to be of one sort."""

    title = Words(label=gettext_lazy("名称"), limit=120)
    text = Words(label=gettext_lazy("共性表现"), limit=2000, rows=3, required=False)
    findings = forms.MultipleChoiceField(
        label=gettext_lazy("归入的问题"), widget=forms.CheckboxSelectMultiple
    )
    why = forms.CharField(widget=forms.HiddenInput, required=False, max_length=300)

    def __init__(self, *args: Any, findings: list[Finding], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(
            self,
            "findings",
            [(str(one.pk), f"{one.number} {one.site} {one.title}") for one in findings],
        )


class RoundForm(Keyed):
    """举一反三: who looks at themselves, and by when."""

    field_order = ("region", "org_kind", "sector", "due_on", "text")
    region = forms.ChoiceField(label=gettext_lazy("自查范围"))
    org_kind = forms.ChoiceField(label=gettext_lazy("单位类型"), choices=Org.Kind)
    sector = forms.ChoiceField(
        label=gettext_lazy("领域"), required=False,
        choices=[("", gettext_lazy("全部领域")), *Sector.choices],
    )  # fmt: skip
    due_on = day(gettext_lazy("报送期限"))
    text = Words(label=gettext_lazy("自查要求"), limit=2000, rows=4)

    def __init__(self, *args: Any, lands: list[Land], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "region", [(land.id, place_name(land.path)) for land in lands])


class CheckForm(Form):
    """A unit's answer for itself."""

    has = forms.TypedChoiceField(
        label=gettext_lazy("自查结果"), coerce=lambda value: value == "1",
        widget=forms.RadioSelect,
        choices=[("0", gettext_lazy("不存在")), ("1", gettext_lazy("存在，已列入问题台账"))],
    )  # fmt: skip
    checked_on = day(gettext_lazy("自查日期"))
    text = Words(label=gettext_lazy("情况说明"), limit=500, rows=4)
    photos = Photos(label=gettext_lazy("自查照片"), most=MOST_PHOTOS)

    def __init__(self, *args: Any, round_: SelfCheckRound, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["checked_on"].initial = localdate(at)
