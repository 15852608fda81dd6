"""What secretaries and organisers fill in: shapes only, the rules are in the actions."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from tongxin.kit.images import MEBI
from tongxin.orgs.models import Person
from tongxin.ui.forms import Form, ManyPhotos, Words

from .actions import Ballot, Taken
from .ballots import Marks
from .models import Base, Candidate, Disclosure, Payment
from .rules import Step

MOST_PAPERS = 6
PAPER_MEBI = 15


class Day(forms.DateField):
    """A day, by the browser's own calendar."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(widget=widget, **kwargs)


class Month(forms.DateField):
    """A month, as its first day."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(format="%Y-%m", attrs={"type": "month"})
        super().__init__(widget=widget, input_formats=["%Y-%m", "%Y-%m-%d"], **kwargs)


class Number(forms.IntegerField):
    def __init__(self, *, least: int = 0, most: int = 100_000, **kwargs: Any) -> None:
        super().__init__(min_value=least, max_value=most, **kwargs)


class Money(forms.DecimalField):
    """Yuan, to the fen."""

    def __init__(self, *, least: Decimal = Decimal(0), **kwargs: Any) -> None:
        super().__init__(
            min_value=least, max_value=Decimal(1_000_000), decimal_places=2, max_digits=12, **kwargs
        )


class Papers(forms.Field):
    """Pictures and PDFs as (name, bytes); what they really are is judged where they are kept."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"accept": "image/*,application/pdf", "multiple": True}
        super().__init__(widget=ManyPhotos(attrs=attrs), **kwargs)

    def clean(self, value: Any) -> list[tuple[str, bytes]]:
        files = value if isinstance(value, list | tuple) else [value] if value else []
        if len(files) > MOST_PAPERS:
            raise ValidationError(_("一次最多上传 %d 个文件") % MOST_PAPERS)
        for file in files:
            if file.size > PAPER_MEBI * MEBI:
                raise ValidationError(_("“%s”超过 15 MB，请压缩后再上传") % file.name)
        return [(file.name, file.read()) for file in files]


class PapersForm(Form):
    papers = Papers(label=_("照片或 PDF"))


class Keyed(Form):
    """A form that acts once, however often it is sent: the key is made with the page."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=80)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"key": str(uuid.uuid4())} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)


class People(forms.ModelMultipleChoiceField):
    """People of a unit, each a row that can be ticked."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            queryset=Person.objects.none(), widget=forms.CheckboxSelectMultiple(), **kwargs
        )

    def offer(self, people: list[Person]) -> None:
        self.queryset = Person.objects.filter(pk__in=[one.pk for one in people]).order_by("name")


# --- terms and elections


class TermForm(Form):
    number = Number(label=_("届次"), least=1, most=200, help_text=_("第几届"))
    seats = Number(label=_("委员名额"), least=1, most=30, help_text=_("不设委员会的填 1"))
    from_date = Day(label=_("起始日期"), help_text=_("选出本届的大会日期；届满日期按规则推算"))


class ExtensionForm(Form):
    months = Number(label=_("延期月数"), least=1, most=12)
    reason = Words(label=_("理由"), limit=500, rows=3)


class ElectionForm(Form):
    decided_on = Day(label=_("决定换届日期"), help_text=_("党组织会议研究决定的日期"))
    has_committee = forms.BooleanField(
        label=_("设委员会（选委员，再由委员选书记）"), required=False
    )
    seats = Number(label=_("应选名额"), least=1, most=30)
    note = Words(label=_("说明"), limit=500, rows=2, required=False)


class ReasonForm(Form):
    reason = Words(label=_("说明"), limit=500, rows=2)


class DecisionForm(Form):
    agree = forms.TypedChoiceField(
        label=_("批复"),
        choices=[("1", _("同意")), ("0", _("不同意"))],
        coerce=lambda value: value == "1",
        widget=forms.RadioSelect,
    )
    decision = Words(label=_("批复意见"), limit=500, rows=3, required=False)
    number = Words(label=_("批复文号"), limit=60, required=False)


class CandidatesForm(Form):
    people = People(label=_("候选人"), help_text=_("只列出本组织的正式党员"))

    def __init__(self, *args: Any, people: list[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["people"]
        field.offer(people)


class FewerForm(Form):
    in_favour = Number(label=_("同意减少名额的人数"))


NUMBERS = ("entitled", "present", "issued", "returned", "valid")


class RoundForm(Form):
    """The count of a meeting: the ballots, and three numbers for each candidate."""

    held_on = Day(label=_("日期"))
    place = Words(label=_("地点"), limit=80, required=False)
    entitled = Number(label=_("应到会有选举权人数"))
    present = Number(label=_("实到会有选举权人数"))
    issued = Number(label=_("发出选票"))
    returned = Number(label=_("收回选票"))
    valid = Number(label=_("有效票"))
    tellers = Words(label=_("监票人、计票人"), limit=80)

    def __init__(
        self, *args: Any, candidates: list[Candidate], may_skip: bool = False, **kwargs: Any
    ) -> None:
        """Ask for the marks of the candidates; `may_skip`: whose row is empty does not stand."""
        super().__init__(*args, **kwargs)
        self.candidates = candidates
        for one in candidates:
            for name, label in (("a", _("赞成")), ("b", _("不赞成")), ("c", _("弃权"))):
                self.fields[f"{name}_{one.pk}"] = Number(label=label, required=not may_skip)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for one in self.candidates:
            given = [data.get(f"{name}_{one.pk}") for name in "abc"]
            if any(n is not None for n in given) and None in given:
                self.add_error(None, _("请填全%s的赞成、不赞成和弃权") % one.person)
        return data

    def standing(self) -> list[Candidate]:
        """Return those whose row is filled in."""
        data = self.cleaned_data
        return [
            c for c in self.candidates if all(data.get(f"{n}_{c.pk}") is not None for n in "abc")
        ]

    def ballots(self) -> list[tuple[Candidate, list[Any]]]:
        """Return each candidate with their three fields, for the template."""
        return [(one, [self[f"{n}_{one.pk}"] for n in "abc"]) for one in self.candidates]

    def sums(self) -> list[Any]:
        return [self[name] for name in NUMBERS]

    def numbers(self) -> dict[str, int]:
        return {name: self.cleaned_data[name] for name in NUMBERS}

    def marks(self) -> Mapping[int, Marks]:
        data = self.cleaned_data
        return {
            one.pk: Marks(data[f"a_{one.pk}"], data[f"b_{one.pk}"], data[f"c_{one.pk}"])
            for one in self.standing()
        }

    def has_count(self) -> bool:
        """Say whether the numbers that are needed are there, whatever the rest of the form is."""
        whole = all(self.cleaned_data.get(name) is not None for name in NUMBERS)
        marks = set(self.fields) & set(self.errors)
        return whole and bool(self.standing()) and not any(name[1:2] == "_" for name in marks)


# --- development of members


class ApplicantForm(Form):
    name = Words(label=_("姓名"), limit=40)
    born_on = Day(label=_("出生日期"))
    applied_on = Day(label=_("申请日期"), help_text=_("递交入党申请书的日期；按这一天的规则办理"))
    papers = Papers(label=_("入党申请书"))


class OpenFileForm(Form):
    applied_on = Day(label=_("申请日期"), help_text=_("递交入党申请书的日期；按这一天的规则办理"))
    papers = Papers(label=_("入党申请书"))


class StepForm(Form):
    """A step: only what its rule needs is asked."""

    done_on = Day(label=_("完成日期"))
    note = Words(label=_("说明"), limit=500, rows=2, required=False)

    def __init__(self, *args: Any, step: Step, may_be_late: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.step = step
        if "notice" in step.needs:
            self.fields["started_on"] = Day(label=_("公示开始"))
            self.fields["done_on"].label = _("公示结束")
        if "hours" in step.needs:
            self.fields["hours"] = Number(label=_("培训学时"), most=500)
        if "vote" in step.needs:
            self.fields["entitled"] = Number(label=_("应到会有表决权人数"))
            self.fields["present"] = Number(label=_("实到会有表决权人数"))
            self.fields["in_favour"] = Number(
                label=_("赞成人数"), help_text=_("无记名投票，含会前书面提出的赞成意见")
            )
            self.fields["written"] = Number(label=_("缺席党员书面意见"), required=False)
        if may_be_late:
            self.fields["late_reason"] = Words(label=_("超期说明"), limit=300, required=False)
        self.fields["papers"] = Papers(label=step.evidence, help_text=_("照片或 PDF，可以多选"))
        self.order_fields(["started_on", "done_on", "hours", "entitled", "present", "in_favour"])

    def taken(self) -> Taken:
        data = self.cleaned_data
        ballot = None
        if "vote" in self.step.needs:
            ballot = Ballot(
                data["entitled"], data["present"], data["in_favour"], data.get("written") or 0
            )
        return Taken(
            done_on=data["done_on"],
            started_on=data.get("started_on"),
            hours=data.get("hours"),
            ballot=ballot,
            late_reason=data.get("late_reason", ""),
            note=data["note"],
            papers=data["papers"],
        )


class ReviewForm(Form):
    on = Day(label=_("考察日期"))
    text = Words(label=_("考察意见"), limit=1000, rows=4)


class HelpersForm(Form):
    people = People(label=_("党员"), help_text=_("选 1 至 2 名正式党员"))

    def __init__(self, *args: Any, people: list[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["people"]
        field.offer(people)


class EndForm(Form):
    on = Day(label=_("终止日期"))
    reason = Words(label=_("终止原因"), limit=300, rows=2)


# --- dues


class BaseForm(Form):
    kind = forms.ChoiceField(label=_("类别"), choices=Base.Kind.choices)
    base = Money(
        label=_("月基数（元）"),
        required=False,
        help_text=_("在职、离退休填写；加密保存，只有党务干部和本人能看到"),
    )
    fixed = Money(
        label=_("核定金额（元/月）"), required=False, help_text=_("农民党员在规定范围内核定")
    )
    from_month = Month(label=_("起始月份"))


class PayForm(Keyed):
    amount = Money(label=_("金额（元）"))
    paid_on = Day(label=_("交款日期"))
    method = forms.ChoiceField(label=_("方式"), choices=Payment.Method.choices)
    kind = forms.ChoiceField(
        label=_("类型"),
        choices=[(k.value, k.label) for k in (Payment.Kind.DUES, Payment.Kind.EXTRA)],
    )
    note = Words(label=_("说明"), limit=200, required=False)


class RefundForm(Form):
    reason = Words(label=_("退款原因"), limit=200)


class WaiverForm(Form):
    from_month = Month(label=_("起始月份"))
    to_month = Month(label=_("截止月份"), help_text=_("一次最长 12 个月"))
    pays = Money(label=_("每月仍交（元）"), help_text=_("免交填 0"))
    meeting_on = Day(label=_("支部讨论日期"))
    reason = Words(label=_("理由"), limit=300, rows=2, help_text=_("只有党务干部和本人能看到"))


class ForwardForm(Keyed):
    amount = Money(label=_("上缴金额（元）"))
    on = Day(label=_("日期"))
    note = Words(label=_("说明"), limit=200, required=False)


# --- disclosure


class PublishForm(Form):
    title = Words(label=_("标题"), limit=100)
    content = Words(
        label=_("内容"), limit=5000, rows=8, help_text=_("不写手机号、身份证号等个人信息")
    )
    place = forms.ChoiceField(
        label=_("公开方式"), choices=Disclosure.Place.choices, widget=forms.RadioSelect
    )
    public_from = Day(label=_("公开自"))
    public_to = Day(label=_("公开至"))
