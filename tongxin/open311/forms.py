"""What the administrator says of keys, services and other servers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from tongxin.accounts.models import Subscription
from tongxin.cases.flow import all_flows
from tongxin.cases.models import Topic
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, get_land, place_name, region_of, world
from tongxin.ui.forms import Form, Words

from .models import ClientKey, Service

LEVELS = (Region.Level.DISTRICT, Region.Level.STREET)
DAYS = [("365", _("一年")), ("90", _("90 天")), ("30", _("30 天")), ("0", _("不设期限"))]
OVERLAP = [
    ("7", _("旧密钥再用 7 天")),
    ("1", _("旧密钥再用 1 天")),
    ("30", _("旧密钥再用 30 天")),
    ("0", _("旧密钥立即作废")),
]


def land_choices() -> list[tuple[str, str]]:
    """Return the districts and streets there are, each with its path in words."""
    lands = [land for land in world().lands if land.level in LEVELS]
    return [(land.code, place_name(land.path, below="city")) for land in sorted(lands, key=_path)]


def _path(land: Land) -> str:
    return land.path


class Placed(Form):
    """A form with an area, which may be everywhere."""

    region = forms.ChoiceField(label=_("范围"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.ChoiceField, self.fields["region"])
        field.choices = [("", str(_("全部"))), *land_choices()]

    def clean_region(self) -> Region | None:
        code = self.cleaned_data["region"]
        return region_of(get_land(code)) if code else None


class KeyForm(Placed):
    """A client, and what it may do."""

    name = Words(label=_("系统名称"), limit=60)
    contact = Words(
        label=_("联系人"),
        limit=120,
        required=False,
        help_text=_("出问题时找谁：姓名、单位、办公电话"),
    )
    may_file = forms.BooleanField(label=_("可以提交诉求"), required=False, initial=True)
    may_update = forms.BooleanField(
        label=_("可以给自己提交的诉求补充进展"), required=False, initial=False
    )
    publishes = forms.BooleanField(
        label=_("提交的内容公开显示（隐去电话、证件号、门牌号）"),
        required=False,
        initial=True,
        help_text=_("不勾选时，别人只看得到标题和所在社区"),
    )
    media_hosts = Words(
        label=_("取回附图的主机"), limit=1000, required=False,
        help_text=_("对方在 media_url 里给的图片，从这些主机取回存为照片，例如 img.example.cn、*.example.cn；留空只保留链接"),
    )  # fmt: skip
    per_minute = forms.IntegerField(
        label=_("每分钟最多提交"), min_value=1, max_value=6000, initial=60
    )
    days = forms.ChoiceField(label=_("有效期"), choices=DAYS)

    field_order = ["name", "contact", "region", "may_file", "may_update", "publishes", "media_hosts", "per_minute", "days"]  # fmt: skip

    def given(self, at: datetime) -> dict[str, Any]:
        """Return what `actions.give_key` takes."""
        told = dict(self.cleaned_data)
        days = int(told.pop("days"))
        return told | {"expires_at": at + timedelta(days=days) if days else None}


class ChangeKeyForm(KeyForm):
    """What a client may do from now on; its key stays."""

    def __init__(self, *args: Any, client: ClientKey, **kwargs: Any) -> None:
        names = (
            "name",
            "contact",
            "may_file",
            "may_update",
            "publishes",
            "media_hosts",
            "per_minute",
        )
        initial = {name: getattr(client, name) for name in names}
        initial |= {"region": client.region.code if client.region else "", "days": "keep"}
        super().__init__(*args, initial=initial, **kwargs)
        self.client = client
        field = cast(forms.ChoiceField, self.fields["days"])
        field.choices = [("keep", _("不变")), *DAYS]

    def given(self, at: datetime) -> dict[str, Any]:
        if self.cleaned_data["days"] != "keep":
            return super().given(at)
        told = dict(self.cleaned_data)
        told.pop("days")
        return told


class OverlapForm(Form):
    overlap_days = forms.TypedChoiceField(label=_("交接期"), choices=OVERLAP, coerce=int)


class ServiceForm(Form):
    is_offered = forms.BooleanField(label=_("对外提供这项服务"), required=False)
    handling = forms.ChoiceField(
        label=_("受理方式"), choices=Service.Handling.choices, widget=forms.RadioSelect
    )


class PeerForm(Form):
    """Another server: where it is, and the key it gave us."""

    name = Words(label=_("对方系统"), limit=60)
    url = Words(
        label=_("接口地址"),
        limit=300,
        help_text=_("对方的 GeoReport v2 地址，例如 https://311.example.cn/open311/v2"),
    )
    key = forms.CharField(
        label=_("对方给的密钥（api_key）"),
        required=False,
        max_length=200,
        help_text=_("加密保存；修改时留空不改"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    jurisdiction = Words(
        label=_("辖区代码（jurisdiction_id）"), limit=60, required=False,
        help_text=_("对方要求时填写"),
    )  # fmt: skip
    client = forms.ModelChoiceField(
        ClientKey.objects.filter(ended_at=None), label=_("对方提交用的密钥"), required=False,
        empty_label=_("对方不向本系统提交"),
        help_text=_("对方提交来的诉求不会再转回去"),
    )  # fmt: skip
    takes_updates = forms.BooleanField(
        label=_("把本单的进展和回复发给对方"), required=False,
        help_text=_("对方要支持 Open311 的进展扩展（servicerequestupdates）；内容隐去电话、证件号和门牌号"),
    )  # fmt: skip
    is_active = forms.BooleanField(label=_("启用"), required=False, initial=True)


class RuleForm(Placed):
    topic = forms.ModelChoiceField(
        Topic.objects.filter(is_active=True, is_public=True),
        label=_("事项"),
        empty_label=_("请选择"),
    )
    service_code = Words(label=_("对方服务代码（service_code）"), limit=60)

    field_order = ["topic", "region", "service_code"]


# Webhooks.


class WebhookForm(Form):
    """Who is told of which events, and where."""

    name = Words(label=_("名称"), limit=60)
    url = Words(
        label=_("地址"),
        limit=300,
        help_text=_("以 http:// 或 https:// 开头，例如 https://data.example.cn/hook"),
    )
    kinds = forms.MultipleChoiceField(
        label=_("订阅内容"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("都不选就是全部"),
    )  # fmt: skip
    moves = Words(
        label=_("只要某些动作"), limit=200, required=False,
        help_text=_("写成“流程.动作”，用空格分开，例如 request.finish request.rate"),
    )  # fmt: skip
    area = forms.ChoiceField(label=_("范围"), required=False)
    is_active = forms.BooleanField(label=_("启用"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lands = [(get_land(code).path, words) for code, words in land_choices()]
        kept = self.initial.get("area") or ""
        others = [] if kept in dict(lands) or not kept else [(kept, place_name(kept, below="city"))]
        cast(forms.ChoiceField, self.fields["area"]).choices = [
            ("", str(_("全部"))), *others, *lands,
        ]  # fmt: skip
        kinds = cast(forms.MultipleChoiceField, self.fields["kinds"])
        kinds.choices = [(flow.kind, flow.label) for flow in all_flows()]

    @staticmethod
    def initial_of(target: Subscription) -> dict[str, Any]:
        words = target.words.split()
        return {
            "name": target.name,
            "url": target.url,
            "kinds": [word for word in words if "." not in word],
            "moves": " ".join(word for word in words if "." in word),
            "area": target.area,
            "is_active": target.is_active,
        }

    def clean_moves(self) -> str:
        known = {f"{flow.kind}.{move.name}" for flow in all_flows() for move in flow.moves}
        known |= {f"{flow.kind}.open" for flow in all_flows()}
        for word in self.cleaned_data["moves"].split():
            if word not in known:
                raise forms.ValidationError(_("没有“%(word)s”这个动作") % {"word": word})
        return self.cleaned_data["moves"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        given["words"] = " ".join([*given.pop("kinds", []), *given.pop("moves", "").split()])
        return given


class ReplayForm(Form):
    """From when to when it is to be sent again."""

    since = forms.DateTimeField(
        label=_("从"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    until = forms.DateTimeField(
        label=_("到"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    @staticmethod
    def last_day(at: datetime) -> dict[str, datetime]:
        return {"since": at - timedelta(days=1), "until": at}
