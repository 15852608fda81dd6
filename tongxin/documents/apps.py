from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DocumentsConfig(AppConfig):
    name = "tongxin.documents"
    verbose_name = _("公文")

    def ready(self) -> None:
        from . import flow  # noqa: F401  registers this app's lifecycles
