from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LibraryConfig(AppConfig):
    name = "tongxin.library"
    verbose_name = _("案例与学习")
