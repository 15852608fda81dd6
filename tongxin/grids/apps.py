from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GridsConfig(AppConfig):
    name = "tongxin.grids"
    verbose_name = _("网格与部件")

    def ready(self) -> None:
        from tongxin.photos import gates

        from .queries.access import sees_photo

        gates.register("grids", sees_photo)
