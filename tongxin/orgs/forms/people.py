"""Forms of the register of people: registering and changing, and one small form for each verb."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kit.errors import Refused
from tongxin.kit.identity import normal_id_number
from tongxin.regions.models import Region
from tongxin.regions.queries import place_name, world
from tongxin.ui.forms import Form, Phone, Words

from ..models import GrowthEntry, Membership, MobileStay, Org, Person
from .fields import SUGGESTED, Datalist, DateField, UnitField, written

# The full-length names are offered only for the land around somebody's branch.
NATIONS = "汉族 蒙古族 回族 藏族 维吾尔族 苗族 彝族 壮族 布依族 朝鲜族 满族 侗族 瑶族 白族 土家族 哈尼族 达斡尔族 鄂温克族".split()


class Identity(forms.Field):
    """An identity number, however it was typed; its check digit is tried (GB 11643)."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"autocomplete": "off", "inputmode": "text"}
        super().__init__(widget=forms.TextInput(attrs=attrs), **kwargs)

    def clean(self, value: Any) -> str:
        if not value and not self.required:
            return ""
        try:
            return normal_id_number(value or "")
        except Refused as refusal:
            raise ValidationError(str(refusal.message)) from refusal


class CommunityField(forms.Field):
    """A community or village, by the name one types; suggestions are those near the branch."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", gettext_lazy("输入社区或村的名称，从提示里选。"))
        self.near = ""
        super().__init__(widget=Datalist(self._names), **kwargs)

    def _names(self) -> list[str]:
        inside = [
            land
            for land in world().lands
            if land.level == Region.Level.COMMUNITY and land.path.startswith(self.near)
        ]
        return [place_name(land.path) for land in inside[:SUGGESTED]]

    def prepare_value(self, value: Any) -> Any:
        return place_name(value.path) if isinstance(value, Region) else value

    def clean(self, value: Any) -> Region | None:
        text = str(value or "").strip()
        if not text:
            if self.required:
                raise ValidationError(_("请填写%s。") % self.label)
            return None
        lands = [land for land in world().lands if land.level == Region.Level.COMMUNITY]
        found = [land for land in lands if place_name(land.path) == text]
        found = found or [land for land in lands if text in (land.name, land.short_name)]
        if not found:
            raise ValidationError(_("没有找到社区（村）“%s”，请从提示里选。") % text)
        if len(found) > 1:
            raise ValidationError(_("有不止一个“%s”，请从提示里选。") % text)
        return Region.objects.public().get(pk=found[0].id)


class OneMember(forms.Field):
    """One standing member of `rows`, by name; namesakes by "name #number"."""

    def __init__(self, *, rows: Callable[[], QuerySet[Membership]], **kwargs: Any) -> None:
        self.rows = rows
        kwargs.setdefault("help_text", gettext_lazy("输入姓名，从提示里选。"))
        super().__init__(widget=Datalist(self._names), **kwargs)

    def _names(self) -> list[str]:
        rows = self.rows().values_list("person__name", "pk")[:SUGGESTED]
        return [written(name, pk) for name, pk in rows]

    def clean(self, value: Any) -> Membership | None:
        text = str(value or "").strip()
        if not text:
            raise ValidationError(_("请填写%s。") % self.label)
        name, _sign, number = text.partition("#")
        rows = self.rows().filter(person__name=name.strip())
        if number.strip().isascii() and number.strip().isdigit():
            rows = rows.filter(pk=int(number))
        found = list(rows.select_related("person")[:2])
        if not found:
            raise ValidationError(_("没有找到党员“%s”，或者不归您管。") % text)
        if len(found) > 1:
            raise ValidationError(_("有不止一位“%s”，请从提示里选。") % text)
        return found[0]


def branches() -> QuerySet[Org]:
    """Return the standing branches that can hold members."""
    rows = Org.objects.units().filter(unit_kind="branch", is_temporary=False)
    return rows.order_by("name", "pk")


def _choices(of: Any) -> list[tuple[str, Any]]:
    return [("", gettext_lazy("请选择")), *of.choices]


class PersonForm(Form):
    """Who somebody is. An identity number says birth date and gender by itself."""

    name = Words(label=gettext_lazy("姓名"), limit=40)
    identity = Identity(
        label=gettext_lazy("身份证号"),
        required=False,
        help_text=gettext_lazy("18 位；出生日期和性别由号码得出。"),
    )
    phone = Phone(label=gettext_lazy("手机号"), required=False)
    gender = forms.ChoiceField(
        label=gettext_lazy("性别"), choices=_choices(Person.Gender), required=False
    )
    born_on = DateField(label=gettext_lazy("出生日期"), required=False)
    ethnicity = Words(
        label=gettext_lazy("民族"), limit=20, required=False, widget=Datalist(lambda: NATIONS)
    )
    education = forms.ChoiceField(
        label=gettext_lazy("学历"), choices=_choices(Person.Education), required=False
    )
    occupation = Words(label=gettext_lazy("职业（职务）"), limit=40, required=False)
    home = CommunityField(label=gettext_lazy("居住社区（村）"), required=False)

    PERSON = (
        *("name", "identity", "phone", "gender", "born_on"),
        *("ethnicity", "education", "occupation", "home"),
    )

    def __init__(self, *args: Any, near: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["home"].near = near  # type: ignore[attr-defined]

    def person(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.PERSON}


class EnrolForm(PersonForm):
    """Somebody new in a branch."""

    unit = UnitField(label=gettext_lazy("所在党支部"), rows=Org.objects.none)
    stage = forms.ChoiceField(
        label=gettext_lazy("阶段"), choices=Membership.Stage.choices, initial=Membership.Stage.FULL
    )
    from_date = DateField(label=gettext_lazy("进入本支部日期"))
    applied_on = DateField(label=gettext_lazy("申请入党日期"), required=False)
    admitted_on = DateField(
        label=gettext_lazy("入党日期"),
        required=False,
        help_text=gettext_lazy("支部大会通过为预备党员之日；预备党员、正式党员必填。"),
    )
    full_on = DateField(
        label=gettext_lazy("转正日期"),
        required=False,
        help_text=gettext_lazy("正式党员必填；党龄从这一天算起。"),
    )
    in_service = forms.BooleanField(label=gettext_lazy("在职党员"), required=False)
    is_hardship = forms.BooleanField(label=gettext_lazy("困难党员"), required=False)
    is_veteran = forms.BooleanField(label=gettext_lazy("老党员"), required=False)

    DAYS = ("applied_on", "admitted_on", "full_on")
    FLAGS = ("in_service", "is_hardship", "is_veteran")

    def __init__(self, *args: Any, kept: Callable[[], QuerySet[Org]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].rows = kept  # type: ignore[attr-defined]

    def given(self) -> dict[str, Any]:
        """Return what `actions.enrol_member` takes."""
        data = self.cleaned_data
        return {
            "unit": data["unit"],
            "stage": data["stage"],
            "from_date": data["from_date"],
            "person": self.person(),
            "days": {name: data[name] for name in self.DAYS},
            "flags": {name: data[name] for name in self.FLAGS},
        }


class ChangeForm(PersonForm):
    """What is known of somebody; a number left empty stays as it is."""

    grid = forms.ModelChoiceField(
        label=gettext_lazy("居住网格"),
        queryset=Region.objects.none(),
        required=False,
        empty_label=gettext_lazy("还不知道"),
        help_text=gettext_lazy("住在哪个网格，就可以在哪里参加服务，不看组织关系在哪里。"),
    )
    learning_since = DateField(
        label=gettext_lazy("学习平台注册日期"),
        required=False,
        help_text=gettext_lazy("没有注册就留空。"),
    )

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        plain = ("name", "gender", "born_on", "ethnicity", "education", "occupation", "home")
        initial = {name: getattr(person, name) for name in (*plain, "grid", "learning_since")}
        super().__init__(*args, initial=initial, **kwargs)
        if person.home_id:
            grids = Region.objects.filter(parent=person.home_id, valid_to=None).order_by("path")
            self.choose_from(grid=grids.defer("polygon"))
        else:
            del self.fields["grid"]
        keep = gettext_lazy("已登记；不改就留空。")
        for name, sealed in (("identity", person.identity_sealed), ("phone", person.phone_sealed)):
            if sealed:
                self.fields[name].help_text = keep

    def given(self) -> dict[str, Any]:
        """Return what `actions.change_person` takes."""
        data = self.person()
        for name in ("identity", "phone"):
            if not data[name]:
                del data[name]
        if data.get("identity") and self.fields["identity"].help_text:
            # The number decides; what stood in the form came from the one before.
            data |= {"gender": "", "born_on": None}
        data["learning_since"] = self.cleaned_data["learning_since"]
        if "grid" in self.fields:
            grid, home = self.cleaned_data["grid"], data["home"]
            data["grid"] = grid if grid and home and grid.parent_id == home.pk else None
        return data


class FlagsForm(Form):
    in_service = forms.BooleanField(label=gettext_lazy("在职党员"), required=False)
    is_hardship = forms.BooleanField(label=gettext_lazy("困难党员"), required=False)
    is_veteran = forms.BooleanField(label=gettext_lazy("老党员"), required=False)


class LostForm(Form):
    since = DateField(label=gettext_lazy("失去联系的日期"))
    note = Words(
        label=gettext_lazy("查找情况"),
        limit=200,
        rows=2,
        required=False,
        help_text=gettext_lazy("用过哪些方式联系，问过谁。"),
    )


class FoundForm(Form):
    note = Words(label=gettext_lazy("联系上的情况"), limit=200, rows=2, required=False)


class SuspendForm(Form):
    on = DateField(label=gettext_lazy("决定日期"))
    document = Words(label=gettext_lazy("决定文号"), limit=60)


class MobileForm(Form):
    since = DateField(label=gettext_lazy("外出日期"))
    place = Words(label=gettext_lazy("外出地点"), limit=80)
    why = forms.ChoiceField(label=gettext_lazy("外出原因"), choices=MobileStay.Why.choices)
    certificate = Words(label=gettext_lazy("活动证编号"), limit=30, required=False)
    contact = Words(
        label=gettext_lazy("支部联系人"),
        limit=40,
        required=False,
        help_text=gettext_lazy("由谁保持联系。"),
    )


class HostForm(Form):
    host = UnitField(label=gettext_lazy("流入地党支部"), rows=branches)
    on = DateField(label=gettext_lazy("报到日期"))


class ContactForm(Form):
    on = DateField(label=gettext_lazy("联系日期"))
    note = Words(label=gettext_lazy("情况"), limit=200, rows=2, required=False)


class DayOnlyForm(Form):
    on = DateField(label=gettext_lazy("日期"))


class EndForm(Form):
    reason = forms.ChoiceField(label=gettext_lazy("离开原因"), choices=_choices(Membership.End))
    on = DateField(label=gettext_lazy("日期"))
    document = Words(label=gettext_lazy("文号"), limit=60, required=False)


class PairForm(Form):
    helper = OneMember(label=gettext_lazy("帮扶党员"), rows=Membership.objects.none)
    aim = Words(label=gettext_lazy("帮扶内容"), limit=200, rows=2)
    since = DateField(label=gettext_lazy("结对日期"))


class VisitForm(Form):
    on = DateField(label=gettext_lazy("走访日期"))
    text = Words(
        label=gettext_lazy("情况"),
        limit=300,
        rows=3,
        help_text=gettext_lazy("看到什么，办了什么，还需要什么。"),
    )


class EndPairingForm(Form):
    on = DateField(label=gettext_lazy("结束日期"))
    outcome = Words(label=gettext_lazy("帮扶成效"), limit=200, rows=2)


class GrowthForm(Form):
    kind = forms.ChoiceField(label=gettext_lazy("类别"), choices=GrowthEntry.Kind.choices)
    on = DateField(label=gettext_lazy("日期"))
    text = Words(
        label=gettext_lazy("内容"),
        limit=120,
        help_text=gettext_lazy("例如：录用为社区工作者；参加社区工作者培训。"),
    )


class LinkForm(Form):
    phone = Phone(
        label=gettext_lazy("登录手机号"), help_text=gettext_lazy("这个人用来登录的手机号。")
    )


class TransferForm(Form):
    """Where a membership goes, and why."""

    to_unit = UnitField(label=gettext_lazy("转入党支部"), rows=branches)
    reason = Words(
        label=gettext_lazy("转接原因"),
        limit=200,
        rows=2,
        help_text=gettext_lazy("例如：工作调动；迁居。"),
    )
    dues_paid_until = DateField(label=gettext_lazy("党费交至"), required=False)
    days = forms.IntegerField(
        label=gettext_lazy("介绍信有效天数"),
        min_value=1,
        error_messages={
            "invalid": gettext_lazy("请填数字。"),
            "required": gettext_lazy("请填写有效天数。"),
            "min_value": gettext_lazy("有效期至少 1 天。"),
        },
    )


class AskInForm(Form):
    """A transfer asked for by the branch that receives: who it is must be known there."""

    to_unit = UnitField(label=gettext_lazy("转入党支部"), rows=Org.objects.none)
    name = Words(label=gettext_lazy("姓名"), limit=40)
    identity = Identity(label=gettext_lazy("身份证号"))
    reason = Words(label=gettext_lazy("转接原因"), limit=200, rows=2)

    def __init__(self, *args: Any, kept: Callable[[], QuerySet[Org]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to_unit"].rows = kept  # type: ignore[attr-defined]


class WhyForm(Form):
    reason = Words(label=gettext_lazy("原因"), limit=200, rows=2)


class NotAdmittedForm(Form):
    """Why somebody is not admitted: they read it."""

    reason = Words(label=gettext_lazy("理由"), limit=200, rows=3)
