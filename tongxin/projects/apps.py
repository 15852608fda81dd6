from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProjectsConfig(AppConfig):
    name = "tongxin.projects"
    verbose_name = _("重点任务")

    def ready(self) -> None:
        from django.urls import reverse

        from tongxin.funds import gates

        from . import flow  # noqa: F401 (registers the lifecycles)
        from .models import Task

        gates.offer(
            "key_task", _("重点任务"), rows=Task.objects.visible_to, words=("title",),
            url=lambda one: reverse("projects:task", args=[one.pk]),
        )  # fmt: skip
