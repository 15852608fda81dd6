"""What residents and volunteers fill in on a phone."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tongxin.cases.models import Case, Topic
from tongxin.cases.queries import OpenMove
from tongxin.kit.errors import Refused
from tongxin.kit.images import NotAPhoto, PhotoTooLarge, TooManyPixels
from tongxin.orgs.models import Skill
from tongxin.ui.forms import Form, Phone, Photos, Words

from .actions import LONG_ANSWER, MOST_PHOTOS
from .ratings import all_tags, tags_for

TEXT_LIMIT, ADDRESS_LIMIT = 10_000, 120
CONSENTS = [_("当面同意"), _("电话同意"), _("家人代为同意"), _("紧急情况，事后补告知")]
BAD_PHOTO = (PhotoTooLarge, NotAPhoto, TooManyPixels)


class Keyed(Form):
    """A form that acts once, however often it is sent: the key is made with the page."""

    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"key": str(uuid.uuid4())} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)

    def renew_key(self) -> None:
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        data["key"] = str(uuid.uuid4())
        self.data = data


class Placed(Keyed):
    """A form with a place: a point on the map, or a community out of the list."""

    lng = forms.FloatField(widget=forms.HiddenInput, required=False)
    lat = forms.FloatField(widget=forms.HiddenInput, required=False)
    street = forms.CharField(required=False, max_length=18)
    region = forms.CharField(required=False, max_length=18)
    address = Words(label=_("详细地址"), limit=ADDRESS_LIMIT, required=False)

    def take(self, refusal: Refused) -> None:
        """Show a refusal beside its field: a place's beside the list, a photo's beside the photos."""
        if refusal.field in ("location", "region", "lng", "lat"):
            self.add_error("region", str(refusal.message))
        elif isinstance(refusal, BAD_PHOTO) and "photos" in self.fields:
            self.add_error("photos", str(refusal.message))
        else:
            super().take(refusal)


class FilingForm(Placed):
    """点单: what happened, where, for whom; and the extra questions of the topic."""

    text = Words(label=_("发生了什么"), limit=TEXT_LIMIT, rows=4)
    topic: Any = forms.CharField(required=False, max_length=8)
    photos = Photos(label=_("照片"), most=MOST_PHOTOS, required=False)
    contact = Phone(label=_("联系电话"), required=False)
    is_for_other = forms.BooleanField(label=_("替别人点单"), required=False)
    beneficiary = Words(label=_("替谁点单"), limit=40, required=False)
    consent = forms.ChoiceField(
        label=_("对方怎样同意的"), required=False, choices=[("", "—")] + [(c, c) for c in CONSENTS]
    )
    is_private = forms.BooleanField(label=_("不公开"), required=False)
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=4)

    def __init__(self, *args: Any, topic: Topic | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.topic = topic
        self.questions = []
        for question in topic.questions if topic else []:
            name = f"q_{question['key']}"
            self.fields[name] = _question_field(question)
            self.questions.append(name)

    def question_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.questions]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("is_for_other"):
            for name, words in (
                ("beneficiary", _("请填写替谁点单")),
                ("consent", _("请选择对方是怎样同意的")),
            ):
                if not given.get(name) and name not in self.errors:
                    self.add_error(name, words)
        return given

    def take(self, refusal: Refused) -> None:
        key = (refusal.field or "").removeprefix("answers.")
        if f"q_{key}" in self.fields:
            self.add_error(f"q_{key}", str(refusal.message))
        else:
            super().take(refusal)

    def answers(self) -> dict[str, Any]:
        return {name.removeprefix("q_"): self.cleaned_data.get(name) for name in self.questions}


def _question_field(question: dict[str, Any]) -> forms.Field:
    label, required = question["label"], bool(question.get("required"))
    if question["type"] == "choice":
        choices = [(choice, choice) for choice in question["choices"]]
        field: forms.Field = forms.ChoiceField(
            choices=choices, widget=forms.RadioSelect, label=label, required=required
        )
    elif question["type"] == "choices":
        field = forms.MultipleChoiceField(
            choices=[(choice, choice) for choice in question["choices"]],
            widget=forms.CheckboxSelectMultiple, label=label, required=required,
        )  # fmt: skip
    elif question["type"] == "moment":
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        field = forms.DateTimeField(widget=widget, label=label, required=required)
        field.error_messages["invalid"] = _("请填日期和时间")
    elif question["type"] == "long":
        field = Words(label=label, limit=LONG_ANSWER, rows=4, required=required)
    elif question["type"] == "number":
        field = forms.IntegerField(label=label, required=required, min_value=0, max_value=1_000_000)
        field.error_messages["invalid"] = _("请填数字")
    else:
        field = Words(label=label, limit=200, required=required)
    field.error_messages["required"] = _("请回答这个问题")
    return field


class ReportForm(Placed):
    """A grid worker's quick report: a photo, a kind, send."""

    photos = Photos(label=_("照片"), most=MOST_PHOTOS, required=False)
    topic = forms.ModelChoiceField(
        Topic.objects.filter(is_active=True), to_field_name="code", required=True
    )
    text = Words(label=_("补充说明"), limit=TEXT_LIMIT, rows=2, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = _("请选择是哪类问题")
        self.fields["topic"].error_messages |= {"required": words, "invalid_choice": words}


class WishForm(Placed):
    title = Words(label=_("心愿是什么"), limit=60)
    text = Words(label=_("说说为什么"), limit=1000, rows=3, required=False)
    wisher = Words(label=_("怎样称呼心愿人"), limit=40)
    cost = forms.IntegerField(label=_("预计花费（元）"), required=False, min_value=0)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cost"].error_messages |= {
            "invalid": _("请填整数，不花钱就填 0"),
            "min_value": _("请填整数，不花钱就填 0"),
        }


class RatingForm(Form):
    """评单: stars, tags that fit them, words."""

    stars = forms.TypedChoiceField(
        label=_("您满意吗？"), coerce=int, choices=[(n, str(n)) for n in range(1, 6)],
        error_messages={"required": _("请选择 1 到 5 星"), "invalid_choice": _("请选择 1 到 5 星")},
    )  # fmt: skip
    tags = forms.MultipleChoiceField(
        label=_("哪里好，哪里不好"), required=False, widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("请从列出的词里选择")},
    )  # fmt: skip
    words = Words(label=_("还想说的话"), limit=500, rows=3, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tags: Any = self.fields["tags"]
        tags.choices = [(tag, tag) for tag in all_tags()]

    def clean(self) -> dict[str, Any]:
        """Keep the tags that are shown for these stars: the others were ticked before."""
        given = super().clean() or {}
        fitting = tags_for(given.get("stars") or 0)
        given["tags"] = [tag for tag in given.get("tags") or [] if tag in fitting]
        return given


class DoneForm(Keyed):
    """办结 and 完成心愿: what was done, the proof that this topic asks for, the time it took."""

    before = Photos(label=_("办理前照片"), most=3, required=False)
    after = Photos(label=_("办理后照片"), most=6, required=False)
    receipt = Photos(label=_("票据照片"), most=3, required=False)
    amount = forms.DecimalField(
        label=_("代买金额（元）"), required=False, min_value=0, max_value=100_000, decimal_places=2,
        error_messages={"invalid": _("请填金额，如 23.50")},
    )  # fmt: skip
    minutes = forms.IntegerField(
        label=_("服务时长（分钟）"), required=False, min_value=1, max_value=16 * 60,
        error_messages={"invalid": _("请填整数分钟")},
    )  # fmt: skip
    note = Words(label=_("做了什么"), limit=2000, rows=3)
    expect = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, case: Case, move: OpenMove, **kwargs: Any) -> None:
        kwargs["initial"] = {"expect": case.length} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.needs = set(move.needs)
        self.has_money = bool({"amount", "receipt"} & {*move.needs, *move.takes})
        self.asks_money = "amount" in self.needs
        for name in self._required():
            self.fields[name].required = True

    def _required(self) -> list[str]:
        names: list[str] = [name for name in ("amount", "receipt") if name in self.needs]
        if "before_after" in self.needs:
            names += ["before", "after"]
        elif "photo" in self.needs:
            names.append("after")
        return names

    def given(self) -> dict[str, Any]:
        """Return what `make_move` takes beside the note and the evidence."""
        amount = self.cleaned_data.get("amount")
        minutes = self.cleaned_data.get("minutes")
        return {"minutes": minutes, "amount": None if amount is None else float(amount)}

    def pictures(self) -> list[tuple[str, bytes]]:
        """Return (kind of evidence, bytes) of every photo handed in."""
        kinds = ("before", "after", "receipt")
        return [(kind, data) for kind in kinds for data in self.cleaned_data[kind]]

    def take(self, refusal: Refused) -> None:
        if isinstance(refusal, BAD_PHOTO):
            self.add_error("after", str(refusal.message))
        else:
            super().take(refusal)


class VolunteerForm(Form):
    """Where a volunteer is at home, what they can do, how much they take on."""

    street = forms.CharField(required=False, max_length=18)
    region = forms.CharField(label=_("常住社区"), max_length=18)
    skills = forms.ModelMultipleChoiceField(
        Skill.objects.order_by("pk"), label=_("我会的"), required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    times = forms.MultipleChoiceField(
        label=_("我什么时候有空"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[
            ("weekday-morning", _("工作日上午")),
            ("weekday-afternoon", _("工作日下午")),
            ("weekday-evening", _("工作日晚上")),
            ("weekend-morning", _("周末上午")),
            ("weekend-afternoon", _("周末下午")),
            ("weekend-evening", _("周末晚上")),
        ],
    )
    cap = forms.TypedChoiceField(
        label=_("同时最多接几单"), coerce=int, choices=[(n, str(n)) for n in range(1, 11)]
    )
    is_paused = forms.BooleanField(label=_("暂停接单"), required=False)

    def __init__(self, *args: Any, is_new: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["region"].error_messages["required"] = _("请选择常住的社区或村")
        if is_new:
            del self.fields["cap"], self.fields["is_paused"]

    def take(self, refusal: Refused) -> None:
        if refusal.field == "home":
            self.add_error("region", str(refusal.message))
        else:
            super().take(refusal)
