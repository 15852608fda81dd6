"""Users and what is theirs: codes, tokens, notices; and the log of what was done."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields) -> User:
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields) -> User:
        return self.create_user(username, password, is_superuser=True, **fields)


class User(AbstractBaseUser):
    """Somebody who signs in: staff by password, residents and volunteers by phone and code.

    What a user may do comes from posts (`orgs.Post`) alone; `is_superuser` is the one
    administrator who installs the system.
    """

    username = models.CharField(_("用户名"), max_length=60, unique=True)
    name = models.CharField(_("姓名"), max_length=60)
    phone_sealed = models.TextField(_("手机号（加密）"), blank=True, default="")
    phone_index = models.CharField(max_length=64, null=True, blank=True, unique=True)
    email = models.EmailField(_("电子邮箱"), blank=True, default="")
    is_active = models.BooleanField(_("启用"), default=True)
    is_superuser = models.BooleanField(_("系统管理员"), default=False)
    joined_at = models.DateTimeField(_("加入时间"), null=True, blank=True)
    # How this user wants to hear of things: words of {"inbox", "sms", "email"}.
    channels = models.CharField(_("通知方式"), max_length=30, default="inbox")

    _held_posts: tuple  # the posts of one request, kept here by orgs.scope
    unread_on_page: int  # the notices not read when the request came

    objects = UserManager()
    USERNAME_FIELD = "username"

    class Meta:
        verbose_name = verbose_name_plural = _("用户")

    def __str__(self) -> str:
        return self.name or self.username

    # What django.contrib.admin asks; everything else asks posts.
    @property
    def is_staff(self) -> bool:
        return self.is_superuser

    def has_perm(self, perm, obj=None) -> bool:
        return self.is_active and self.is_superuser

    def has_module_perms(self, app_label) -> bool:
        return self.is_active and self.is_superuser


class SignInCode(models.Model):
    """A one-time code sent to a phone. Only its hash is kept."""

    phone_index = models.CharField(max_length=64)
    code_hash = models.CharField(max_length=64)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    address = models.CharField(max_length=45, blank=True, default="")  # who asked, for the limit

    class Meta:
        indexes = [
            models.Index(fields=["phone_index", "-sent_at"], name="code_by_phone"),
            models.Index(fields=["address", "-sent_at"], name="code_by_address"),
        ]


class SignInFailure(models.Model):
    """A failed sign-in by password; five in a row lock the name at that address for a while."""

    # A keyed hash: people type their password into the name field, and it must not stay here.
    name_index = models.CharField(max_length=64)
    address = models.CharField(max_length=45, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["name_index", "address", "-at"], name="failure_by_name"),
            models.Index(fields=["address", "-at"], name="failure_by_address"),
        ]


class OwnedQuerySet(models.QuerySet):
    """Rows that belong to one user and are nobody else's business."""

    def visible_to(self, actor: User) -> OwnedQuerySet:
        return self.filter(user=actor.pk)


class Token(models.Model):
    """An API token. Only its SHA-256 is kept; the token itself is shown once."""

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens", verbose_name=_("用户"))
    name = models.CharField(_("用途"), max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(_("生成时间"))
    expires_at = models.DateTimeField(_("到期时间"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("停用时间"), null=True, blank=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("接口令牌")

    def __str__(self) -> str:
        return self.name


class KeptReply(models.Model):
    """What a call of the API with an Idempotency-Key was answered: a retry gets the same again.

    For operations whose action knows no key of its own. Answers may hold what is sealed elsewhere,
    so they are sealed here too.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    key = models.CharField(max_length=80)
    path = models.CharField(max_length=300)
    digest = models.CharField(max_length=64)  # SHA-256 of what was asked
    status = models.PositiveSmallIntegerField(default=0)
    media = models.CharField(max_length=80, blank=True, default="")
    body_sealed = models.TextField(blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_reply_of_a_key")]
        indexes = [models.Index(fields=["at"], name="kept_reply_at")]


class Notice(models.Model):
    """A line in a user's inbox."""

    user = models.ForeignKey(User, models.CASCADE, related_name="notices")
    at = models.DateTimeField()
    title = models.CharField(max_length=120)
    text = models.CharField(max_length=300, blank=True, default="")
    url = models.CharField(max_length=200, blank=True, default="")
    key = models.CharField(max_length=80)  # what it tells of; the same thing is told once
    read_at = models.DateTimeField(null=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="told_once")]
        indexes = [
            models.Index(fields=["user", "-id"], name="notice_inbox"),
            models.Index(fields=["user"], name="notice_unread", condition=Q(read_at=None)),
        ]


class AdministratorsQuerySet(models.QuerySet):
    """What only who installs the system sees: what leaves the house, and to whom."""

    def visible_to(self, actor: User) -> AdministratorsQuerySet:
        return self if actor.is_superuser else self.none()


class Subscription(models.Model):
    """Another system that wants to hear of events: a webhook, signed with its secret (HMAC-SHA256)."""

    name = models.CharField(_("名称"), max_length=60)
    url = models.CharField(_("地址"), max_length=300)
    secret_sealed = models.TextField(_("密钥（加密）"))
    # After a rotation messages are signed with the secret before as well, until then.
    old_secret_sealed = models.TextField(blank=True, default="")
    old_secret_until = models.DateTimeField(null=True, blank=True)
    words = models.CharField(  # kinds and moves: "request" or "request.finish"; empty: all
        _("订阅内容"), max_length=300, blank=True, default=""
    )
    area = models.CharField(_("区域路径"), max_length=40, blank=True, default="")
    is_active = models.BooleanField(_("启用"), default=True)

    objects = AdministratorsQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("订阅（Webhook）")

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One message that leaves the house: retried with growing pauses, then laid on the dead list."""

    class Channel(models.TextChoices):
        SMS = "sms", _("短信")
        EMAIL = "email", _("邮件")
        WEBHOOK = "webhook", _("Webhook")

    class State(models.TextChoices):
        WAITING = "waiting", _("待发送")
        SENT = "sent", _("已发送")
        DEAD = "dead", _("无法送达")

    channel = models.CharField(_("方式"), max_length=10, choices=Channel)
    user = models.ForeignKey(User, models.CASCADE, null=True, blank=True, verbose_name=_("用户"))
    subscription = models.ForeignKey(
        Subscription, models.CASCADE, null=True, blank=True, verbose_name=_("订阅")
    )
    key = models.CharField(max_length=120, unique=True)  # one message of one thing to one target
    payload = models.JSONField(_("内容"))
    created_at = models.DateTimeField(_("生成时间"))
    next_at = models.DateTimeField(_("下次发送"), null=True)
    tries = models.PositiveSmallIntegerField(_("次数"), default=0)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.WAITING)
    last_error = models.CharField(_("最近错误"), max_length=300, blank=True, default="")
    sent_at = models.DateTimeField(_("送达时间"), null=True, blank=True)
    # Sent again on purpose: the delivery of which this is the copy. Receivers are told so.
    replay_of = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="replays",
        verbose_name=_("补发自"),
    )

    objects = AdministratorsQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("外发记录")
        indexes = [
            models.Index(fields=["next_at"], name="delivery_due", condition=Q(state="waiting")),
            models.Index(fields=["-id"], name="delivery_dead", condition=Q(state="dead")),
        ]


class AuditEntry(models.Model):
    """What somebody did beside moving a case: signing in, unmasking, changing a register."""

    at = models.DateTimeField(_("时间"))
    actor = models.ForeignKey(User, models.PROTECT, null=True, verbose_name=_("操作人"))
    action = models.CharField(_("操作"), max_length=60)
    object = models.CharField(_("对象"), max_length=120, blank=True, default="")
    reason = models.CharField(_("理由"), max_length=300, blank=True, default="")
    detail = models.JSONField(_("详情"), default=dict, blank=True)
    address = models.CharField(_("来源地址"), max_length=45, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = _("审计日志")
        indexes = [models.Index(fields=["-at"], name="audit_at")]
