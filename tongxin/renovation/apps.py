from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RenovationConfig(AppConfig):
    name = "tongxin.renovation"
    verbose_name = _("阵地改造")

    def ready(self) -> None:
        from django.urls import reverse

        from tongxin.funds import gates as money
        from tongxin.photos import gates

        from . import flow  # noqa: F401 (registers the lifecycle)
        from .models import SitePlan
        from .queries import sees_photo

        gates.register("renovation", sees_photo)
        money.offer(
            "site_plan", _("阵地改造方案"), words=("site__name",),
            rows=lambda actor: SitePlan.objects.visible_to(actor).select_related("site"),
            url=lambda one: reverse("renovation:site", args=[one.site_id]),
        )  # fmt: skip
