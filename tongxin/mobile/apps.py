from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.utils.translation import gettext_lazy as _


class MobileConfig(AppConfig):
    name = "tongxin.mobile"
    verbose_name = _("外勤手机端")

    def ready(self) -> None:
        from tongxin.photos import gates

        from .queries.photos import may_reveal, may_see

        gates.register("mobile", may_see, may_reveal)
        checks.register(check_limits)


def check_limits(**_kwargs) -> list[checks.CheckMessage]:
    """Say at the start what would keep positions longer than people were told, or refuse every photo."""
    found: list[checks.CheckMessage] = []
    if not 1 <= settings.TONGXIN_TRACK_DAYS <= 30:
        found.append(
            checks.Error(
                f"TONGXIN_TRACK_DAYS={settings.TONGXIN_TRACK_DAYS}: the notice promises at most 30 days",
                id="mobile.E001",
            )
        )
    for name in ("TONGXIN_FIELD_DAY_MB", "TONGXIN_FIELD_LEFT_DAYS"):
        if getattr(settings, name) < 1:
            found.append(checks.Error(f"{name} must be at least 1", id="mobile.E002"))
    return found
