"""Forms of the administrator's pages: what is wrong is said at its field, before anything is saved."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.timezone import localdate, now
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm, PaginationInlineFormSet
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSingleDateWidget

from tongxin.kit.errors import Refused
from tongxin.regions.queries import place_name

from .. import actions
from ..models import Org, Post, Volunteer


def show_place(region) -> str:
    """Return a region as it can be told from its namesakes: "北塘街道 · 松社区 · 第一网格"."""
    return place_name(region.path)


def say(form: forms.BaseForm, refusal: Refused) -> None:
    """Put a refusal where it belongs on the form."""
    field = refusal.field if refusal.field in form.fields else None
    form.add_error(field, str(refusal.message))


class PostForm(forms.ModelForm):
    """A post: given once, then only its end can be set."""

    class Meta:
        model = Post
        fields = ["user", "org", "role", "region", "from_date", "to_date"]
        help_texts = {
            "region": _("留空即组织的整个辖区；也可以只管其中一部分，例如一个网格"),
            "from_date": _("留空即今天"),
            "to_date": _("从这一天起不再有权限"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "region" in self.fields:
            self.fields["region"].required = False
            self.fields["region"].label_from_instance = show_place  # type: ignore[attr-defined]
        if self.instance.pk:
            over = self.instance.to_date and self.instance.to_date <= localdate()
            for name, field in self.fields.items():
                field.disabled = name != "to_date" or bool(over)

    def clean(self) -> None:
        super().clean()
        if self.errors:
            return
        wanted = self.cleaned_data
        if self.instance.pk:
            self._check_end()
            return
        user, org = wanted.get("user") or self.instance.user, wanted.get("org") or self.instance.org
        wanted["region"] = self.instance.region = wanted.get("region") or org.region
        wanted["from_date"] = wanted.get("from_date") or localdate()
        try:
            actions.check_post(
                user=user,
                org=org,
                role=wanted["role"],
                region=wanted["region"],
                from_date=wanted["from_date"],
                to_date=wanted.get("to_date"),
                today=localdate(),
            )
        except Refused as refusal:
            say(self, refusal)

    def _check_end(self) -> None:
        day = self.cleaned_data["to_date"]
        if "to_date" in self.changed_data and day and day < localdate():
            self.add_error("to_date", _("离任日期不能早于今天"))

    def keep(self, by) -> Post:
        """Give the post, or end it; what the form says, by the actions that write it down."""
        wanted, at = self.cleaned_data, now()
        if self.instance.pk:
            if "to_date" in self.changed_data:
                actions.end_post(post=self.instance, on=wanted["to_date"], at=at, by=by)
            return self.instance
        return actions.give_post(
            user=self.instance.user,
            org=self.instance.org,
            role=wanted["role"],
            region=wanted["region"],
            from_date=wanted["from_date"],
            to_date=wanted["to_date"],
            at=at,
            by=by,
        )


class PostsFormSet(PaginationInlineFormSet):
    """The posts of a user, or in an organisation; `by` is set by the page."""

    by = None

    def save_new(self, form, commit=True):
        setattr(form.instance, self.fk.name, self.instance)
        return form.keep(self.by)

    def save_existing(self, form, obj, commit=True):
        return form.keep(self.by)


class OrgForm(forms.ModelForm):
    class Meta:
        model = Org
        fields = ["name", "kind", "region", "parent", "phone", "grids"]
        help_texts = {
            "region": _("它负责的地方；它的岗位最多管到这里"),
            "phone": _("公开给居民的办公电话"),
            "grids": _("党组织覆盖的网格；一个网格只由一个党组织覆盖"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("region", "grids"):
            if name in self.fields:
                self.fields[name].label_from_instance = show_place  # type: ignore[attr-defined]

    def clean(self) -> None:
        super().clean()
        if self.errors:
            return
        wanted = self.cleaned_data
        self.instance.kind, self.instance.region = wanted["kind"], wanted["region"]
        try:
            if wanted["parent"]:
                actions.check_parent(org=self.instance, parent=wanted["parent"])
            actions.check_grids(org=self.instance, grids=wanted.get("grids", []))
        except Refused as refusal:
            say(self, refusal)


class VolunteerForm(forms.ModelForm):
    class Meta:
        model = Volunteer
        fields = ["user", "home", "skills", "cap", "is_paused"]
        widgets = {"skills": UnfoldAdminCheckboxSelectMultipleWidget}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "home" in self.fields:
            self.fields["home"].label_from_instance = show_place  # type: ignore[attr-defined]

    def clean_cap(self) -> int:
        cap = self.cleaned_data["cap"]
        if not 1 <= cap <= actions.MOST_ORDERS:
            raise forms.ValidationError(_("应在 1 到 %d 之间") % actions.MOST_ORDERS)
        return cap


class DayForm(BaseDialogForm):
    on = forms.DateField(label=_("日期"), initial=localdate, widget=UnfoldAdminSingleDateWidget)
