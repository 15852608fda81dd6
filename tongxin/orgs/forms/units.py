"""What is asked before a unit is founded, rebuilt, merged, split, moved, dissolved or bound."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from django import forms
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from tongxin.regions.models import Region
from tongxin.regions.queries import place_name
from tongxin.ui.forms import Form, Words

from ..actions import UNDER, Paper, Part
from ..models import Membership, Org, Sector, UnitKind
from ..scope import unit_reach
from .fields import DateField, MembersField, UnitField, UnitsField


class VerbForm(Form):
    """What every change asks: the day, the paper, the reason; a key so that a retry acts once."""

    on = DateField(label=_lazy("生效日期"))
    document = Words(label=_lazy("文号"), limit=60, required=False)
    reason = Words(label=_lazy("事由"), limit=300, rows=2, required=False)
    key = forms.CharField(max_length=60, required=False, widget=forms.HiddenInput)
    first: tuple[str, ...] = ()  # the fields before those of the paper
    reason_needed = True
    remedy: Any = ""  # what a refusal says to do instead

    def __init__(self, *args: Any, unit: Org, actor: Any, **kwargs: Any) -> None:
        initial = {"on": localdate(), "key": uuid.uuid4().hex} | kwargs.pop("initial", {})
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        self.unit, self.actor = unit, actor
        self.fields["reason"].required = self.reason_needed
        self.set_up()
        self.order_fields([*self.first, "on", "document", "reason", "key"])

    def set_up(self) -> None:
        """Fill the choices, by the unit and who asks."""

    def kept(self, *kinds: str) -> Any:
        """Return the standing units whose registers the actor keeps, of some kinds."""
        rows = Org.objects.units().filter(unit_reach(self.actor))
        rows = rows.filter(unit_kind__in=kinds) if kinds else rows
        return rows.exclude(pk=self.unit.pk).order_by("path")

    def kept_members(self) -> Any:
        return Membership.objects.visible_to(self.actor).standing().filter(unit_reach(
            self.actor, column="unit__path"))  # fmt: skip

    def paper(self) -> Paper:
        given = self.cleaned_data
        on: date = given["on"]
        return Paper(on, given["document"], given["reason"], given["key"])

    def given(self) -> dict[str, Any]:
        """Return the keyword arguments of the action, but for `at` and `by`."""
        return {"unit": self.unit, "paper": self.paper()}


def _kinds(parent: Org, *, temporary: bool = False) -> list[tuple[str, Any]]:
    """Return the kinds that may stand under a unit."""
    passing = {UnitKind.TASK_FORCE}
    fit = [kind for kind in UnitKind if parent.unit_kind in UNDER[kind] and kind not in passing]
    return [(kind.value, kind.label) for kind in fit]


def _places(unit: Org) -> list[tuple[str, str]]:
    """Return the unit's land and what lies right below it, down to the community."""
    rows = Region.objects.filter(path__under=unit.region.path, valid_to=None)
    rows = rows.filter(level__in=("district", "street", "community")).order_by("path")
    found = rows.values_list("pk", "path", "short_name")
    return [(str(pk), place_name(path) or name) for pk, path, name in found]


class FoundForm(VerbForm):
    first = ("unit_kind", "name", "sector", "region", "members", "expected", "covers")

    unit_kind = forms.ChoiceField(label=_lazy("类型"))
    name = Words(label=_lazy("名称"), limit=100)
    sector = forms.ChoiceField(
        label=_lazy("领域"), required=False, choices=[("", _lazy("随上级")), *Sector.choices]
    )
    region = forms.ChoiceField(label=_lazy("辖区"), required=False)
    expected = forms.IntegerField(
        label=_lazy("将转入的正式党员数"),
        min_value=0, max_value=500, required=False,
        help_text=_lazy("组织关系还没有进来的，先报人数；到位前检查表会提示。"),
    )  # fmt: skip
    covers = UnitsField(
        label=_lazy("覆盖的单位"), queryset=Org.objects.public().none(), required=False,
        help_text=_lazy("两个以上单位的联合党支部，正式党员可以不足 3 名。"),
    )  # fmt: skip

    def set_up(self) -> None:
        choices: Any = self.fields
        choices["unit_kind"].choices = _kinds(self.unit)
        choices["region"].choices = [("", _("与上级相同")), *_places(self.unit)]
        self.fields["members"] = MembersField(
            label=_("转入的党员"), rows=self.kept_members, required=False
        )
        firms = Org.objects.public().filter(
            kind=Org.Kind.UNIT, region__path__under=self.unit.region.path
        )
        free = firms.exclude(covered_by__to_date=None, covered_by__isnull=False)
        free = free.exclude(parent__kind=Org.Kind.UNIT)  # their park is covered, with them
        choices["covers"].queryset = free.order_by("name")

    def clean_covers(self) -> list[Org]:
        return list(self.cleaned_data["covers"])

    def given(self) -> dict[str, Any]:
        found = self.cleaned_data
        region = Region.objects.get(pk=found["region"]) if found["region"] else None
        return {
            "parent": self.unit,
            "paper": self.paper(),
            "unit_kind": found["unit_kind"],
            "name": found["name"],
            "sector": found["sector"],
            "region": region,
            "members": found["members"],
            "expected": found["expected"] or 0,
            "covers": found["covers"],
        }


class RebuildForm(VerbForm):
    first = ("name", "unit_kind", "sector")

    name = Words(label=_lazy("新名称"), limit=100, required=False)
    unit_kind = forms.ChoiceField(label=_lazy("新类型"), required=False)
    sector = forms.ChoiceField(
        label=_lazy("新领域"), required=False, choices=[("", _lazy("不变")), *Sector.choices]
    )

    def set_up(self) -> None:
        choices: Any = self.fields
        above = self.unit.parent
        kinds = _kinds(above) if above else []
        choices["unit_kind"].choices = [("", _("不变")), *kinds]
        self.initial.setdefault("name", self.unit.name)

    def given(self) -> dict[str, Any]:
        found = self.cleaned_data
        return super().given() | {name: found[name] for name in self.first}


class MergeForm(VerbForm):
    """Other units are merged into the one whose page this is."""

    first = ("units",)

    units = UnitsField(
        label=_lazy("并入的组织"), queryset=Org.objects.public().none(),
        error_messages={"required": _lazy("请选择要并入的组织。")},
    )  # fmt: skip

    def set_up(self) -> None:
        rows = self.kept(self.unit.unit_kind).filter(is_temporary=self.unit.is_temporary)
        beside = rows.filter(parent=self.unit.parent_id)
        choices: Any = self.fields
        choices["units"].queryset = beside
        choices["units"].help_text = _("同一上级之下、同一类型的组织；不同上级的请先调整隶属。")

    def clean_units(self) -> list[Org]:
        return list(self.cleaned_data["units"])

    def given(self) -> dict[str, Any]:
        return {"units": self.cleaned_data["units"], "into": self.unit, "paper": self.paper()}


class SplitForm(VerbForm):
    first = ("name", "members")

    name = Words(label=_lazy("分设出来的党支部名称"), limit=100)

    def set_up(self) -> None:
        mine = self.kept_members
        self.fields["members"] = MembersField(
            label=_("到新支部去的党员"), rows=lambda: mine().filter(unit=self.unit.pk)
        )

    def given(self) -> dict[str, Any]:
        part = Part(self.cleaned_data["name"], self.cleaned_data["members"])
        return super().given() | {"parts": [part]}


class AffiliationForm(VerbForm):
    first = ("parent",)

    def set_up(self) -> None:
        self.fields["parent"] = UnitField(
            label=_("新的上级"),
            rows=lambda: self.kept(*UNDER.get(self.unit.unit_kind, ())),
        )

    def given(self) -> dict[str, Any]:
        return super().given() | {"parent": self.cleaned_data["parent"]}


class DissolveForm(VerbForm):
    first = ("members_to", "children_to")

    def set_up(self) -> None:
        if self.unit.memberships.standing().exists():
            self.fields["members_to"] = UnitField(
                label=_("党员转入"), rows=lambda: self.kept(UnitKind.BRANCH)
            )
        if self.unit.children.filter(dissolved_on=None).exists():
            self.fields["children_to"] = UnitField(label=_("下级改挂到"), rows=self.kept)

    def given(self) -> dict[str, Any]:
        names = [name for name in self.first if name in self.fields]
        return super().given() | {name: self.cleaned_data[name] for name in names}


class GridsForm(VerbForm):
    first = ("grids",)
    reason_needed = False

    grids = forms.ModelMultipleChoiceField(
        label=_lazy("覆盖的网格和楼栋"), queryset=Region.objects.public().none(),
        widget=forms.CheckboxSelectMultiple, required=False,
    )  # fmt: skip

    def set_up(self) -> None:
        rows = Region.objects.public().filter(
            path__under=self.unit.region.path, level__in=("grid", "building"), valid_to=None
        )
        if self.unit.unit_kind not in (UnitKind.BRANCH, UnitKind.GROUP):
            rows = rows.filter(level="grid")
        choices: Any = self.fields
        choices["grids"].queryset = rows.defer("polygon").order_by("path")
        choices["grids"].label_from_instance = lambda one: place_name(one.path, "community")
        self.initial.setdefault("grids", [one.pk for one in self.unit.grids.all()])

    def clean_grids(self) -> list[Region]:
        return list(self.cleaned_data["grids"])

    def given(self) -> dict[str, Any]:
        return super().given() | {"grids": self.cleaned_data["grids"]}


class CoversForm(VerbForm):
    first = ("orgs",)
    reason_needed = False

    orgs = UnitsField(
        label=_lazy("覆盖的单位"), queryset=Org.objects.public().none(), required=False
    )

    def set_up(self) -> None:
        rows = Org.objects.public().filter(
            kind=Org.Kind.UNIT, region__path__under=self.unit.region.path
        )
        choices: Any = self.fields
        choices["orgs"].queryset = rows.order_by("name")
        standing = self.unit.covers.filter(to_date=None).values_list("org", flat=True)
        self.initial.setdefault("orgs", list(standing))

    def clean_orgs(self) -> list[Org]:
        return list(self.cleaned_data["orgs"])

    def given(self) -> dict[str, Any]:
        return super().given() | {"orgs": self.cleaned_data["orgs"]}


class TemporaryForm(VerbForm):
    first = ("unit_kind", "name", "purpose", "expires_on", "region", "lead", "people")

    unit_kind = forms.ChoiceField(label=_lazy("类型"))
    name = Words(label=_lazy("名称"), limit=100)
    purpose = Words(label=_lazy("设立目的"), limit=200)
    expires_on = DateField(label=_lazy("到期日期"))
    region = forms.ChoiceField(label=_lazy("区域"), required=False)

    def set_up(self) -> None:
        kinds = [UnitKind.BRANCH, UnitKind.GROUP, UnitKind.TASK_FORCE]
        fit = [kind for kind in kinds if self.unit.unit_kind in UNDER[kind]]
        choices: Any = self.fields
        choices["unit_kind"].choices = [(kind.value, _("临时%s") % kind.label) for kind in fit]
        choices["region"].choices = [("", _("与上级相同")), *_places(self.unit)]
        self.fields["lead"] = MembersField(
            label=_("负责人"), rows=self.kept_members, required=False,
            help_text=_("书记、组长或队长，写一个姓名。"),
        )  # fmt: skip
        self.fields["lead"].widget.attrs["rows"] = 1
        self.fields["people"] = MembersField(
            label=_("成员"), rows=self.kept_members, required=False
        )

    def clean_lead(self) -> Any:
        found = self.cleaned_data["lead"]
        if len(found) > 1:
            raise forms.ValidationError(_("负责人只写一个。"))
        return found[0].person if found else None

    def given(self) -> dict[str, Any]:
        found = self.cleaned_data
        region = Region.objects.get(pk=found["region"]) if found["region"] else None
        return {
            "parent": self.unit,
            "paper": self.paper(),
            "region": region,
            "lead": found["lead"],
            "people": [row.person for row in found["people"]],
            **{name: found[name] for name in ("unit_kind", "name", "purpose", "expires_on")},
        }


class ExtendForm(VerbForm):
    first = ("expires_on",)

    expires_on = DateField(label=_lazy("延期到"))

    def given(self) -> dict[str, Any]:
        return super().given() | {"expires_on": self.cleaned_data["expires_on"]}


class JointForm(VerbForm):
    """Found the joint committee of the unit's street or community: nothing but the paper."""

    reason_needed = False

    def given(self) -> dict[str, Any]:
        return {"parent": self.unit, "paper": self.paper()}
