"""Forms whose sentences are the house's own: texts are judged by `kit`, refusals stand beside fields."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kit.errors import Refused
from tongxin.kit.images import MEBI
from tongxin.kit.text import clean_text, normal_phone

PHOTO_MEBI = 15


class Form(forms.Form):
    use_required_attribute = False  # our own sentences say what is missing

    def take(self, refusal: Refused) -> None:
        """Show a refusal beside the field it is about."""
        field = refusal.field if refusal.field in self.fields else None
        self.add_error(field, str(refusal.message))

    def choose_from(self, **given: Any) -> None:
        """Give fields what may be chosen: rows of a model, or pairs of a value and its words."""
        for name, what in given.items():
            field: Any = self.fields[name]
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = what
            else:
                field.choices = what


class Day(forms.DateField):
    """A day, picked in the browser's own calendar."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class Yuan(forms.DecimalField):
    """An amount of money as people write it, to the fen: see `fen_of`."""

    widget = forms.NumberInput(attrs={"inputmode": "decimal", "step": "0.01", "min": "0"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=13, decimal_places=2, **kwargs)


def fen_of(yuan: Decimal | None) -> int:
    """Return whole fen of an amount in yuan; 0 of none."""
    return int((yuan * 100).to_integral_value()) if yuan is not None else 0


class Words(forms.Field):
    """A text from people, in one line or (`rows` > 1) in several, judged by `kit.text`."""

    max_length = (
        None  # the sentence of `kit.text` is better than a browser that stops taking letters
    )

    def __init__(self, *, limit: int, rows: int = 1, **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={"rows": rows}) if rows > 1 else forms.TextInput()
        super().__init__(widget=kwargs.pop("widget", widget), **kwargs)
        self.limit, self.rows = limit, rows

    def clean(self, value: Any) -> str:
        try:
            return clean_text(
                value,
                limit=self.limit,
                field_label=str(self.label),
                required=self.required,
                multiline=self.rows > 1,
            )
        except Refused as refusal:
            raise ValidationError(str(refusal.message)) from refusal


class Phone(forms.Field):
    """A mobile number, however it was typed; "" if it may be left out."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel"}), **kwargs
        )

    def clean(self, value: Any) -> str:
        if not value and not self.required:
            return ""
        try:
            return normal_phone(value or "")
        except Refused as refusal:
            raise ValidationError(str(refusal.message)) from refusal


class ManyPhotos(forms.FileInput):
    allow_multiple_selected = True


class Photos(forms.Field):
    """Photos as bytes, at most `most` of them; whether they are pictures is judged where they are kept."""

    def __init__(self, *, most: int, **kwargs: Any) -> None:
        self.most = most
        attrs = {"accept": "image/*", "data-photos": True, "data-max": most}
        attrs |= {"data-max-mb": PHOTO_MEBI} | ({"multiple": True} if most > 1 else {})
        super().__init__(widget=ManyPhotos(attrs=attrs), **kwargs)

    def clean(self, value: Any) -> list[bytes]:
        files = value if isinstance(value, list | tuple) else [value] if value else []
        if len(files) > self.most:
            raise ValidationError(_("最多上传 %d 张照片。") % self.most)
        if self.required and not files:
            raise ValidationError(_("请拍照或选择照片：%s。") % self.label)
        for file in files:
            if file.size > PHOTO_MEBI * MEBI:
                raise ValidationError(
                    _("照片“%(name)s”有 %(size).0f MB，最大 %(most)d MB，请换一张。")
                    % {"name": file.name, "size": file.size / MEBI, "most": PHOTO_MEBI}
                )
        return [file.read() for file in files]


class ReasonForm(Form):
    """Why somebody wants to see what is sealed; kept in the log of audits."""

    reason = Words(
        label=gettext_lazy("查看理由"),
        limit=300,
        help_text=gettext_lazy("至少 4 个字，会记入审计日志。"),
    )
