from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LibraryConfig(AppConfig):
    name = "tongxin.library"
    verbose_name = _("案例与学习")

    def ready(self) -> None:
        from tongxin.photos import gates

        from . import flow  # noqa: F401  (registers the way of an exemplar)
        from .queries import sees_photo

        gates.register("library", sees_photo)
