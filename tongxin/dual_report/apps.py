from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DualReportConfig(AppConfig):
    name = "tongxin.dual_report"
    verbose_name = _("双报到")
