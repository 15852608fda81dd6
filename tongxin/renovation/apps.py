from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RenovationConfig(AppConfig):
    name = "tongxin.renovation"
    verbose_name = _("阵地改造")
