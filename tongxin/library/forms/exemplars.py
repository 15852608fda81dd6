"""What an author, a reviewer and a signer fill in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.ui.forms import Form, Photos, Words

from ..actions.exemplars import MOST_PHOTOS, MOST_TEXT
from ..models import ExemplarKind
from .common import FILE_HELP, Key, Lines, OneFile

PREFIX = "s-"


class ExemplarForm(Form):
    """The text of an exemplar, with a field for each section of its kind."""

    title = Words(label=_("标题"), limit=80)
    summary = Words(
        label=_("摘要"), limit=300, rows=2, required=False,
        help_text=_("一两句话说清楚做了什么、有什么效果，列表里显示。"),
    )  # fmt: skip
    authors = Words(label=_("作者"), limit=100, required=False)
    tags = Lines(label=_("标签"), limit=120, required=False, help_text=_("用顿号隔开，最多 8 个。"))
    photos = Photos(label=_("照片"), most=6, required=False)
    file = OneFile(label=_("附件"), required=False, help_text=FILE_HELP)
    key = Key()

    def __init__(self, *args: Any, kind: ExemplarKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.fields["photos"].help_text = _("整个案例最多 %d 张。") % MOST_PHOTOS
        for section in kind.sections:
            self.fields[PREFIX + section["code"]] = Words(
                label=section["title"], limit=MOST_TEXT, rows=6, required=False,
                help_text=section.get("hint", ""),
            )  # fmt: skip

    @property
    def sections(self) -> list[Any]:
        return [self[PREFIX + section["code"]] for section in self.kind.sections]

    @property
    def given(self) -> dict[str, Any]:
        """Return what `actions.write_exemplar` and `change_exemplar` take of the text."""
        data = self.cleaned_data
        names = ("title", "summary", "authors", "tags")
        texts = {one["code"]: data[PREFIX + one["code"]] for one in self.kind.sections}
        return {name: data[name] for name in names} | {"texts": texts}


class NewExemplarForm(ExemplarForm):
    org = forms.ModelChoiceField(label=_("报送单位"), queryset=Org.objects.none(), empty_label=None)
    desk = forms.ModelChoiceField(
        label=_("报送给"), queryset=Org.objects.none(), empty_label=None,
        help_text=_("由该单位审核、签发后发布。"),
    )  # fmt: skip

    def __init__(self, *args: Any, orgs: Any, desks: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(org=orgs)
        self.choose_from(desk=desks)


class CommentForm(Form):
    section = forms.ChoiceField(label=_("对哪一部分"), required=False)
    note = Words(label=_("意见"), limit=500, rows=4)

    def __init__(self, *args: Any, kind: ExemplarKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("全文")), *((s["code"], s["title"]) for s in kind.sections)]
        self.choose_from(section=choices)


class PublishForm(Form):
    consent = Words(
        label=_("同意公开的情况"), limit=500, rows=3, required=False,
        help_text=_("文中写到真名、电话等，本人书面同意公开的，写明谁、何时同意。没有的留空。"),
    )  # fmt: skip
