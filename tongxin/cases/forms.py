"""The form of a move, built from what the move needs and takes: one form for every kind."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from tongxin.accounts.models import User
from tongxin.orgs.models import Org
from tongxin.regions.models import Region
from tongxin.regions.queries import lands_of, place_name, world
from tongxin.ui.forms import Form

from .actions.evidence import prepare_evidence
from .actions.moves import NOTE_LIMIT
from .flow import NEEDS, Option
from .models import Case, Evidence, Topic
from .queries import OpenMove

MOST_FILES = 9
YES_NO = [("1", _("是")), ("0", _("否"))]


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """Photos of one kind of evidence."""

    def __init__(self, kind: str, **kwargs: Any) -> None:
        most = 1 if kind == "signature" else MOST_FILES
        attrs = {"accept": "image/*", "data-photos": True, "data-max": most}
        widget = ManyFiles(attrs=attrs | ({"multiple": True} if most > 1 else {}))
        super().__init__(widget=widget, **kwargs)
        self.kind, self.most = kind, most

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, list | tuple) else [data] if data else []
        if len(given) > self.most:
            raise ValidationError(_("最多上传 %d 张照片。") % self.most)
        if not given and self.required:
            raise ValidationError(self.error_messages["required"])
        return [super(PhotosField, self).clean(one, initial) for one in given]


class Reasoned(str):
    """A label with what speaks for it."""

    why: str

    def __new__(cls, option: Option) -> Reasoned:
        label = super().__new__(cls, option.label)
        label.why = option.why
        return label


def _choices(options: list[Option]) -> list[tuple[Any, str]]:
    return [(option.value, Reasoned(option)) for option in options]


# How a word of the flow table becomes fields: (form, is it needed) -> {name: field}.


def _note(form: MoveForm, needed: bool) -> dict[str, forms.Field]:
    widget = forms.Textarea(attrs={"rows": 4})
    return {"note": forms.CharField(max_length=NOTE_LIMIT, widget=widget)}


def _words(name: str) -> Callable:
    def fields(form: MoveForm, needed: bool) -> dict[str, forms.Field]:
        widget = forms.Textarea(attrs={"rows": 4})
        return {name: forms.CharField(max_length=NOTE_LIMIT, widget=widget)}

    return fields


def _photos(*kinds: str) -> Callable:
    def fields(form: MoveForm, needed: bool) -> dict[str, forms.Field]:
        labels = dict(Evidence.Kind.choices)
        return {kind: PhotosField(kind, label=labels[kind]) for kind in kinds}

    return fields


def _place(form: MoveForm, needed: bool) -> dict[str, forms.Field]:
    limits = {"lng": (-180, 180), "lat": (-90, 90), "accuracy": (0, 1_000_000)}
    labels = {"lng": _("经度"), "lat": _("纬度"), "accuracy": _("误差（米）")}
    return {
        name: forms.FloatField(
            label=labels[name], min_value=low, max_value=high, required=needed and name != "accuracy",
            widget=forms.NumberInput(attrs={"step": "any"}),
        )
        for name, (low, high) in limits.items()
    }  # fmt: skip


def _one_person(form: MoveForm, needed: bool) -> dict[str, forms.Field]:
    choices = _choices(form.options("holder"))
    return {"holder": forms.ChoiceField(choices=choices, widget=forms.RadioSelect)}


def _some_people(form: MoveForm, needed: bool) -> dict[str, forms.Field]:
    choices = _choices(form.options("queue"))
    return {
        "queue": forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple)
    }


def _org(form: MoveForm, needed: bool) -> dict[str, forms.Field]:
    named = [
        (o.value, f"{o.label} · {o.why}" if o.why else o.label) for o in form.options("handler")
    ]
    return {"handler": forms.ChoiceField(choices=[("", "—"), *named])}


def _until(form: MoveForm, needed: bool) -> dict[str, forms.Field]:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"]
    return {"until": forms.DateTimeField(widget=widget, input_formats=formats)}


def _topic(form: MoveForm, needed: bool) -> dict[str, forms.Field]:
    groups: dict[str, list] = {}
    for topic in Topic.objects.filter(is_active=True).select_related("category"):
        groups.setdefault(topic.category.name, []).append((topic.pk, topic.name))
    choices = [("", _("不改"))] + list(groups.items())
    return {"topic": forms.ChoiceField(choices=choices)}


def _region(form: MoveForm, needed: bool) -> dict[str, forms.Field]:
    choices = [(land.id, place_name(land.path)) for land in _lands_near(form.case)]
    return {"region": forms.ChoiceField(choices=[("", _("不改")), *choices])}


def _lands_near(case: Case) -> Iterator[Any]:
    """The communities and grids of the case's street."""
    for street in lands_of(case.area):
        if street.level == Region.Level.STREET:
            for community in world().children_of(street):
                yield community
                yield from world().children_of(community)


def _stars(form: MoveForm, needed: bool) -> dict[str, forms.Field]:
    choices = [(n, str(n)) for n in range(5, 0, -1)]
    field = forms.TypedChoiceField(
        choices=choices, coerce=int, empty_value=None, widget=forms.RadioSelect
    )
    field.is_stars = True  # type: ignore[attr-defined]
    return {"stars": field}


def _tags(form: MoveForm, needed: bool) -> dict[str, forms.Field]:
    choices = _choices(form.options("tags"))
    return {"tags": forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple)}


def _minutes(form: MoveForm, needed: bool) -> dict[str, forms.Field]:
    return {"minutes": forms.IntegerField(min_value=1, max_value=16 * 60)}


def _amount(form: MoveForm, needed: bool) -> dict[str, forms.Field]:
    return {"amount": forms.DecimalField(min_value=0, max_value=100_000, decimal_places=2)}


def _leader(form: MoveForm, needed: bool) -> dict[str, forms.Field]:
    named = [
        (o.value, f"{o.label} · {o.why}" if o.why else o.label) for o in form.options("leader")
    ]
    return {"leader": forms.ChoiceField(choices=[("", "—"), *named])}


def _yes_no(name: str) -> Callable:
    def fields(form: MoveForm, needed: bool) -> dict[str, forms.Field]:
        return {
            name: forms.TypedChoiceField(
                choices=YES_NO, coerce=lambda value: value == "1", empty_value=None, widget=forms.RadioSelect
            )
        }  # fmt: skip

    return fields


BUILDERS: dict[str, Callable[[MoveForm, bool], dict[str, forms.Field]]] = {
    "note": _note,
    "photo": _photos("photo"),
    "before_after": _photos("before", "after"),
    "receipt": _photos("receipt"),
    "signature": _photos("signature"),
    "place": _place,
    "holder": _one_person,
    "queue": _some_people,
    "handler": _org,
    "until": _until,
    "topic": _topic,
    "region": _region,
    "stars": _stars,
    "tags": _tags,
    "minutes": _minutes,
    "amount": _amount,
    "reached": _yes_no("reached"),
    "solved": _yes_no("solved"),
    "leader": _leader,
    "cause": _words("cause"),
    "plan": _words("plan"),
}
PLACE = ("lng", "lat", "accuracy")
APART = {*PLACE, "expect", "key", "next"}
MODELS = {"holder": User, "handler": Org, "topic": Topic, "region": Region, "leader": Case}


class MoveForm(Form):
    """What a move needs and takes, as fields; `given()` is what `make_move` wants of them."""

    reasoned = ("holder", "queue")  # each choice with what speaks for it
    place_ids = "id_lng id_lat id_accuracy"
    expect = forms.IntegerField(widget=forms.HiddenInput, required=False)
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)
    next = forms.CharField(widget=forms.HiddenInput, required=False, max_length=500)

    def __init__(
        self, *args: Any, case: Case, move: OpenMove, at: datetime, text: str = "", **kwargs: Any
    ) -> None:
        fresh = {"expect": case.length, "key": str(uuid.uuid4())}
        kwargs["initial"] = fresh | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        self.case, self.move, self.at, self.text = case, move, at, text
        for word in dict.fromkeys((*move.needs, *move.takes)):
            for choice in word.split("|"):
                self._add(choice, needed=word in move.needs and "|" not in word)

    def _add(self, word: str, needed: bool) -> None:
        for name, field in BUILDERS[word](self, needed).items():
            field.label = field.label or NEEDS[word]
            if word != "place":
                field.required = needed
            field.error_messages["required"] = _("还没有填：%s。") % field.label
            self.fields[name] = field

    def options(self, word: str) -> list[Option]:
        """Return what the flow offers for a word, and what was chosen, if it may be."""
        choose = self.case.flow.options.get(word)
        data: Any = self.data
        chosen = data.getlist(word) if self.is_bound else []
        return choose(self.case, at=self.at, text=self.text, chosen=chosen) if choose else []

    @property
    def searches(self) -> bool:
        """Whether there are people to look for by name."""
        return any(name in self.fields for name in self.reasoned)

    @property
    def has_place(self) -> bool:
        return "lng" in self.fields

    def shown(self) -> list[forms.BoundField]:
        """The fields that are drawn one below the other; a place has its own map."""
        return [field for field in self if not field.is_hidden and field.name not in PLACE]

    def given(self) -> dict[str, Any]:
        """Return the keyword arguments for `make_move`; photos are in `evidence()`."""
        cleaned = self.cleaned_data
        found = {
            name: cleaned[name]
            for name, field in self.fields.items()
            if name not in APART and not isinstance(field, PhotosField)
        }
        for name, model in MODELS.items():
            if found.get(name):
                found[name] = model._default_manager.get(pk=found[name])
        if found.get("amount") is not None:
            found["amount"] = float(found["amount"])
        if found.get("queue"):
            found["queue"] = [int(one) for one in found["queue"]]
        if self.has_place and cleaned.get("lng") is not None and cleaned.get("lat") is not None:
            found["place"] = {
                name: cleaned[name] for name in PLACE if cleaned.get(name) is not None
            }
        return found

    def evidence(self, actor: User) -> list[Evidence]:
        """Return the photos as unsaved evidence. What is no photo is refused beside its field."""
        return [
            prepare_evidence(data=file.read(), kind=field.kind, actor=actor, at=self.at)
            for name, field in self.fields.items()
            if isinstance(field, PhotosField)
            for file in self.cleaned_data.get(name) or []
        ]
