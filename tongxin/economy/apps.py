from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EconomyConfig(AppConfig):
    name = "tongxin.economy"
    verbose_name = _("集体经济")

    def ready(self) -> None:
        from tongxin.photos import gates

        from .queries import sees_photo

        gates.register("economy", sees_photo)
