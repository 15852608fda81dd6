from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    name = "tongxin.campaigns"
    verbose_name = _("专项任务")

    def ready(self) -> None:
        from . import flow  # noqa: F401 (registers the lifecycle)
