"""The catalogue, edited with its history; cases and what happened to them, to be looked at only."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import Any

from django.contrib import admin, messages
from django.core import signing
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.timezone import localdate, localtime, now
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action
from unfold.paginator import InfinitePaginator

from tongxin.kit.errors import Refused, Stale
from tongxin.regions.queries import place_name

from . import actions, spreadsheet
from .flow import all_flows, get_flow
from .models import Adjustment, Case, Event, ServiceClass, Topic, TopicCategory
from .queries import forget_topics
from .topic_forms import ServiceClassForm, SheetForm, TopicForm, WhyForm
from .topics import history_of, show_value

HOUR = 3600


class Kept(ModelAdmin):
    """A page whose rows are never deleted."""

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


class SeenOnly(Kept):
    """A page to look at: what happened is written by actions alone."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request, obj=None) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False


@admin.register(TopicCategory)
class TopicCategoryAdmin(ModelAdmin):
    list_display = ["code", "name", "topics"]
    list_display_links = ["code", "name"]
    search_fields = ["code", "name"]
    ordering = ["code"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[TopicCategory]:
        return super().get_queryset(request).annotate(n_topics=Count("topics"))

    def get_readonly_fields(self, request, obj=None):
        return ["code"] if obj else []

    def get_actions(self, request):
        return {}

    def has_delete_permission(self, request, obj=None) -> bool:
        return obj is None or not obj.topics.exists()

    def save_model(self, request, obj, form, change) -> None:
        super().save_model(request, obj, form, change)
        transaction.on_commit(forget_topics)

    @admin.display(description=_("事项数"), ordering="n_topics")
    def topics(self, category: TopicCategory) -> str:
        page = reverse("admin:cases_topic_changelist")
        return format_html(
            '<a class="tx-link" href="{}?category__id__exact={}">{}</a>',
            page,
            category.pk,
            category.n_topics,  # type: ignore[attr-defined]
        )

    def choice_label(self, category: TopicCategory) -> str:
        return f"{category.code} {category.name}"


@admin.register(ServiceClass)
class ServiceClassAdmin(Kept):
    """A wording is never changed: another one follows it from its day on."""

    form = ServiceClassForm
    list_display = ["order", "code", "name", "text", "effective_from", "is_sample"]
    list_display_links = ["code", "name"]
    ordering = ["order", "code", "-effective_from"]

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def save_model(self, request, obj, form, change) -> None:
        actions.word_class(wording=obj, by=request.user, at=now())


@admin.register(Topic)
class TopicAdmin(Kept):
    form = TopicForm
    list_display = [
        *("code", "name", "category", "norms", "takers_shown", "verify", "points"),
        *("is_urgent", "is_public", "is_sample", "is_active"),
    ]
    list_display_links = ["code", "name"]
    list_select_related = ["category"]
    list_filter = [
        "is_active",
        "category",
        "service_class",
        "verify",
        "proof",
        "is_urgent",
        "is_sample",
    ]
    search_fields = ["code", "name", "summary", "keywords"]
    search_help_text = _("按代码、名称、说明或居民的常用说法查找")
    ordering = ["code"]
    list_per_page = 100
    autocomplete_fields = ["category"]
    actions = ["retire", "restore"]
    actions_list = ["import_sheet", "export_sheet"]
    actions_detail = ["retire_one", "restore_one"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("code", "category"),
                    ("name", "kind"),
                    "service_class",
                    "summary",
                    "keywords",
                ]
            },
        ),
        (_("时限"), {"fields": [("accept_norm", "norm"), ("verify_norm", "is_urgent")]}),
        (_("谁来办"), {"fields": [("takers", "modes"), "skills"]}),
        (_("凭证与验单"), {"fields": [("proof", "needs_receipt"), ("verify", "sample_rate")]}),
        (_("积分与公开"), {"fields": [("points", "is_public")]}),
        (_("附加问题"), {"fields": ["questions"]}),
        (_("这次修改"), {"fields": ["reason", ("is_sample", "is_active"), "seen"]}),
    ]

    def get_readonly_fields(self, request, obj=None):
        return ["code"] if obj else []  # cases and sheets know the topic by it

    @admin.display(description=_("接单 / 办理"))
    def norms(self, topic: Topic) -> str:
        return f"{show_value('accept_norm', topic.accept_norm)} / {show_value('norm', topic.norm)}"

    @admin.display(description=_("谁可承接"))
    def takers_shown(self, topic: Topic) -> str:
        return show_value("takers", topic.takers)

    def save_model(self, request, obj, form, change) -> None:
        if change and not form.changes:
            return
        wanted = form.cleaned_data
        actions.change_topic(
            topic=obj, by=request.user, at=now(), reason=wanted["reason"], expect=wanted["seen"]
        )

    # stopping and starting

    def _set_active(self, request: HttpRequest, topic: Topic, active: bool, reason: str) -> None:
        actions.change_topic(
            topic=topic, by=request.user, at=now(), reason=reason, is_active=active
        )
        self.log_change(request, topic, str(_("启用") if active else _("停用")))

    @admin.action(description=_("停用所选事项"))
    def retire(self, request: HttpRequest, chosen: QuerySet[Topic]) -> None:
        self._set_all(request, chosen.filter(is_active=True), False)

    @admin.action(description=_("启用所选事项"))
    def restore(self, request: HttpRequest, chosen: QuerySet[Topic]) -> None:
        self._set_all(request, chosen.filter(is_active=False), True)

    @transaction.atomic
    def _set_all(self, request: HttpRequest, chosen: QuerySet[Topic], active: bool) -> None:
        topics = list(chosen.select_related("category"))
        for topic in topics:
            self._set_active(request, topic, active, str(_("批量操作")))
        words = _("已启用 %d 项") if active else _("已停用 %d 项；历史订单照旧")
        messages.success(request, words % len(topics))

    def has_retire_permission(self, request, object_id=None) -> bool:
        return self.has_change_permission(request) and _stands(object_id, True)

    def has_restore_permission(self, request, object_id=None) -> bool:
        return self.has_change_permission(request) and _stands(object_id, False)

    @action(
        description=_("停用"),
        icon="block",
        permissions=["retire"],
        dialog={
            "title": _("停用事项"),
            "description": _("居民和派单员不再能选它；已有的订单照旧办理。"),
            "form_class": WhyForm,
            "form_submit_text": _("停用"),
        },
    )
    def retire_one(self, request: HttpRequest, form: WhyForm, object_id: int) -> HttpResponse:
        return self._set_one(request, object_id, False, form.cleaned_data["reason"])

    @action(
        description=_("启用"),
        icon="check_circle",
        permissions=["restore"],
        dialog={
            "title": _("启用事项"),
            "description": _("居民和派单员又能选它。"),
            "form_class": WhyForm,
            "form_submit_text": _("启用"),
        },
    )
    def restore_one(self, request: HttpRequest, form: WhyForm, object_id: int) -> HttpResponse:
        return self._set_one(request, object_id, True, form.cleaned_data["reason"])

    def _set_one(
        self, request: HttpRequest, object_id: int, active: bool, reason: str
    ) -> HttpResponse:
        topic = self.get_object(request, object_id)
        self._set_active(request, topic, active, reason)
        words = _("“%s”已启用") if active else _("“%s”已停用")
        messages.success(request, words % topic.name)
        page = reverse("admin:cases_topic_change", args=[object_id])
        return HttpResponse(headers={"HX-Redirect": page})

    # history

    def history_view(self, request, object_id, extra_context=None) -> HttpResponse:
        topic = self.get_object(request, object_id)
        if topic is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        context = self._frame(request, _("“%s”的修改历史") % topic.name)
        context |= {"object": topic, "turns": history_of(topic)}
        return render(request, "cases/admin/history.html", context)

    def _frame(self, request: HttpRequest, title: str | Promise) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts, "title": title}

    # the spreadsheet

    @action(description=_("导出表格"), icon="download", url_path="export")
    def export_sheet(self, request: HttpRequest) -> FileResponse:
        target = BytesIO()
        spreadsheet.write_catalogue(target)
        target.seek(0)
        name = _("事项目录-%s.xlsx") % localdate().strftime("%Y%m%d")
        return FileResponse(target, as_attachment=True, filename=name)

    @action(description=_("导入表格"), icon="upload", url_path="import")
    def import_sheet(self, request: HttpRequest) -> HttpResponse:
        context = self._frame(request, _("导入事项目录"))
        if "token" in request.POST:
            return self._load(request)
        form = SheetForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                context |= _preview(request, form.cleaned_data["file"])
            except Refused as refusal:
                form.add_error("file", str(refusal.message))
        return render(request, "cases/admin/import.html", context | {"form": form})

    def _load(self, request: HttpRequest) -> HttpResponse:
        try:
            asked = signing.loads(request.POST["token"], salt=_salt(request), max_age=HOUR)
            if asked["stamp"] != spreadsheet.catalogue_stamp():
                raise Stale(_("预览之后目录又有人改过，请重新上传，再看一遍会改动什么。"))
            done = actions.load_catalogue(rows=asked["rows"], by=request.user, at=now())
        except signing.BadSignature:
            messages.error(request, _("预览已过期，请重新上传。"))
            return redirect("admin:cases_topic_import_sheet")
        except Refused as refusal:
            messages.error(request, refusal.message)
            return redirect("admin:cases_topic_import_sheet")
        words = _("导入完成：新增 %(created)d 项，修改 %(changed)d 项，未变 %(same)d 项")
        messages.success(request, words % done)
        return redirect("admin:cases_topic_changelist")


def _stands(object_id, active: bool) -> bool:
    return Topic.objects.filter(pk=object_id, is_active=active).exists()


def _salt(request: HttpRequest) -> str:
    return f"cases.catalogue.{request.user.pk}"


def _preview(request: HttpRequest, file) -> dict[str, Any]:
    """Return what importing the file would do, and the signed rows that a second press loads."""
    if file.size > spreadsheet.LIMITS.size:
        raise spreadsheet.BadRows(
            _("文件太大，最大 %d MB") % (spreadsheet.LIMITS.size // 1024 // 1024)
        )
    rows = list(spreadsheet.parse_catalogue(file.read(), file.name))
    verdicts = spreadsheet.judge_rows(rows)
    counts = {name: 0 for name in ("new", "changed", "same", "wrong")}
    for one in verdicts:
        counts[one.verdict] += 1
    shown = {
        "verdicts": [one for one in verdicts if one.verdict != "same"],
        "counts": counts,
        "file_name": file.name,
        "absent": Topic.objects.exclude(code__in=[one.code for one in verdicts]).count(),
    }
    if not counts["wrong"] and counts["new"] + counts["changed"]:
        asked = {
            "rows": [row.values | {"line": row.line} for row in rows],
            "stamp": spreadsheet.catalogue_stamp(),
        }
        shown["token"] = signing.dumps(asked, salt=_salt(request), compress=True)
    return shown


class KindFilter(admin.SimpleListFilter):
    title = _("类别")
    parameter_name = "kind"

    def lookups(self, request, model_admin):
        return [(flow.kind, flow.label) for flow in all_flows()]

    def queryset(self, request, queryset):
        return queryset.filter(kind=self.value()) if self.value() else queryset


class OpenFilter(admin.SimpleListFilter):
    title = _("状态")
    parameter_name = "open"

    def lookups(self, request, model_admin):
        return [("yes", _("在办")), ("late", _("曾超时")), ("no", _("已结束"))]

    def queryset(self, request, queryset):
        wanted: dict[str, dict[str, Any]] = {
            "yes": {"closed_at": None},
            "late": {"is_late": True},
            "no": {"closed_at__isnull": False},
        }
        return queryset.filter(**wanted.get(self.value() or "", {}))


class EventRows(TabularInline):
    model = Event
    fields = ["seq", "at", "what", "actor", "note"]
    readonly_fields = fields
    ordering = ["seq"]
    extra = 0
    can_delete = False
    hide_title = True
    verbose_name_plural = _("办理记录")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        return super().get_queryset(request).select_related("actor", "case")

    def has_add_permission(self, request, obj=None) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    @admin.display(description=_("操作"))
    def what(self, event: Event) -> str:
        return name_of(event)


@admin.register(Case)
class CaseAdmin(SeenOnly):
    paginator = InfinitePaginator  # two million rows are not counted to show fifty
    list_display = ["number", "title", "kind_shown", "step_shown", "place", "opened", "due"]
    list_filter = [OpenFilter, KindFilter]
    search_fields = ["number"]
    search_help_text = _("按编号查找，可以只写前几位")
    ordering = ["-id"]
    inlines = [EventRows]
    fields = [
        *("number", "page", "title", "kind_shown", "step_shown", "topic", "place", "address"),
        *("reporter", "handler", "holder", "parent", "opened_at", "due_at", "closed_at"),
        *("is_late", "is_private", "is_fast"),
    ]  # fmt: skip

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip()
        return (queryset.filter(number__startswith=term) if term else queryset), False

    @admin.display(description=_("类别"))
    def kind_shown(self, case: Case) -> str:
        return str(case.flow.label)

    @admin.display(description=_("环节"))
    def step_shown(self, case: Case) -> str:
        return str(case.flow.step_of[case.step].label)

    @admin.display(description=_("区域"))
    def place(self, case: Case) -> str:
        return place_name(case.area)

    @admin.display(description=_("提交时间"), ordering="opened_at")
    def opened(self, case: Case) -> str:
        return moment(case.opened_at)

    @admin.display(description=_("时限"), ordering="due_at")
    def due(self, case: Case) -> str:
        return moment(case.due_at)

    @admin.display(description=_("办理页面"))
    def page(self, case: Case) -> str:
        return format_html(
            '<a class="tx-link" href="{}">{}</a>',
            reverse("cases:detail", args=[case.pk]),
            _("打开"),
        )


def moment(at: datetime | None) -> str:
    return localtime(at).strftime("%Y-%m-%d %H:%M") if at else "—"


def name_of(event: Event) -> str:
    """Return an event's move in words; what is no move of the flow, by its name."""
    move = get_flow(event.case.kind).move_of.get(event.name)
    return str(move.label if move else EVENT_WORDS.get(event.name, event.name))


EVENT_WORDS = {"open": _("提交"), "yellow": _("黄牌"), "red": _("红牌")}


@admin.register(Event)
class EventAdmin(SeenOnly):
    paginator = InfinitePaginator
    list_display = ["case", "seq", "what", "actor", "at", "recorded_at", "note"]
    list_select_related = ["case", "actor"]
    search_fields = ["case__number"]
    search_help_text = _("按编号查找，可以只写前几位")
    ordering = ["-id"]
    fields = [
        *("case", "seq", "what", "actor", "source", "target", "at", "recorded_at", "note"),
        *("data", "prev", "hash"),
    ]

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip()
        return (queryset.filter(case__number__startswith=term) if term else queryset), False

    @admin.display(description=_("操作"))
    def what(self, event: Event) -> str:
        return name_of(event)


@admin.register(Adjustment)
class AdjustmentAdmin(SeenOnly):
    list_display = [
        "case",
        "kind",
        "reason",
        "until",
        "asked_by",
        "asked_at",
        "verdict",
        "decided_by",
    ]
    list_select_related = ["case", "asked_by", "decided_by"]
    list_filter = ["kind", "verdict"]
    search_fields = ["case__number"]
    ordering = ["-id"]

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip()
        return (queryset.filter(case__number__startswith=term) if term else queryset), False
