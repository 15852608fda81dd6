from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SearchingConfig(AppConfig):
    name = "tongxin.searching"
    verbose_name = _("全文检索")
