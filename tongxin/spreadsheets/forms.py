"""What is asked on the way of an import: the file, its page and header, the columns."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tongxin.ui.forms import Form, ReasonForm, Words

from .declaring import Sheet

__all__ = ["ExportForm", "MappingForm", "PageForm", "ReasonForm", "UploadForm"]


class UploadForm(Form):
    file = forms.FileField(
        label=_("表格文件"),
        help_text=_("XLSX 或 CSV，最大 50 MB、20 万行。可以用自己的表，列名不同下一步再对应。"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
        error_messages={"required": _("请选择文件。"), "empty": _("这个文件是空的，请重新选择。")},
        allow_empty_file=False,
    )


class PageForm(Form):
    """Which page of the file, and on which line its columns are named."""

    page = forms.ChoiceField(label=_("工作表"))
    header_line = forms.IntegerField(
        label=_("列名所在行"), required=False, min_value=1, max_value=200,
        help_text=_("自动认出的不对时才要改。"),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, pages: list[str], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.choose_from(page=[(page, page) for page in pages])


class MappingForm(Form):
    """One choice for each column of the register: which column of the file it is."""

    def __init__(self, data: Any = None, *, sheet: Sheet, header: list[str], mapping: dict[str, int]) -> None:  # fmt: skip
        super().__init__(data)
        places: list[tuple[str, Any]] = [("", _("（不导入）"))]
        places += [(str(n), label or f"第 {n + 1} 列") for n, label in enumerate(header)]
        for column in sheet.columns:
            self.fields[f"c_{column.name}"] = forms.ChoiceField(
                label=column.label,
                choices=places,
                required=False,
                initial=str(mapping.get(column.name, "")),
                widget=forms.Select(attrs={"class": "form-select"}),
            )
        self.fields["hidden_too"] = forms.BooleanField(
            label=_("隐藏的行和列也导入"), required=False
        )

    def mapping(self) -> dict[str, int]:
        """Return the place of each column that was chosen."""
        chosen = self.cleaned_data
        return {
            name.removeprefix("c_"): int(place)
            for name, place in chosen.items()
            if name.startswith("c_") and place != ""
        }


class ExportForm(Form):
    """Why the numbers are wanted whole."""

    reason = Words(
        label=_("导出理由"),
        limit=300,
        help_text=_("完整的身份证号、手机号只在有理由时导出；理由至少 4 个字，会记入审计日志。"),
    )
