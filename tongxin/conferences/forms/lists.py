"""What people fill in about lists, rounds of asking, and agreements."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tongxin.ui.forms import Day, Form, Words

from ..models import UNITS, ListItem, ListKind, Matter, Series
from .fields import Among, Hidden

QUANTITY = _("按类型计：人、处、件、元、场次。")
MATTERS = [(value, f"{label}（{UNITS[value]}）") for value, label in Matter.choices]


class QuantityField(forms.DecimalField):
    """How much: whole numbers, but yuan may have a fraction; kept in fen for money."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=_("数量"), min_value=0, max_digits=13, decimal_places=2, help_text=QUANTITY,
            widget=forms.NumberInput(attrs={"inputmode": "decimal"}), **kwargs,
        )  # fmt: skip


def counted(matter: str, value: Any) -> int:
    return int(value * 100) if matter == Matter.MONEY else int(value)


class ItemForm(Form):
    region = Among(_("范围"), empty_label=None)
    matter = forms.ChoiceField(label=_("内容类型"), choices=MATTERS)
    title = Words(label=_("事项"), limit=60)
    text = Words(label=_("说明"), limit=500, rows=3, required=False)
    words = Words(
        label=_("专长（关键词）"),
        limit=100,
        required=False,
        help_text=_("用空格分开，如：法律 调解。"),
    )
    quantity = QuantityField()
    from_date = Day(label=_("起"))
    to_date = Day(label=_("止"))
    series = forms.ChoiceField(
        label=_("系列"), required=False, choices=[("", _("请选择")), *Series.choices]
    )
    origin = forms.ChoiceField(
        label=_("来源"), required=False, choices=[("", _("默认")), *ListItem.Origin.choices]
    )
    org = Among(_("单位"), required=False, empty_label=_("不以单位名义"))
    party = Words(label=_("提出方"), limit=60, required=False, help_text=_("不填则是单位或本人。"))
    key = Hidden()

    def __init__(
        self, *args: Any, kind: str, regions: Any, orgs: Any, keeps: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(region=regions)
        self.choose_from(org=orgs)
        if kind == ListKind.NEED:
            self.fields["region"].label = _("所在区域")
            del self.fields["words"].help_text
            self.fields["words"].help_text = _("需要的专长，用空格分开。")
        if kind != ListKind.PROJECT:
            del self.fields["series"]
        if not keeps:
            del self.fields["origin"], self.fields["party"]

    def given(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        data["quantity"] = counted(data["matter"], data["quantity"])
        return data


class WishForm(Form):
    """What a resident sends from the phone: few words, the rest has a good default."""

    region = Among(_("我的社区"), empty_label=None)
    title = Words(label=_("希望办的事"), limit=60)
    text = Words(label=_("说一说情况"), limit=500, rows=4, required=False)
    key = Hidden()

    def __init__(self, *args: Any, regions: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(region=regions)


class ReviewForm(Form):
    accept = forms.ChoiceField(
        label=_("结论"), widget=forms.RadioSelect,
        choices=[("yes", _("列入清单并公开")), ("no", _("不列入"))],
    )  # fmt: skip
    note = Words(label=_("审核意见"), limit=200, rows=2, required=False,
                 help_text=_("不列入时请写明理由，会告诉提出的人。"))  # fmt: skip


class ChangeForm(Form):
    title = Words(label=_("事项"), limit=60)
    text = Words(label=_("说明"), limit=500, rows=3, required=False)
    words = Words(label=_("专长（关键词）"), limit=100, required=False)
    quantity = QuantityField()
    to_date = Day(label=_("止"))
    expires_on = Day(label=_("有效期至"))


class NoteForm(Form):
    """One sentence, whatever it is about."""

    note = Words(label=_("说明"), limit=300, rows=2)

    def __init__(self, *args: Any, label: Any = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if label:
            self.fields["note"].label = label


class AgreeForm(Form):
    supply = Among(_("供给"), empty_label=None)
    quantity = QuantityField()

    def __init__(self, *args: Any, supplies: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(supply=supplies)


class RoundForm(Form):
    region = Among(_("范围"), empty_label=None)
    title = Words(label=_("题目"), limit=60)
    text = Words(label=_("说明"), limit=500, rows=3, required=False)
    from_date = Day(label=_("开始日期"))
    to_date = Day(label=_("截止日期"))

    def __init__(self, *args: Any, regions: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(region=regions)


class OpinionForm(Form):
    text = Words(label=_("我的意见"), limit=500, rows=4)


class AnswerForm(Form):
    """Answer an opinion, or put it on the list of needs."""

    as_need = forms.BooleanField(label=_("列入需求清单"), required=False)
    title = Words(label=_("需求事项"), limit=60, required=False)
    matter = forms.ChoiceField(label=_("内容类型"), choices=MATTERS, required=False)
    quantity = QuantityField(required=False)
    from_date = Day(label=_("起"), required=False)
    to_date = Day(label=_("止"), required=False)
    answer = Words(label=_("答复"), limit=300, rows=2, required=False)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("as_need"):
            for name in ("title", "matter", "quantity", "from_date", "to_date"):
                if not given.get(name) and name not in self.errors:
                    self.add_error(name, _("列入需求清单时请填写。"))
        elif not given.get("answer") and "answer" not in self.errors:
            self.add_error("answer", _("请写答复，或勾选列入需求清单。"))
        return given

    def need(self) -> dict[str, Any] | None:
        if not self.cleaned_data["as_need"]:
            return None
        names = ("title", "matter", "quantity", "from_date", "to_date")
        data = {name: self.cleaned_data[name] for name in names}
        data["quantity"] = counted(data["matter"], data["quantity"])
        return data
