from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FieldworkConfig(AppConfig):
    name = "tongxin.fieldwork"
    verbose_name = _("巡查走访")

    def ready(self) -> None:
        from tongxin.photos import gates

        from .gates import may_reveal, may_see

        gates.register("fieldwork", may_see, may_reveal)
