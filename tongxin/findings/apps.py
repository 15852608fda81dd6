from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FindingsConfig(AppConfig):
    name = "tongxin.findings"
    verbose_name = _("问题与整改")

    def ready(self) -> None:
        from tongxin.photos import gates

        from . import flow  # noqa: F401  registers this app's lifecycles
        from .queries.access import reveals_photo, sees_photo

        gates.register("findings", sees_photo, reveals_photo)
