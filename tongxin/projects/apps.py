from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProjectsConfig(AppConfig):
    name = "tongxin.projects"
    verbose_name = _("重点任务")

    def ready(self) -> None:
        from . import flow  # noqa: F401 (registers the lifecycles)
