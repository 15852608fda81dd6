from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DispatchingConfig(AppConfig):
    name = "tongxin.dispatching"
    verbose_name = _("派单推荐")
