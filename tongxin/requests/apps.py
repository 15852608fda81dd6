from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RequestsConfig(AppConfig):
    name = "tongxin.requests"
    verbose_name = _("点单与心愿")

    def ready(self) -> None:
        from tongxin.cases.routing import know_sources

        from . import flow  # noqa: F401  registers this app's lifecycles
        from .models import Channel

        know_sources(Channel.choices)
