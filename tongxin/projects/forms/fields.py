"""Fields that these forms share: a day, a figure, a unit and a person by name."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from tongxin.kit.errors import Refused
from tongxin.ui.forms import Form, Words

from ..queries import names


class Figure(forms.DecimalField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=14, decimal_places=2, **kwargs)


class OrgName(Words):
    """A unit by its full name, near the form's `path`; becomes an `Org`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(limit=100, **kwargs)
        self.path = ""
        self.widget.attrs["list"] = "unit-names"

    def clean(self, value: Any) -> Any:
        name = super().clean(value)
        if not name:
            return None
        try:
            return names.the_org(name, names.orgs_named([name], self.path))
        except Refused as refusal:
            raise ValidationError(str(refusal.message)) from refusal


class Steps(forms.Field):
    """Lines of a name and a number of days, or a name and a day."""

    max_length = None

    def __init__(self, *, days: bool, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 6}), **kwargs)
        self.days = days

    def clean(self, value: Any) -> list[tuple[str, Any]]:
        try:
            found = names.read_steps(super().clean(value) or "")
        except Refused as refusal:
            raise ValidationError(str(refusal.message)) from refusal
        return [(name, self._last(name, word)) for name, word in found]

    def _last(self, name: str, word: str) -> Any:
        try:
            return int(word) if self.days else date.fromisoformat(word)
        except ValueError:
            what = _("天数") if self.days else _("日期（如 2026-05-01）")
            raise ValidationError(
                _("“%(name)s”后面要写%(what)s，“%(word)s”不是。")
                % {"name": name[:20], "what": what, "word": word[:20]}
            ) from None


class Parts(forms.Field):
    """Parts of co-operating units, one a line."""

    max_length = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 3}), required=False, **kwargs)
        self.path = ""

    def clean(self, value: Any) -> list[tuple[Any, str, date | None]]:
        try:
            found = names.read_parts(str(value or ""))
            known = names.orgs_named([name for name, _text, _day in found], self.path)
            return [(names.the_org(name, known), text, day) for name, text, day in found]
        except Refused as refusal:
            raise ValidationError(str(refusal.message)) from refusal


class NearForm(Form):
    """A form whose units are looked for near a place; `unit_names` are offered while writing."""

    def __init__(self, *args: Any, path: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unit_names = names.names_near(path)
        for field in self.fields.values():
            if isinstance(field, OrgName | Parts):
                field.path = path


def person_in(form: Form, org: Any, name: str, field: str) -> Any:
    """Return the person of a name in a unit, or put the refusal beside the field."""
    if org is None or not name:
        return None
    try:
        return names.the_person(name, org, names.people_of([org.pk]), field=field)
    except Refused as refusal:
        form.add_error(field, str(refusal.message))
        return None
