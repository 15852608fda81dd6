"""What is asked before an office of a street is set up, amended, staffed or reformed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from tongxin.ui.forms import Form, Words

from .. import queries
from ..actions import NewOffice, OfficePaper
from ..models import OfficeDuty, OfficeKind, Org, StreetOffice
from .fields import DateField, UnitsField

NEW, INTO = "new", "into"
MOST = 500
COUNT_HELP = _lazy("机构编制部门核定的人数。")


class PaperForm(Form):
    """The day, the document and the reason that every change of the structure rests on."""

    on = DateField(label=_lazy("生效日期"))
    basis = Words(
        label=_lazy("依据"), limit=120, help_text=_lazy("文号或会议，例如：津滨编〔2026〕1 号")
    )
    reason = Words(label=_lazy("事由"), limit=300, rows=2, required=False)
    first: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"on": localdate()} | kwargs.pop("initial", {})
        super().__init__(*args, **kwargs)
        self.order_fields([*self.first, "on", "basis", "reason"])

    def paper(self) -> OfficePaper:
        given = self.cleaned_data
        return OfficePaper(given["on"], given["basis"], given["reason"])


class OfficeForm(PaperForm):
    """A new office; `street` says which departments it may answer to."""

    first = ("name", "kind", "approved", "duties", "departments")

    name = Words(label=_lazy("名称"), limit=40)
    kind = forms.ChoiceField(label=_lazy("性质"), choices=OfficeKind.choices)
    approved = forms.IntegerField(
        label=_lazy("核定数"), min_value=0, max_value=MOST, help_text=COUNT_HELP
    )
    duties = Words(
        label=_lazy("职责"), limit=4000, rows=6,
        help_text=_lazy("一行一项；一项职责在一个街镇只归一个机构。"),
    )  # fmt: skip
    departments = UnitsField(
        label=_lazy("对口部门"), queryset=Org.objects.public().none(), required=False
    )

    def __init__(self, *args: Any, street: Org, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(departments=queries.counterparts_for(street))

    def new(self, standard: str = "") -> NewOffice:
        given = self.cleaned_data
        return NewOffice(
            given["name"], given["kind"], given["approved"], given["duties"].splitlines(),
            list(given["departments"]), standard,
        )  # fmt: skip


class AmendForm(PaperForm):
    first = ("name", "approved", "departments")

    name = Words(label=_lazy("名称"), limit=40)
    approved = forms.IntegerField(
        label=_lazy("核定数"), min_value=0, max_value=MOST, help_text=COUNT_HELP
    )
    departments = UnitsField(
        label=_lazy("对口部门"), queryset=Org.objects.public().none(), required=False
    )

    def __init__(self, *args: Any, office: StreetOffice, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "name": office.name, "approved": office.approved,
            "departments": list(office.departments.values_list("pk", flat=True)),
        }  # fmt: skip
        super().__init__(*args, **kwargs)
        self.choose_from(departments=queries.counterparts_for(office.org))

    def given(self) -> dict[str, Any]:
        found = self.cleaned_data
        more = {"departments": list(found["departments"]), "paper": self.paper()}
        return {"name": found["name"], "approved": found["approved"]} | more


class DutiesForm(PaperForm):
    first = ("duties",)

    duties = Words(
        label=_lazy("职责"), limit=4000, rows=5,
        help_text=_lazy("一行一项；一项职责在一个街镇只归一个机构。"),
    )  # fmt: skip


class OfficeSeatForm(Form):
    post = forms.ChoiceField(
        label=_lazy("人员"),
        help_text=_lazy("从街镇已有的岗位里选；没有的，先由系统管理员在“管理”里任职。"),
    )
    is_head = forms.BooleanField(label=_lazy("任负责人"), required=False)

    def __init__(self, *args: Any, office: StreetOffice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.posts = {str(one.pk): one for one in queries.free_posts(office, localdate())}
        pairs = [(pk, f"{one.user} · {one.get_role_display()}") for pk, one in self.posts.items()]
        self.choose_from(post=[("", _("请选择")), *pairs])

    def given(self) -> dict[str, Any]:
        found = self.cleaned_data
        return {"post": self.posts[found["post"]], "is_head": found["is_head"]}


class ReformForm(PaperForm):
    """Which offices end, which takes over, and where single duties go."""

    first = ("closing", "into", "name", "kind", "approved")

    closing = forms.MultipleChoiceField(
        label=_lazy("撤并的机构"), required=False, widget=forms.CheckboxSelectMultiple
    )
    into = forms.ChoiceField(
        label=_lazy("承接机构"), required=False,
        help_text=_lazy("撤并机构的职责、人员、对口部门都随它走；下面可以逐项另行安排。"),
    )  # fmt: skip
    name = Words(label=_lazy("新机构名称"), limit=40, required=False)
    kind = forms.ChoiceField(label=_lazy("新机构性质"), choices=OfficeKind.choices, required=False)
    approved = forms.IntegerField(
        label=_lazy("新机构核定数"), min_value=0, max_value=MOST, required=False
    )

    def __init__(self, *args: Any, offices: list[StreetOffice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offices = {str(one.pk): one for one in offices}
        names = [(pk, one.name) for pk, one in self.offices.items()]
        new = (NEW, _("新设一个机构"))
        self.choose_from(closing=names, into=[("", _("没有：逐项安排")), new, *names])
        self.duties: list[tuple[StreetOffice, list[OfficeDuty]]] = []
        for office in offices:
            mine = list(office.duties.all())
            self.duties.append((office, mine))
            for duty in mine:
                others = [(pk, name) for pk, name in names if pk != str(office.pk)]
                self.fields[f"duty_{duty.pk}"] = forms.ChoiceField(
                    label=duty.text, required=False,
                    choices=[("", _("随原机构")), (INTO, _("划给承接机构")), *others],
                )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if found.get("into") == NEW and not found.get("name") and "name" not in self.errors:
            self.add_error("name", _("请填写新机构名称。"))
        if (
            found.get("into") == NEW
            and found.get("approved") is None
            and "approved" not in self.errors
        ):
            self.add_error("approved", _("请填写新机构核定数。"))
        return found

    def paper_fields(self) -> list[Any]:
        return [field for field in self if not field.name.startswith("duty_")]

    def duty_groups(self) -> list[tuple[StreetOffice, list[Any]]]:
        return [
            (office, [self[f"duty_{duty.pk}"] for duty in mine]) for office, mine in self.duties
        ]

    def is_sorting(self) -> bool:
        """Say whether single duties have been given a place, or one of them is at fault."""
        return any(field.value() or field.errors for _o, row in self.duty_groups() for field in row)

    def given(self) -> dict[str, Any]:
        found = self.cleaned_data
        into: StreetOffice | NewOffice | None = self.offices.get(found["into"])
        if found["into"] == NEW:
            into = NewOffice(found["name"], found["kind"] or OfficeKind.OFFICE, found["approved"])
        chosen = {name: found[name] for name in found if name.startswith("duty_") and found[name]}
        return {
            "closing": [self.offices[pk] for pk in found["closing"]],
            "into": into,
            "moves": {int(name[5:]): self.offices.get(pk) for name, pk in chosen.items()},
            "paper": self.paper(),
        }
