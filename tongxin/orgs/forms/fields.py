"""Fields that take units and people by what one types: a name, "name #12", or a code."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import Membership, Org

SUGGESTED = 200  # names a browser is given to suggest from; every other one may still be typed
NUMBERED = re.compile(r"^(?P<name>.*?)\s*[#＃](?P<pk>\d{1,18})$")
SPLIT = re.compile(r"[\n,，、;；]+")


def written(thing: Any, pk: int) -> str:
    """Return how a unit or person is written so that it is found again: "松社区党委 #12"."""
    return f"{thing} #{pk}"


class Datalist(forms.TextInput):
    """A text with suggestions; the names are asked for only when the page is drawn."""

    template_name = "orgs/widgets/datalist.html"

    def __init__(self, names: Callable[[], Sequence[str]] = tuple, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.names = names

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        list_id = f"{context['widget']['attrs'].get('id', name)}_names"
        context["widget"]["attrs"] |= {"list": list_id, "autocomplete": "off"}
        return {**context, "list_id": list_id, "names": self.names()}


class UnitField(forms.Field):
    """One organisation of `rows`, as somebody types it."""

    def __init__(self, *, rows: Callable[[], QuerySet[Org]], **kwargs: Any) -> None:
        self.rows = rows
        kwargs.setdefault(
            "help_text", gettext_lazy("输入名称的一部分，从提示里选；也可以填组织代码。")
        )
        super().__init__(widget=Datalist(self._names), **kwargs)

    def _names(self) -> list[str]:
        rows = self.rows().values_list("pk", "name")[:SUGGESTED]
        return [written(name, pk) for pk, name in rows]

    def clean(self, value: Any) -> Org | None:
        text = str(value or "").strip()
        if not text:
            if self.required:
                raise ValidationError(_("请填写%s。") % self.label)
            return None
        rows = self.rows()
        if (match := NUMBERED.match(text)) is not None:
            found = list(rows.filter(pk=int(match["pk"]))[:2])
        else:
            found = list(rows.filter(Q(name=text) | Q(code=text))[:2])
            found = found or list(rows.filter(name__contains=text)[:2])
        if not found:
            raise ValidationError(_("没有找到“%s”，或者不归您管。") % text)
        if len(found) > 1:
            raise ValidationError(_("有不止一个“%s”，请从提示里选。") % text)
        return found[0]


class UnitsField(forms.ModelMultipleChoiceField):
    """Organisations to be ticked."""

    widget = forms.CheckboxSelectMultiple


class MembersField(forms.Field):
    """Members by name, one a line; `rows` are the memberships that may be meant."""

    max_length = None  # what the component that draws it asks of every text

    def __init__(self, *, rows: Callable[[], QuerySet[Membership]], **kwargs: Any) -> None:
        self.rows = rows
        kwargs.setdefault(
            "help_text",
            gettext_lazy("一行一个姓名，也可以用顿号隔开；有同名的，写成“张敏 #党员编号”。"),
        )
        super().__init__(widget=forms.Textarea(attrs={"rows": 3}), **kwargs)

    def clean(self, value: Any) -> list[Membership]:
        words = [word.strip() for word in SPLIT.split(str(value or "")) if word.strip()]
        if not words and self.required:
            raise ValidationError(_("请填写%s。") % self.label)
        if len(words) > 300:
            raise ValidationError(_("一次最多 300 人。"))
        numbered = {word: NUMBERED.match(word) for word in words}
        ids = [int(match["pk"]) for match in numbered.values() if match]
        names = [word for word, match in numbered.items() if not match]
        rows = self.rows().filter(Q(pk__in=ids) | Q(person__name__in=names))
        found = list(rows.select_related("person")[:1000])
        return [self._one(word, numbered[word], found) for word in dict.fromkeys(words)]

    def _one(self, word: str, match: re.Match[str] | None, found: list[Membership]) -> Membership:
        if match:
            mine = [row for row in found if row.pk == int(match["pk"])]
        else:
            mine = [row for row in found if row.person.name == word]
        if not mine:
            raise ValidationError(_("没有找到党员“%s”，或者不归您管。") % word)
        if len(mine) > 1:
            choices = "、".join(written(row.person, row.pk) for row in mine[:5])
            raise ValidationError(_("有 %(n)d 位“%(name)s”，请写成：%(choices)s。")
                                  % {"n": len(mine), "name": word, "choices": choices})  # fmt: skip
        return mine[0]


class DateField(forms.DateField):
    """A day, by the browser's own picker."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(widget=widget, **kwargs)
        self.error_messages["required"] = _("请填写%s。") % self.label
        self.error_messages["invalid"] = _("日期写成 2026-03-02 这样。")
