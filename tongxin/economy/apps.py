from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EconomyConfig(AppConfig):
    name = "tongxin.economy"
    verbose_name = _("集体经济")

    def ready(self) -> None:
        from django.urls import reverse

        from tongxin.funds import gates as money
        from tongxin.photos import gates

        from .models import VillageProject
        from .queries import sees_photo

        gates.register("economy", sees_photo)
        money.offer(
            "village_project", _("村集体经济项目"), words=("title", "village__name"),
            rows=lambda actor: VillageProject.objects.visible_to(actor).select_related("village"),
            url=lambda one: reverse("economy:project", args=[one.pk]),
            label=lambda one: f"{one.village.name} {one.title}",
        )  # fmt: skip
