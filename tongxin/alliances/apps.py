from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AlliancesConfig(AppConfig):
    name = "tongxin.alliances"
    verbose_name = _("党建联盟")
