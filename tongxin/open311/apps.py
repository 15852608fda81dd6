from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.utils.translation import gettext_lazy as _


class Open311Config(AppConfig):
    name = "tongxin.open311"
    verbose_name = _("Open311接口")

    def ready(self) -> None:
        checks.register(check_jurisdictions)


def check_jurisdictions(**_kwargs) -> list[checks.CheckMessage]:
    """Say at the start what would otherwise answer every call with a 404."""
    wrong = [
        one
        for one in settings.TONGXIN_OPEN311_JURISDICTIONS
        if not all(part.strip() for part in one.partition("="))
    ]
    hint = 'TONGXIN_OPEN311_JURISDICTIONS is "name=region code, …"; wrong: '
    return [checks.Error(hint + ", ".join(wrong), id="open311.E001")] if wrong else []
