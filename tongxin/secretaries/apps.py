from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SecretariesConfig(AppConfig):
    name = "tongxin.secretaries"
    verbose_name = _("书记队伍")
