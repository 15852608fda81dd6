"""Users, tokens, subscriptions, what could not be delivered, and the audit log."""

from __future__ import annotations

from django.apps import apps
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action

from tongxin.kit.errors import Refused

from . import actions, queries
from .forms import ReasonForm, SubscriptionForm, UserForm
from .models import AuditEntry, Delivery, Subscription, Token, User
from .queries import SignedIn

AUDIT_WORDS = {
    "sign-in": _("登录"),
    "sign-in.refused": _("登录被拒"),
    "sign-in.demo": _("演示登录"),
    "user.add": _("新增用户"),
    "user.change": _("修改用户"),
    "phone.set": _("登记手机号"),
    "phone.unmask": _("查看手机号"),
    "password.set": _("设置密码"),
    "token.make": _("生成令牌"),
    "token.revoke": _("停用令牌"),
    "delivery.retry": _("重发消息"),
    "subscription.save": _("登记订阅"),
    "subscription.turn": _("更换订阅密钥"),
    "subscription.test": _("测试订阅"),
    "subscription.replay": _("补发订阅消息"),
    "open311.key.give": _("发放接入密钥"),
    "open311.key.change": _("修改接入权限"),
    "open311.key.turn": _("更换接入密钥"),
    "open311.key.end": _("停用接入密钥"),
    "open311.service.set": _("设置对外服务"),
    "open311.peer.save": _("登记转交对象"),
    "open311.rule.add": _("新增转交规则"),
    "open311.rule.drop": _("取消转交规则"),
    "open311.forward.retry": _("重新转交事项"),
    "post.give": _("任职"),
    "post.end": _("离任"),
    "post.keep": _("撤回离任"),
    "org.dissolve": _("撤销组织"),
    "volunteer.register": _("登记志愿者"),
    "catalogue.load": _("导入事项目录"),
    "volunteer.change": _("修改志愿者"),
    "evidence.origin": _("查看照片来源"),
    "contact.reveal": _("查看联系方式"),
}


admin.site.unregister(Group)  # what somebody may do comes from posts alone


VERBS = {"add": _("新增%s"), "change": _("修改%s"), "delete": _("删除%s")}


def words_for(action: str) -> str:
    """Return what was done in words; of a register, by the name of its rows ("修改区域")."""
    if action in AUDIT_WORDS:
        return str(AUDIT_WORDS[action])
    model_name, _dot, verb = action.partition(".")
    named = {model._meta.model_name: model._meta.verbose_name for model in apps.get_models()}
    if model_name in named and verb in VERBS:
        return str(VERBS[verb] % named[model_name])
    return action


class ReadOnly:
    def has_add_permission(self, request, obj=None) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


@admin.register(User)
class UserAdmin(ModelAdmin):
    form = UserForm
    list_display = ["username", "name", "masked_phone", "is_active", "is_superuser", "joined_at"]
    list_filter = ["is_active", "is_superuser"]
    search_fields = ["username", "name"]
    search_help_text = _("按用户名、姓名查找，或输入完整的手机号")
    ordering = ["-pk"]
    show_full_result_count = False
    readonly_fields = ["masked_phone", "joined_at", "last_login"]
    actions_detail = ["unmask"]

    def get_fieldsets(self, request, obj=None):
        who = ["username", "name", "email"]
        rights = [("is_active", "is_superuser")]
        seen = [(_("登录记录"), {"fields": [("joined_at", "last_login")]})] if obj else []
        keys = [*(["masked_phone"] if obj else []), "phone", "new_password"]
        return [
            (None, {"fields": who}),
            (_("登录方式"), {"fields": keys}),
            (_("状态"), {"fields": rights}),
            *seen,
        ]

    def get_search_results(self, request, queryset, search_term):
        found, distinct = super().get_search_results(request, queryset, search_term)
        by_phone = queryset.filter(phone_index=queries.sealer().index(search_term.strip()) or None)
        return (found | by_phone) if search_term.strip().isdigit() else found, distinct

    def has_delete_permission(self, request, obj=None) -> bool:
        return False  # what they did stays; an account is closed instead

    def save_model(self, request, obj, form, change) -> None:
        at, wanted = now(), form.cleaned_data
        if not change:
            obj.joined_at = at
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if wanted["phone"]:
            actions.set_phone(user=obj, phone=wanted["phone"], by=request.user, at=at)
        if wanted["new_password"]:
            actions.set_password(user=obj, password=wanted["new_password"], by=request.user, at=at)

    @admin.display(description=_("已登记手机号"))
    def masked_phone(self, user: User) -> str:
        return queries.masked_phone(user) or "—"

    @action(
        description=_("查看手机号"),
        icon="visibility",
        permissions=["view"],
        dialog={
            "title": _("查看完整手机号"),
            "description": _("谁、何时、为什么查看，都会记入审计日志。"),
            "form_class": ReasonForm,
            "form_submit_text": _("查看"),
        },
    )
    def unmask(self, request: SignedIn, form: ReasonForm, object_id: int) -> HttpResponse:
        user = self.get_object(request, object_id)
        try:
            phone = actions.unmask_phone(
                user=user,
                by=request.user,
                reason=form.cleaned_data["reason"],
                at=now(),
                address=queries.address_of(request),
            )
            messages.success(
                request, _("%(name)s 的手机号：%(phone)s") % {"name": user, "phone": phone}
            )
        except Refused as refusal:
            messages.error(request, refusal.message)
        page = reverse("admin:accounts_user_change", args=[object_id])
        return HttpResponse(headers={"HX-Redirect": page})


@admin.register(Token)
class TokenAdmin(ReadOnly, ModelAdmin):
    list_display = ["name", "user", "created_at", "expires_at", "revoked_at"]
    list_select_related = ["user"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    search_fields = ["name", "user__username", "user__name"]
    ordering = ["-pk"]
    exclude = ["digest"]
    actions = ["revoke"]

    @admin.action(description=_("停用所选令牌"))
    def revoke(self, request: SignedIn, chosen) -> None:
        for token in chosen:
            actions.revoke_token(token=token, by=request.user, at=now())
        messages.success(request, _("已停用 %d 个令牌") % len(chosen))


@admin.register(Subscription)
class SubscriptionAdmin(ModelAdmin):
    form = SubscriptionForm
    list_display = ["name", "url", "words", "area", "is_active"]
    list_filter = ["is_active"]
    search_fields = ["name", "url"]
    ordering = ["name"]

    def save_model(self, request, obj, form, change) -> None:
        if secret := form.cleaned_data["secret"]:
            obj.secret_sealed = queries.sealer().seal(secret)
        super().save_model(request, obj, form, change)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, ModelAdmin):
    list_display = ["pk", "channel", "target", "state", "tries", "next_at", "last_error"]
    list_select_related = ["user", "subscription"]
    list_filter = ["state", "channel", "subscription"]
    search_fields = ["key", "last_error"]
    ordering = ["-pk"]
    show_full_result_count = False
    actions = ["retry"]

    @admin.display(description=_("发给"))
    def target(self, delivery: Delivery) -> str:
        return str(delivery.subscription or delivery.user)

    @admin.action(description=_("重发所选（仅限无法送达的）"))
    def retry(self, request: SignedIn, chosen) -> None:
        dead = chosen.filter(state=Delivery.State.DEAD)
        for delivery in dead:
            actions.retry_delivery(delivery=delivery, by=request.user, at=now())
        messages.success(request, _("%d 条消息将重新发送") % len(dead))


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly, ModelAdmin):
    list_display = ["at", "actor", "what", "object", "reason", "address"]
    list_select_related = ["actor"]
    list_filter = ["action"]
    search_fields = ["object", "reason", "actor__username", "actor__name"]
    date_hierarchy = "at"
    ordering = ["-at", "-pk"]
    show_full_result_count = False

    @admin.display(description=_("操作"), ordering="action")
    def what(self, entry: AuditEntry) -> str:
        return words_for(entry.action)
