from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    name = "tongxin.portal"
    verbose_name = _("门户")

    def ready(self) -> None:
        offer_subjects()


def offer_subjects() -> None:
    """Offer what neighbours of the books keep as what money may be for (see `funds.gates`)."""
    from django.urls import reverse

    from tongxin.findings.models import Finding
    from tongxin.funds import gates
    from tongxin.places.models import Centre

    gates.offer(
        "centre", _("党群服务中心"), rows=lambda actor: Centre.objects.visible_to(actor).standing(),
        words=("name", "code"), url=lambda one: reverse("places:centre", args=[one.pk]),
        label=lambda one: one.name,
    )  # fmt: skip
    # A finding is named by its number only: what it says is not for every reader of the books.
    gates.offer(
        "finding", _("问题整改"), rows=lambda actor: Finding.objects.visible_to(actor).standing(),
        words=("number", "text"), url=lambda one: reverse("findings:finding", args=[one.pk]),
        label=lambda one: one.number,
    )  # fmt: skip
