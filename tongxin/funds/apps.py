from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FundsConfig(AppConfig):
    name = "tongxin.funds"
    verbose_name = _("资金")

    def ready(self) -> None:
        from tongxin.photos import gates

        from .queries import sees_photo

        gates.register("funds", sees_photo)
