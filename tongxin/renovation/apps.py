from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RenovationConfig(AppConfig):
    name = "tongxin.renovation"
    verbose_name = _("阵地改造")

    def ready(self) -> None:
        from tongxin.photos import gates

        from . import flow  # noqa: F401 (registers the lifecycle)
        from .queries import sees_photo

        gates.register("renovation", sees_photo)
