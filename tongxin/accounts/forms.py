from __future__ import annotations

import unicodedata
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from tongxin.kit.errors import Refused
from tongxin.kit.text import clean_text, normal_phone

from . import senders
from .models import Subscription, User
from .queries import sealer

TOKEN_DAYS = (("30", _("30 天")), ("90", _("90 天")), ("365", _("一年")), ("0", _("长期有效")))


class Form(forms.Form):
    use_required_attribute = False  # our own sentences say what is missing, in Chinese

    def take(self, refusal: Refused) -> None:
        """Show a refusal beside the field it is about."""
        field = refusal.field if refusal.field in self.fields else None
        self.add_error(field, str(refusal.message))


class PhoneForm(Form):
    phone = forms.CharField(
        label=_("手机号"),
        max_length=30,
        error_messages={"required": _("请填写手机号")},
        widget=forms.TextInput(
            attrs={"type": "tel", "inputmode": "numeric", "autocomplete": "tel-national"}
        ),
    )

    def clean_phone(self) -> str:
        try:
            return normal_phone(self.cleaned_data["phone"])
        except Refused as refusal:
            raise ValidationError(str(refusal.message)) from refusal


class CodeForm(Form):
    code = forms.CharField(
        label=_("短信里的 6 位数字"),
        max_length=12,
        error_messages={"required": _("请填写短信里的 6 位数字")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )

    def clean_code(self) -> str:
        code = "".join(unicodedata.normalize("NFKC", self.cleaned_data["code"]).split())
        if not (len(code) == 6 and code.isascii() and code.isdigit()):
            raise ValidationError(_("验证码是 6 位数字，请核对短信"))
        return code


class PasswordForm(Form):
    username = forms.CharField(
        label=_("用户名"),
        max_length=60,
        error_messages={"required": _("请填写用户名")},
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    password = forms.CharField(
        label=_("密码"),
        strip=False,
        max_length=200,
        error_messages={"required": _("请填写密码")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class MeForm(Form):
    name = forms.CharField(
        label=_("姓名"), max_length=60, error_messages={"required": _("请填写姓名")}
    )
    email = forms.EmailField(
        label=_("电子邮箱"),
        required=False,
        error_messages={"invalid": _("电子邮箱的样子是 name@example.com，请核对")},
    )
    channels = forms.MultipleChoiceField(
        label=_("除站内消息外，还用什么通知您"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[("sms", _("短信")), ("email", _("邮件"))],
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not settings.EMAIL_HOST:  # nothing would ever arrive
            del self.fields["email"]
            self.fields["channels"].choices = [("sms", _("短信"))]  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        try:
            return clean_text(
                self.cleaned_data["name"], limit=60, field_label=gettext("姓名"), required=True
            )
        except Refused as refusal:
            raise ValidationError(str(refusal.message)) from refusal


class NewPasswordForm(Form):
    old = forms.CharField(
        label=_("现在的密码"),
        strip=False,
        error_messages={"required": _("请填写现在的密码")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label=_("新密码"),
        strip=False,
        max_length=200,
        help_text=_("至少 8 位，不能全是数字，也不要用姓名或常见密码"),
        error_messages={"required": _("请填写新密码")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_new(self) -> str:
        validate_password(self.cleaned_data["new"], self.user)
        return self.cleaned_data["new"]


class TokenForm(Form):
    name = forms.CharField(
        label=_("用途"),
        max_length=60,
        error_messages={"required": _("请填写用途，例如“街道大屏”")},
    )
    days = forms.ChoiceField(label=_("有效期"), choices=TOKEN_DAYS, initial="90")


class UserForm(forms.ModelForm):
    """A user at the administrator's: the phone and the password can be set, never read."""

    phone = forms.CharField(
        label=_("手机号"),
        required=False,
        help_text=_("加密保存；留空不改"),
        widget=UnfoldAdminTextInputWidget,
    )
    new_password = forms.CharField(
        label=_("密码"),
        required=False,
        strip=False,
        help_text=_("留空不改；没有密码的用户只能用手机验证码登录"),
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )

    class Meta:
        model = User
        fields = ["username", "name", "email", "is_active", "is_superuser"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk:  # nobody new has anything to keep
            self.fields["phone"].help_text = _("加密保存；用验证码登录时需要")
            self.fields["new_password"].help_text = _("初始密码；不填则只能用手机验证码登录")

    def clean_phone(self) -> str:
        if not self.cleaned_data["phone"]:
            return ""
        try:
            phone = normal_phone(self.cleaned_data["phone"])
        except Refused as refusal:
            raise ValidationError(str(refusal.message)) from refusal
        taken = User.objects.filter(phone_index=sealer().index(phone))
        if taken.exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("这个手机号已登记在另一个账号上，请核对"))
        return phone

    def clean_new_password(self) -> str:
        if self.cleaned_data["new_password"]:
            validate_password(self.cleaned_data["new_password"], self.instance)
        return self.cleaned_data["new_password"]


class SubscriptionForm(forms.ModelForm):
    secret = forms.CharField(
        label=_("密钥"),
        required=False,
        min_length=16,
        help_text=_("双方约定的签名密钥，至少 16 位；加密保存，留空不改"),
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )

    class Meta:
        model = Subscription
        fields = ["name", "url", "words", "area", "is_active"]
        help_texts = {
            "url": _("以 http:// 或 https:// 开头；事件以签名的 JSON 发到这里"),
            "words": _(
                "流程名或“流程名.动作”，用空格分开，例如 request request.finish；留空为全部"
            ),
            "area": _("只要某个区域的事件时，填它的区域路径；留空为全部"),
        }

    def clean_url(self) -> str:
        if why := senders.refuse_target(self.cleaned_data["url"]):
            raise ValidationError(why)
        return self.cleaned_data["url"]

    def clean_secret(self) -> str:
        if not self.cleaned_data["secret"] and not self.instance.pk:
            raise ValidationError(_("请填写密钥"))
        return self.cleaned_data["secret"]


class ReasonForm(BaseDialogForm):
    reason = forms.CharField(label=_("理由"), max_length=300, widget=UnfoldAdminTextareaWidget)
