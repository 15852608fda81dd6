"""Forms of the routing rules: one rule, a question, a period, publishing."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.timezone import localtime, make_aware
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, place_name, world
from tongxin.ui.forms import Form, Words

from .models import RoutingRule, RoutingRuleSet, Topic, TopicCategory
from .routing import SOURCES

Choices = list[tuple[Any, Any]]
ANY = ("", _("不限"))


def topic_choices() -> Choices:
    """Return the items by category, as options of a list; one query."""
    groups: dict[str, Choices] = {}
    for topic in Topic.objects.filter(is_active=True).select_related("category"):
        groups.setdefault(topic.category.name, []).append((str(topic.pk), topic.name))
    return list(groups.items())


def place_choices(path: str, *, also: str = "") -> Choices:
    """Return the streets and communities below a path, as options by code; no query."""
    groups: Choices = []
    for street in _below(path, Region.Level.STREET):
        places = _below(street.path, Region.Level.COMMUNITY)
        rows = [(street.code, _("整个%s") % street.name)] + [(one.code, one.name) for one in places]
        groups.append((street.name, rows))
    known = {code for _name, rows in groups for code, _words in rows}
    if also and also not in known and (land := world().ever_by_code.get(also)):
        groups.append((_("其他"), [(also, place_name(land.path))]))
    return groups


def _below(path: str, level: str) -> list[Land]:
    return [one for one in world().lands if one.level == level and one.path.startswith(path)]


def org_choices(path: str) -> Choices:
    """Return the departments and offices below a path, as options; one query."""
    kinds = [Org.Kind.DEPARTMENT, Org.Kind.GOVERNMENT]
    rows = Org.objects.public().filter(region__path__under=path, kind__in=kinds)
    groups: dict[str, Choices] = {}
    for org in rows.order_by("kind", "name"):
        groups.setdefault(org.get_kind_display(), []).append((str(org.pk), org.name))
    return list(groups.items())


class RuleForm(Form):
    """A rule of a draft: first its conditions, then what they lead to."""

    CONDITIONS = ("topic", "category", "region", "hours", "lane", "sources")

    topic = forms.ChoiceField(label=_("事项"), required=False)
    category = forms.ChoiceField(label=_("或整个大类"), required=False)
    region = forms.ChoiceField(label=_("地点"), required=False)
    hours = forms.ChoiceField(
        label=_("提交时间"), required=False, choices=RoutingRule.Hours.choices,
        help_text=_("按所在地的工作时间和调休日历算。"),
    )  # fmt: skip
    lane = forms.ChoiceField(label=_("通道"), required=False, choices=RoutingRule.Lane.choices)
    sources = forms.MultipleChoiceField(
        label=_("来源"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("都不勾选就是不限。"),
    )  # fmt: skip
    target = forms.ChoiceField(label=_("由谁受理"), choices=RoutingRule.Target.choices)
    handler = forms.ChoiceField(label=_("指定的单位"), required=False)
    is_direct = forms.BooleanField(
        label=_("直接派达（首接负责）"), required=False,
        help_text=_("不经派单员，一提交就到承办单位；退回时由兜底单位接。"),
    )  # fmt: skip
    mode = forms.ChoiceField(label=_("建议方式"), required=False, choices=RoutingRule.Mode.choices)
    backstop = forms.ChoiceField(
        label=_("兜底"), required=False, choices=RoutingRule.Backstop.choices,
        help_text=_("承办单位退回、撤销或无人在岗时由谁接；再往上逐级兜底。"),
    )  # fmt: skip
    backstop_org = forms.ChoiceField(label=_("兜底的单位"), required=False)
    note = Words(label=_("备注"), limit=200, required=False)

    def __init__(
        self, *args: Any, ruleset: RoutingRuleSet, row: RoutingRule | None = None, **kw: Any
    ):
        if row is not None:
            kw["initial"] = _initial(row) | (kw.get("initial") or {})
        super().__init__(*args, **kw)
        path = ruleset.region.path
        orgs = [("", "—"), *org_choices(path)]
        code = row.region.code if row and row.region else ""
        choices: dict[str, Choices] = {
            "topic": [ANY, *topic_choices()],
            "category": [ANY, *((str(c.pk), c.name) for c in TopicCategory.objects.all())],
            "region": [("", _("全区")), *place_choices(path, also=code)],
            "sources": list(SOURCES.items()),
            "handler": orgs,
            "backstop_org": orgs,
        }
        for name, found in choices.items():
            field: Any = self.fields[name]
            field.choices = found

    def condition_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.CONDITIONS]

    def effect_fields(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in self.CONDITIONS]

    def given(self) -> dict[str, Any]:
        """Return what `actions.save_rule` takes."""
        found = dict(self.cleaned_data)
        code = found["region"]
        land = world().ever_by_code.get(code) if code else None
        found["region"] = Region.objects.get(pk=land.id) if land else None
        found["topic"] = _row(Topic, found["topic"])
        found["category"] = _row(TopicCategory, found["category"])
        found["handler"] = _row(Org, found["handler"]) if found["target"] == "org" else None
        found["backstop_org"] = (
            _row(Org, found["backstop_org"]) if found["backstop"] == "org" else None
        )
        found["sources"] = " ".join(found["sources"])
        return found


def _row(model: Any, pk: str) -> Any:
    return model.objects.get(pk=pk) if pk else None


def _initial(row: RoutingRule) -> dict[str, Any]:
    names = ("hours", "lane", "target", "mode", "is_direct", "backstop", "note")
    return {name: getattr(row, name) for name in names} | {
        "topic": str(row.topic_id or ""),
        "category": str(row.category_id or ""),
        "region": row.region.code if row.region else "",
        "sources": row.sources.split(),
        "handler": str(row.handler_id or ""),
        "backstop_org": str(row.backstop_org_id or ""),
    }


class AskForm(Form):
    """A case made up, to see which rule it would meet."""

    topic = forms.ChoiceField(label=_("事项"), required=False)
    region = forms.ChoiceField(label=_("地点"))
    source = forms.ChoiceField(label=_("来源"), required=False)
    at = forms.DateTimeField(
        label=_("提交时间"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )
    is_fast = forms.BooleanField(label=_("绿色通道"), required=False)

    def __init__(self, *args: Any, path: str, **kw: Any):
        super().__init__(*args, **kw)
        for name, choices in (
            ("topic", [("", _("没有事项")), *topic_choices()]),
            ("region", place_choices(path)),
            ("source", [("", _("其他")), *SOURCES.items()]),
        ):
            field: Any = self.fields[name]
            field.choices = choices


class PeriodForm(Form):
    """The cases a dry run is about: the last thirty days, unless others are named."""

    since = forms.DateField(label=_("从"), widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("到"), widget=forms.DateInput(attrs={"type": "date"}))
    region = forms.ChoiceField(label=_("地点"), required=False)

    def __init__(self, *args: Any, path: str, **kw: Any):
        super().__init__(*args, **kw)
        field: Any = self.fields["region"]
        field.choices = [("", _("全区")), *place_choices(path)]

    def within(self, name: str) -> None:
        """Name the street that the form's places are of, the whole of it first."""
        field: Any = self.fields["region"]
        field.choices = [("", name), *field.choices[1:]]

    def period(self) -> dict[str, datetime]:
        """Return {"since", "until"}: both days wholly in it."""
        first, last = self.cleaned_data["since"], self.cleaned_data["until"]
        return {
            "since": make_aware(datetime.combine(first, time())),
            "until": make_aware(datetime.combine(last, time())) + timedelta(days=1),
        }


class PublishForm(Form):
    effective_from = forms.DateTimeField(
        label=_("从什么时候起生效"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        help_text=_("留空就是立即生效。"),
    )
    reason = Words(label=_("依据和理由"), limit=200, help_text=_("如文号、会议，会记入审计日志。"))
    agreed = forms.BooleanField(
        label=_("我已看过试运行结果和提示，确认发布"),
        error_messages={"required": _("请先确认看过试运行结果。")},
    )


class EndForm(Form):
    reason = Words(label=_("停用的理由"), limit=200)


class SheetForm(Form):
    file = forms.FileField(label=_("规则表（XLSX）"))


def month_before(at: datetime) -> dict[str, Any]:
    """Return the initial values of a PeriodForm: the thirty days before today."""
    today = localtime(at).date()
    return {"since": today - timedelta(days=30), "until": today - timedelta(days=1)}
