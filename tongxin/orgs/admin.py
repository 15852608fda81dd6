"""Who works where: staff and their posts, organisations, volunteers and skills."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.timezone import localdate, now
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import action

from tongxin.accounts.models import User
from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Refused

from . import actions
from .forms import DayForm, OrgForm, PostForm, PostsFormSet, VolunteerForm, show_place
from .models import Org, Post, Skill, Volunteer

Accounts = type(admin.site.get_model_admin(User))
admin.site.unregister(User)


class PostRows(TabularInline):
    """The posts of a user or in an organisation, held and over; each is ended on its own page."""

    model = Post
    verbose_name_plural = _("岗位")
    extra = 0
    per_page = 20
    hide_title = True
    show_change_link = True
    ordering = ["to_date", "-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Post]:
        return super().get_queryset(request).select_related("user", "org", "region")

    def has_add_permission(self, request, obj=None) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False  # ended, never deleted: who answered for what is part of the history

    @admin.display(description=_("管辖范围"))
    def reach(self, post: Post) -> str:
        return show_place(post.region)

    @admin.display(description=_("状态"))
    def state(self, post: Post) -> str | Promise:
        return state_of(post)

    @admin.display(description=_("办理"))
    def page(self, post: Post) -> str:
        url = reverse("admin:orgs_post_change", args=[post.pk])
        return format_html(
            '<a class="tx-link" href="{}">{}</a>', url, _("离任…") if is_held(post) else _("查看")
        )


class NewPosts(StackedInline):
    """Room for new posts on the page of a user or organisation."""

    model = Post
    form = PostForm
    formset = PostsFormSet
    verbose_name_plural = _("新增岗位")
    extra = 0
    can_delete = False
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Post]:
        return super().get_queryset(request).none()

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        formset.by = request.user
        return formset


class PostsOfUser(PostRows):
    fields = readonly_fields = ["org", "role", "reach", "from_date", "to_date", "state", "page"]


class NewPostsOfUser(NewPosts):
    fields = [("org", "role"), "region", ("from_date", "to_date")]
    autocomplete_fields = ["org", "region"]

    def get_extra(self, request, obj=None, **kwargs) -> int:
        return 0 if obj else 1  # somebody new nearly always gets one


class PostsOfOrg(PostRows):
    fields = readonly_fields = ["user", "role", "reach", "from_date", "to_date", "state", "page"]


class NewPostsOfOrg(NewPosts):
    fields = [("user", "role"), "region", ("from_date", "to_date")]
    autocomplete_fields = ["user", "region"]


def is_held(post: Post) -> bool:
    return post.to_date is None or post.to_date > localdate()


def state_of(post: Post) -> str | Promise:
    if not is_held(post):
        return _("已离任")
    if post.from_date and post.from_date > localdate():
        return _("尚未到任")
    return _("将离任") if post.to_date else _("在任")


class RoleFilter(admin.SimpleListFilter):
    title = _("在任岗位")
    parameter_name = "role"

    def lookups(self, request, model_admin):
        return [*Post.Role.choices, ("none", _("没有岗位"))]

    def queryset(self, request, queryset):
        held = Post.objects.held_on(localdate())
        if self.value() == "none":
            return queryset.exclude(pk__in=held.values("user"))
        if self.value():
            return queryset.filter(pk__in=held.filter(role=self.value()).values("user"))
        return queryset


@admin.register(User)
class StaffAdmin(Accounts):  # type: ignore[misc, valid-type]
    """The page of accounts, with the posts that decide what a user may do."""

    inlines = [PostsOfUser, NewPostsOfUser]
    list_display = ["username", "name", "posts_held", "masked_phone", "is_active", "joined_at"]
    list_filter = [RoleFilter, *Accounts.list_filter]

    def get_inlines(self, request, obj=None):
        return self.inlines if obj else [NewPostsOfUser]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        held = Post.objects.held_on(localdate()).select_related("org").order_by("pk")
        return super().get_queryset(request).prefetch_related(Prefetch("posts", held, "held"))

    @admin.display(description=_("在任岗位"))
    def posts_held(self, user: User) -> str:
        posts: list[Post] = user.held  # type: ignore[attr-defined]
        held = [f"{post.org} · {post.get_role_display()}" for post in posts[:3]]
        more = len(posts) - len(held)
        tail = [_("另有 %d 个") % more] if more else []
        if user.is_superuser:
            held.insert(0, str(_("系统管理员")))
        return "；".join([*held, *map(str, tail)]) or "—"

    def choice_label(self, user: User) -> str:
        return f"{user.name}（{user.username}）"


class HeldFilter(admin.SimpleListFilter):
    title = _("状态")
    parameter_name = "held"

    def lookups(self, request, model_admin):
        return [
            ("now", _("在任")),
            ("soon", _("30 天内离任")),
            ("later", _("尚未到任")),
            ("over", _("已离任")),
        ]

    def queryset(self, request, queryset):
        today = localdate()
        if self.value() == "now":
            return queryset.held_on(today)
        if self.value() == "soon":
            return queryset.filter(to_date__gt=today, to_date__lte=today + timedelta(days=30))
        if self.value() == "later":
            return queryset.filter(from_date__gt=today)
        return queryset.filter(to_date__lte=today) if self.value() == "over" else queryset


@admin.register(Post)
class PostAdmin(ModelAdmin):
    form = PostForm
    audits_itself = True  # the actions do
    list_display = ["user", "role", "org", "reach", "from_date", "to_date", "state"]
    list_select_related = ["user", "org", "region"]
    list_filter = [
        HeldFilter,
        "role",
        ["org", AutocompleteSelectFilter],
        ["region", AutocompleteSelectFilter],
    ]
    list_filter_submit = True
    search_fields = ["user__username", "user__name", "org__name"]
    search_help_text = _("按姓名、用户名、组织查找")
    autocomplete_fields = ["user", "org", "region"]
    ordering = ["-pk"]
    show_full_result_count = False
    actions = ["end_today"]
    fields = ["user", "org", "role", "region", ("from_date", "to_date")]

    def has_delete_permission(self, request, obj=None) -> bool:
        return False

    @admin.display(description=_("管辖范围"), ordering="region__path")
    def reach(self, post: Post) -> str:
        return show_place(post.region)

    @admin.display(description=_("状态"))
    def state(self, post: Post) -> str | Promise:
        return state_of(post)

    def save_model(self, request, obj, form, change) -> None:
        obj.pk = form.keep(request.user).pk

    @admin.action(description=_("所选岗位今天离任"))
    def end_today(self, request: SignedIn, chosen: QuerySet[Post]) -> None:
        at, ended = now(), 0
        for post in chosen:
            try:
                actions.end_post(post=post, on=localdate(at), at=at, by=request.user)
                ended += 1
            except Refused as refusal:
                messages.warning(request, refusal.message)
        messages.success(request, _("%d 个岗位已离任，从今天起不再有权限") % ended)


@admin.register(Org)
class OrgAdmin(ModelAdmin):
    form = OrgForm
    inlines = [PostsOfOrg, NewPostsOfOrg]
    list_display = ["name", "kind", "place", "parent", "people", "covered", "dissolved_on"]
    list_select_related = ["region", "parent"]
    list_filter = [
        "kind",
        ["region", AutocompleteSelectFilter],
        ("dissolved_on", admin.EmptyFieldListFilter),
    ]
    list_filter_submit = True
    search_fields = ["name", "region__name"]
    autocomplete_fields = ["region", "parent", "grids"]
    readonly_fields = ["dissolved_on", "below"]
    ordering = ["region__path", "kind", "name"]
    show_full_result_count = False
    actions_detail = ["dissolve"]

    def get_fieldsets(self, request, obj=None):
        shown: list[tuple[Any, Any]] = [
            (None, {"fields": [("name", "kind"), ("region", "parent"), "phone"]})
        ]
        if obj is None or obj.kind == Org.Kind.PARTY:
            shown.append((_("红网格"), {"fields": ["grids"]}))
        if obj is not None:
            shown.append((_("下级与存续"), {"fields": ["below", "dissolved_on"]}))
        return shown

    def get_inlines(self, request, obj=None):
        if obj is None:
            return []  # its land must be known before a post can be checked
        return self.inlines if obj.dissolved_on is None else [PostsOfOrg]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Org]:
        today = localdate()
        held = Q(posts__from_date=None) | Q(posts__from_date__lte=today)
        held &= Q(posts__to_date=None) | Q(posts__to_date__gt=today)
        return (
            super()
            .get_queryset(request)
            .annotate(
                n_people=Count("posts__user", filter=held, distinct=True),
                n_grids=Count("grids", distinct=True),
            )
        )

    def has_delete_permission(self, request, obj=None) -> bool:
        return False  # dissolved, never deleted

    def has_dissolve_permission(self, request, object_id=None) -> bool:
        standing = Org.objects.public().filter(pk=object_id)
        return self.has_change_permission(request) and standing.exists()

    @admin.display(description=_("辖区"), ordering="region__path")
    def place(self, org: Org) -> str:
        return show_place(org.region)

    @admin.display(description=_("在任人数"), ordering="n_people")
    def people(self, org: Org) -> int:
        return org.n_people  # type: ignore[attr-defined]

    @admin.display(description=_("红网格"), ordering="n_grids")
    def covered(self, org: Org) -> str:
        return str(org.n_grids) if org.kind == Org.Kind.PARTY else "—"  # type: ignore[attr-defined]

    @admin.display(description=_("下级组织"))
    def below(self, org: Org) -> str:
        return "、".join(child.name for child in org.children.filter(dissolved_on=None)) or "—"

    def choice_label(self, org: Org) -> str:
        return f"{org.name}（{show_place(org.region)}）"

    @action(
        description=_("撤销"),
        icon="block",
        permissions=["dissolve"],
        dialog={
            "title": _("撤销组织"),
            "description": _("从这一天起不再可选；历史记录照旧。还有人任职或还有下级时不能撤销。"),
            "form_class": DayForm,
            "form_submit_text": _("撤销"),
        },
    )
    def dissolve(self, request: SignedIn, form: DayForm, object_id: int) -> HttpResponse:
        org = self.get_object(request, object_id)
        try:
            actions.dissolve_org(org=org, on=form.cleaned_data["on"], at=now(), by=request.user)
        except Refused as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, _("“%s”已撤销") % org)
        page = reverse("admin:orgs_org_change", args=[object_id])
        return HttpResponse(headers={"HX-Redirect": page})


@admin.register(Volunteer)
class VolunteerAdmin(ModelAdmin):
    form = VolunteerForm
    audits_itself = True  # the actions do
    list_display = ["user", "place", "skill_names", "cap", "is_paused", "points", "hours"]
    list_select_related = ["user", "home"]
    list_filter = ["is_paused", "skills", ["home", AutocompleteSelectFilter]]
    list_filter_submit = True
    search_fields = ["user__username", "user__name"]
    search_help_text = _("按姓名、用户名查找")
    autocomplete_fields = ["user", "home"]
    ordering = ["-user_id"]
    show_full_result_count = False
    fieldsets = [
        (None, {"fields": [("user", "home"), "skills"]}),
        (_("接单"), {"fields": [("cap", "is_paused")]}),
        (_("积分与时长"), {"fields": [("points", "hours")]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Volunteer]:
        return super().get_queryset(request).prefetch_related("skills")

    def get_readonly_fields(self, request, obj=None):
        # Points and hours come from the ledger alone.
        return ["points", "hours", *(["user"] if obj else [])]

    def has_delete_permission(self, request, obj=None) -> bool:
        return False

    @admin.display(description=_("常住社区"), ordering="home__path")
    def place(self, volunteer: Volunteer) -> str:
        return show_place(volunteer.home)

    @admin.display(description=_("技能"))
    def skill_names(self, volunteer: Volunteer) -> str:
        return "、".join(skill.name for skill in volunteer.skills.all()) or "—"

    @admin.display(description=_("服务时长（小时）"), ordering="minutes")
    def hours(self, volunteer: Volunteer) -> str:
        return f"{(volunteer.minutes or 0) / 60:.1f}"

    def save_model(self, request, obj, form, change) -> None:
        wanted, at = form.cleaned_data, now()
        skills, home = wanted["skills"], wanted["home"]
        if not change:
            actions.register_volunteer(
                user=obj.user, home=home, skills=skills, by=request.user, at=at
            )
        kept = Volunteer.objects.select_related("user").get(pk=obj.pk)
        actions.set_volunteer(
            volunteer=kept,
            home=home,
            skills=skills,
            cap=wanted["cap"],
            is_paused=wanted["is_paused"],
            by=request.user,
            at=at,
        )


@admin.register(Skill)
class SkillAdmin(ModelAdmin):
    list_display = ["name", "people"]
    search_fields = ["name"]
    ordering = ["name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Skill]:
        return super().get_queryset(request).annotate(n_people=Count("volunteer"))

    def get_readonly_fields(self, request, obj=None):
        return ["name"] if obj else []  # topics ask for it by its name

    def get_actions(self, request):
        return {}

    def has_delete_permission(self, request, obj=None) -> bool:
        return obj is None or not obj.volunteer_set.exists()

    @admin.display(description=_("志愿者人数"), ordering="n_people")
    def people(self, skill: Skill) -> int:
        return skill.n_people  # type: ignore[attr-defined]
