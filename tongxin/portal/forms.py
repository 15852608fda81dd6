"""Forms of the pages that cross the apps."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tongxin.cases.actions.moves import NOTE_LIMIT
from tongxin.cases.models import Case
from tongxin.orgs.models import Org, Post
from tongxin.orgs.scope import posts_of
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, place_name, world
from tongxin.requests.queries import departments_over
from tongxin.ui.forms import Form, Words


class ViewForm(Form):
    """A name for the view that one is looking at."""

    name = Words(label=_("名称"), limit=20)
    query = Words(label=_("筛选条件"), limit=500, required=False, widget=forms.HiddenInput)


class BulkForm(Form):
    """What one move needs for many cases."""

    def __init__(
        self, *args: Any, needs: str, people: list, orgs: list[Org], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if "handler" in needs:
            self.fields["holder"] = forms.ChoiceField(
                label=_("派给个人"),
                required=False,
                choices=[("", "—"), *((one.id, f"{one.name}：{one.why}") for one in people)],
            )
            self.fields["handler"] = forms.ChoiceField(
                label=_("或派给单位"),
                required=False,
                choices=[("", "—"), *((org.pk, org.name) for org in orgs)],
            )
        self.fields["note"] = Words(
            label=_("说明"), limit=NOTE_LIMIT, rows=3, required="note" in needs.split()
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "holder" in self.fields and bool(cleaned.get("holder")) == bool(cleaned.get("handler")):
            raise forms.ValidationError(_("请选择派给谁：一个人，或者一个单位。"))
        return cleaned


class WhistleForm(Form):
    """What a street says when it calls departments."""

    title = Words(
        label=_("什么事"), limit=120, help_text=_("一句话说清楚，例如“东河边夜里倾倒垃圾”。")
    )
    text = Words(label=_("情况"), limit=2000, rows=5)
    region = forms.ChoiceField(label=_("在哪里"), error_messages={"required": _("请选择区域。")})
    address = Words(label=_("详细地址"), limit=120, required=False)
    departments = forms.MultipleChoiceField(
        label=_("叫哪些部门到场"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("请至少选择一个要报到的部门。")},
    )
    lead = forms.ChoiceField(
        label=_("首接单位"),
        required=False,
        help_text=_("牵头到底的部门；不选时是上面勾选的第一个。"),
    )
    is_fast = forms.BooleanField(label=_("走绿色通道：急事先办"), required=False)
    lng = forms.FloatField(min_value=-180, max_value=180, required=False, widget=forms.HiddenInput)
    lat = forms.FloatField(min_value=-90, max_value=90, required=False, widget=forms.HiddenInput)
    key = forms.CharField(max_length=80, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, officer, parent: Case | None = None, **kwargs: Any) -> None:
        initial = {"key": str(uuid.uuid4())} | (_of_case(parent) if parent else {})
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        self.posts = [post for post in posts_of(officer) if post.role == Post.Role.OFFICER]
        lands = [land for post in self.posts for land in lands_from(world().by_path[post.path])]
        self.lands = {land.code: land for land in lands}
        choices: Any = self.fields
        choices["region"].choices = [
            ("", "—"), *((land.code, place_name(land.path)) for land in self.lands.values())
        ]  # fmt: skip
        self.orgs = {str(org.pk): org for post in self.posts for org in departments_over(post.path)}
        named = [(pk, org.name) for pk, org in self.orgs.items()]
        choices["departments"].choices = named
        choices["lead"].choices = [("", "—"), *named]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        lead, called = cleaned.get("lead"), cleaned.get("departments") or []
        if lead and called and lead not in called:
            self.add_error("lead", _("首接单位应是叫到场的部门之一。"))
        return cleaned

    def given(self) -> dict[str, Any]:
        """Return the keyword arguments of `blow_whistle`; the first department leads."""
        cleaned = self.cleaned_data
        land = self.lands[cleaned["region"]]
        lead = cleaned["lead"]
        called = (
            sorted(cleaned["departments"], key=lambda pk: pk != lead)
            if lead
            else cleaned["departments"]
        )
        post = max(
            (p for p in self.posts if land.path.startswith(p.path)), key=lambda p: len(p.path)
        )
        return {
            "title": cleaned["title"],
            "text": cleaned["text"],
            "region": Region.objects.get(pk=land.id),
            "street_org": Org.objects.get(pk=post.org_id),
            "departments": [self.orgs[pk] for pk in called],
            "address": cleaned["address"],
            "lng": cleaned["lng"],
            "lat": cleaned["lat"],
            "is_fast": cleaned["is_fast"],
            "key": cleaned["key"] or None,
        }


def _of_case(case: Case) -> dict[str, Any]:
    """Return what a whistle takes over from the request that gave rise to it."""
    return {
        "title": case.title,
        "text": case.text,
        "region": case.region.code,
        "address": case.address,
        "lng": case.lng,
        "lat": case.lat,
        "is_fast": case.is_fast,
        **_routed(case),
    }


def _routed(case: Case) -> dict[str, Any]:
    """Return whom the routing rules would have receive it first, as the department to be called."""
    route = getattr(case, "route", None)
    if route is None or route.handler is None or route.handler.kind != Org.Kind.DEPARTMENT:
        return {}
    return {"departments": [str(route.handler_id)], "lead": str(route.handler_id)}


def lands_from(land: Land) -> Iterator[Land]:
    """Yield a place and what lies below it, down to the community."""
    yield land
    if land.level != Region.Level.COMMUNITY:
        for one in world().children_of(land):
            yield from lands_from(one)
