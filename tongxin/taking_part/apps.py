from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TakingPartConfig(AppConfig):
    name = "tongxin.taking_part"
    verbose_name = _("居民议事")
