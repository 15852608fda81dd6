from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MobileConfig(AppConfig):
    name = "tongxin.mobile"
    verbose_name = _("外勤手机端")
