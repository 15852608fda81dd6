from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TextsConfig(AppConfig):
    name = "tongxin.texts"
    verbose_name = _("文本助手")
