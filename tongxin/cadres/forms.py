"""What people say on the pages of cadres."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, get_land, region_of, world
from tongxin.ui.forms import Form, Phone, Words

from .actions.guide_files import MOST_FILE
from .models import CrewMember, DailyRating, Operation, Together
from .models.crews import ActorKind, Field


class ChoosingForm(Form):
    """A form some of whose choices are known only when it is drawn."""

    def choose(self, name: str) -> forms.ChoiceField:
        return cast(forms.ChoiceField, self.fields[name])


def day_field(label: Any, **kwargs: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}), **kwargs)


class OperationForm(ChoosingForm):
    """The order by which emergency mode is switched on."""

    name = Words(label=_("名称"), limit=60, help_text=_("例如“疫情防控应急行动”。"))
    region = forms.ChoiceField(label=_("范围"))
    ordered_by = forms.ChoiceField(label=_("决定单位"))
    document_no = Words(label=_("文号"), limit=60, help_text=_("例如“滨党发〔2026〕3号”。"))
    reason = Words(label=_("启动原因"), limit=500, rows=3)
    ends_on = day_field(_("计划结束日期"))

    def __init__(self, *args: Any, lands: list[Land], orgs: list[Org], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("region").choices = [(land.id, land.name) for land in lands]
        self.choose("ordered_by").choices = [(org.pk, org.name) for org in orgs]


class PhaseForm(Form):
    """Into the next phase, or longer in this one."""

    phase = forms.ChoiceField(label=_("阶段"), choices=Operation.PhaseKind.choices)
    ends_on = day_field(_("到哪一天"))
    keep = forms.BooleanField(label=_("在岗干部一并延长到这一天"), required=False)
    note = Words(label=_("说明"), limit=500, rows=2, required=False)


class EndForm(Form):
    """Emergency mode off, and what becomes of those who serve."""

    reason = Words(label=_("结束原因"), limit=500, rows=3)
    then = forms.ChoiceField(
        label=_("在岗干部"),
        required=False,
        widget=forms.RadioSelect,
        choices=[("close", _("全部结束下沉，今天为最后一天")), ("keep", _("继续驻守到下面的日期"))],
    )
    keep_until = day_field(_("继续驻守到"), required=False)


class OfferForm(ChoosingForm):
    """One cadre into the pool."""

    name = Words(label=_("姓名"), limit=40)
    phone = Phone(label=_("手机号"), help_text=_("按手机号认人；有账号的，会收到通知。"))
    unit = forms.ChoiceField(label=_("派出单位"))
    home = forms.ChoiceField(label=_("居住社区"))
    from_date = day_field(_("可下沉起始日"))
    to_date = day_field(_("可下沉截止日"))
    most_km = forms.IntegerField(
        label=_("最远公里数"), required=False, min_value=1, max_value=200,
        help_text=_("确有困难、不能远派的才填。"),
    )  # fmt: skip
    note = Words(label=_("说明"), limit=100, required=False)

    def __init__(self, *args: Any, orgs: list[Org], lands: list[Land], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("unit").choices = [("", _("请选择")), *((org.pk, org.name) for org in orgs)]
        self.choose("home").choices = [("", _("请选择")), *community_choices(lands)]


def community_choices(lands: list[Land]) -> list:
    """Return communities as choices, by street."""
    streets: dict[str, list[tuple[int, str]]] = {}
    for land in lands:
        above = world().by_id.get(land.parent_id or 0)
        streets.setdefault(above.name if above else "", []).append((land.id, land.short_name))
    return list(streets.items())


class TogetherForm(ChoosingForm):
    """A unit that wants its cadres in one street or community."""

    unit = forms.ChoiceField(label=_("派出单位"))
    level = forms.ChoiceField(
        label=_("集中到"), required=False, choices=[*Together.Level.choices, ("", _("不再集中"))]
    )

    def __init__(self, *args: Any, orgs: list[Org], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("unit").choices = [(org.pk, org.name) for org in orgs]


class NeedForm(Form):
    """What a community needs, set by hand."""

    minimum = forms.IntegerField(label=_("至少几人"), min_value=0, max_value=500)
    wish = forms.IntegerField(label=_("期望几人"), min_value=0, max_value=500)
    basis = Words(label=_("依据"), limit=200, required=False)


class RunForm(Form):
    """For which days the pool is shared out."""

    first = day_field(_("首日"))
    last = day_field(_("末日"))


class MoveForm(ChoosingForm):
    """One cadre of a draft elsewhere."""

    community = forms.ChoiceField(label=_("改派到"))
    note = Words(label=_("调整理由"), limit=200, required=False)

    def __init__(self, *args: Any, lands: list[Land], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("community").choices = [
            ("reserve", _("预备队（暂不下沉）")),
            *community_choices(lands),
        ]


class ProlongForm(Form):
    until = day_field(_("延长到"))
    note = Words(label=_("说明"), limit=200, required=False)


class TransferForm(ChoosingForm):
    community = forms.ChoiceField(label=_("调整到"))
    note = Words(label=_("说明"), limit=200, required=False)

    def __init__(self, *args: Any, lands: list[Land], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("community").choices = community_choices(lands)


class FieldUnitForm(Form):
    unit = forms.ModelChoiceField(
        queryset=Org.objects.none(), label=_("临时党组织"), required=False,
        empty_label=_("不编入"),
    )  # fmt: skip

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(unit=units)


class RecallForm(Form):
    reason = Words(label=_("召回理由"), limit=200, rows=2)


class GuideForm(Form):
    title = Words(
        label=_("标题"), limit=100, help_text=_("和已有的同名，就作为它的新版，需要重新阅读。")
    )
    text = Words(label=_("正文"), limit=20_000, rows=14, required=False)
    file = forms.FileField(
        label=_("附件"), required=False,
        widget=forms.FileInput(attrs={"accept": ".pdf,.docx,image/*"}),
        help_text=_("PDF、Word（DOCX）或图片，最大 15 MB；正文和附件至少要有一样。发新版时请重新附上。"),
    )  # fmt: skip

    def clean_file(self) -> tuple[str, bytes] | None:
        """Return (name, bytes); what it really is is judged where it is kept."""
        file = self.cleaned_data["file"]
        if not file:
            return None
        if file.size > MOST_FILE:
            raise forms.ValidationError(_("附件最大 15 MB，请压缩后再上传。"))
        return file.name, file.read()


class RatingForm(Form):
    """A day, criterion by criterion; `reason` is asked for only when correcting."""

    attendance = forms.ChoiceField(
        label=_("出勤"), choices=DailyRating.Attendance.choices, widget=forms.RadioSelect,
        initial=DailyRating.Attendance.PRESENT,
    )  # fmt: skip
    note = Words(label=_("说明"), limit=200, rows=2, required=False)

    def __init__(self, *args: Any, criteria: list, correcting: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.criteria = criteria
        for one in criteria:
            self.fields[f"mark_{one.code}"] = forms.TypedChoiceField(
                label=one.name, help_text=one.help, coerce=int,
                choices=DailyRating.Level.choices, widget=forms.RadioSelect,
                initial=DailyRating.Level.GOOD,
            )  # fmt: skip
        self.order_fields(["attendance", *(f"mark_{c.code}" for c in criteria), "note"])
        if correcting:
            self.fields["reason"] = Words(label=_("更正理由"), limit=200)

    def given(self) -> dict[str, Any]:
        """Return what `rate_day` and `correct_rating` take; who is not there gets no marks."""
        data = self.cleaned_data
        is_present = data["attendance"] == DailyRating.Attendance.PRESENT
        marks = {
            one.code: data[f"mark_{one.code}"]
            for one in self.criteria
            if is_present and data.get(f"mark_{one.code}")
        }
        return {"attendance": data["attendance"], "marks": marks, "note": data["note"]}


class CriterionForm(Form):
    name = Words(label=_("评价项"), limit=30)
    help = Words(label=_("看什么"), limit=100, required=False)
    from_date = day_field(_("启用日期"))
    source = Words(label=_("依据"), limit=200)


class MemberForm(ChoosingForm):
    """Somebody into the crew of a grid."""

    kind = forms.ChoiceField(label=_("类别"), choices=CrewMember.Kind.choices)
    user = forms.ChoiceField(label=_("人员"))

    def __init__(self, *args: Any, people: list, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("user").choices = people


class DutyForm(ChoosingForm):
    """What a crew answers for."""

    name = Words(label=_("职责"), limit=60)
    field = forms.ChoiceField(label=_("领域"), choices=Field.choices)
    actor = forms.ChoiceField(label=_("主体"), choices=ActorKind.choices)
    member = forms.ChoiceField(label=_("负责人"), required=False)

    def __init__(self, *args: Any, members: list[CrewMember], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("member").choices = [
            ("", _("暂不指定")),
            *((one.pk, one.user.name) for one in members),
        ]


class PointForm(Form):
    name = Words(label=_("点位"), limit=60)
    shifts = Words(
        label=_("班次"),
        limit=100,
        help_text=_("例如“08:00-16:00 16:00-24:00”，按先后，用空格隔开。"),
    )
    hands = forms.IntegerField(label=_("每班人数"), min_value=1, max_value=20, initial=1)


class PlanForm(Form):
    first = day_field(_("从"))
    last = day_field(_("到"))


def region_of_choice(value: str) -> Region:
    """Return the region of a choice made in one of these forms."""
    return region_of(get_land(int(value)))
