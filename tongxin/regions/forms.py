"""Forms of the administrator's pages."""

from __future__ import annotations

from django import forms
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSingleDateWidget

from tongxin.kit import geo
from tongxin.kit.errors import Refused

from . import actions
from .models import Region


class RegionForm(forms.ModelForm):
    """Checks a new region's place in the tree and mends its border, as the actions do."""

    class Meta:
        model = Region
        fields = ["parent", "code", "name", "short_name", "kind", "valid_from", "polygon"]

    def clean_polygon(self):
        polygon = self.cleaned_data["polygon"]
        try:
            return polygon and geo.repair(polygon)
        except geo.BadGeometry as refusal:
            raise forms.ValidationError(refusal.message) from refusal

    def clean(self) -> None:
        super().clean()
        if self.instance.pk is None and not self.errors:
            try:
                self.instance.level, self.instance.path = actions.free_place(
                    parent=self.cleaned_data["parent"], code=self.cleaned_data["code"]
                )
            except Refused as refusal:
                self.add_error(refusal.field, f"{refusal.message} {refusal.remedy}")
        if self.cleaned_data.get("polygon") and "polygon" in self.changed_data:
            self.instance.lng, self.instance.lat = geo.centroid(self.cleaned_data["polygon"])
            self.instance.is_synthetic = False


class CloseForm(BaseDialogForm):
    on = forms.DateField(label=_("停用日期"), initial=localdate, widget=UnfoldAdminSingleDateWidget)


class SplitForm(CloseForm):
    into = forms.IntegerField(
        label=_("拆分为几个"),
        initial=2,
        min_value=2,
        max_value=20,
        widget=UnfoldAdminIntegerFieldWidget,
    )
