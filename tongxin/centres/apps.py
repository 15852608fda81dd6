from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CentresConfig(AppConfig):
    name = "tongxin.centres"
    verbose_name = _("党群服务中心")
