from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TakingPartConfig(AppConfig):
    name = "tongxin.taking_part"
    verbose_name = _("居民议事")

    def ready(self) -> None:
        from . import flow  # noqa: F401 (registers the lifecycle)
