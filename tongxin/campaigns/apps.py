from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    name = "tongxin.campaigns"
    verbose_name = _("专项任务")

    def ready(self) -> None:
        from tongxin.fieldwork.queries import guard_plans

        from . import flow  # noqa: F401 (registers the lifecycle)
        from .actions import count_visits
        from .queries import leave_of_plan

        guard_plans(judge=leave_of_plan, count=count_visits, page="campaigns:plan")
