from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AlliancesConfig(AppConfig):
    name = "tongxin.alliances"
    verbose_name = _("党建联盟")

    def ready(self) -> None:
        from . import flow  # noqa: F401 (registers the lifecycles)
