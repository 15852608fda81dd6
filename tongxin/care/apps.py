from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CareConfig(AppConfig):
    name = "tongxin.care"
    verbose_name = _("关爱帮扶")

    def ready(self) -> None:
        from tongxin.photos import gates

        from .queries.photos import may_see_photo

        gates.register("care", may_see_photo)
