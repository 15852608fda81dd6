"""Fields that the forms of this app share, and what may be chosen in them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from tongxin.accounts.models import User
from tongxin.orgs.models import Org, Post
from tongxin.orgs.scope import posts_of
from tongxin.regions.models import Region
from tongxin.ui.forms import Day, Form, Words

WAN_FEN = 1_000_000


class Moment(forms.DateTimeField):
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    input_formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


class Wan(forms.DecimalField):
    """An amount in 万元; `fen` of what was said."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.NumberInput(attrs={"inputmode": "decimal", "step": "any"})
        super().__init__(min_value=0, max_value=10**8, decimal_places=4, widget=widget, **kwargs)


def fen_of(wan: Decimal | None) -> int:
    return int((wan or 0) * WAN_FEN)


def wan_of(fen: int) -> Decimal | None:
    return Decimal(fen) / WAN_FEN if fen else None


class Key(forms.CharField):
    def __init__(self) -> None:
        super().__init__(widget=forms.HiddenInput, required=False, max_length=80)


class ReasonForm(Form):
    reason = Words(label=_("原因"), limit=200, rows=2)


class OnForm(Form):
    on = Day(label=_("日期"))


class StarsForm(Form):
    stars = forms.TypedChoiceField(
        label=_("满意度"), choices=[(n, str(n)) for n in range(5, 0, -1)], coerce=int,
        widget=forms.RadioSelect,
    )  # fmt: skip
    words = Words(label=_("想说的话"), limit=500, rows=3, required=False)


# What may be chosen.


def lands_of(actor: Any) -> QuerySet[Region]:
    """Return the land of the actor's posts, from the street up and down to the community."""
    inside = Q(pk__in=[])
    for path in {post.path for post in posts_of(actor)}:
        inside |= Q(path__under=path)
    levels = (Region.Level.DISTRICT, Region.Level.STREET, Region.Level.COMMUNITY)
    return (
        Region.objects.public().filter(inside, level__in=levels).defer("polygon").order_by("path")
    )


def under(region: Region) -> QuerySet[Region]:
    """Return the streets and communities of a place, and the place."""
    levels = (Region.Level.DISTRICT, Region.Level.STREET, Region.Level.COMMUNITY)
    rows = Region.objects.public().filter(path__under=region.path, level__in=levels)
    return rows.defer("polygon").order_by("path")


def orgs_of(region: Region, *kinds: str) -> QuerySet[Org]:
    """Return the organisations on the land of a place, of some kinds if any are named."""
    rows = Org.objects.public().filter(region__path__under=region.path)
    return (rows.filter(kind__in=kinds) if kinds else rows).order_by("name", "pk")


def people_of(*orgs: int | None) -> QuerySet[User]:
    """Return who holds a post in some organisations."""
    posts = Post.objects.filter(org__in=[pk for pk in orgs if pk], to_date=None).values("user")
    return User.objects.filter(pk__in=posts, is_active=True).order_by("name", "pk")


def choose(form: Form, **querysets: Any) -> None:
    """Give the choice fields of a form what may be chosen."""
    form.choose_from(**querysets)


class One(forms.ModelChoiceField):
    """One row of a table; nothing can be chosen until `choose` says what."""

    def __init__(self, model: Any, **kwargs: Any) -> None:
        kwargs.setdefault("empty_label", None if kwargs.get("required", True) else "—")
        super().__init__(queryset=model.objects.none(), **kwargs)


class Some(forms.ModelMultipleChoiceField):
    def __init__(self, model: Any, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.CheckboxSelectMultiple)
        super().__init__(queryset=model.objects.none(), **kwargs)
