from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConferencesConfig(AppConfig):
    name = "tongxin.conferences"
    verbose_name = _("联席会议")

    def ready(self) -> None:
        from . import flow  # noqa: F401 (registers the lifecycles)
