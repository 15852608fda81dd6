from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PlacesConfig(AppConfig):
    name = "tongxin.places"
    verbose_name = _("阵地")

    def ready(self) -> None:
        from tongxin.photos import gates

        from .queries import sees_photo

        gates.register("places", sees_photo)
