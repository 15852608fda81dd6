"""Templates written in Word: read, checked, kept in versions; and the samples to begin from.

The file gives the words, the paper its layout: whatever the office does in Word, what is issued has
the measures of GB/T 9704-2012. So the words are read with python-docx and no template language runs
on the server: nothing in the file is executed.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from io import BytesIO
from zipfile import BadZipFile

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.kit.errors import Invalid, NotPermitted
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org
from tongxin.ui.word import BODY, SIZE_3, TITLE, line, set_page

from ..filling import all_fields, check_places, sample_text
from ..markup import label_of
from ..models import DocumentTemplate
from ..queries import writes_for
from .drafting import BODY_LIMIT, TITLE_LIMIT
from .files import MEBI, MacroFile, has_macros
from .kinds import kind_of

MOST_MEBI = 5
STYLES = {"heading 1": "# ", "heading 2": "## ", "heading 3": "### ", "heading 4": "#### "}


class NotAWordFile(Invalid):
    """What was handed in is no .docx that can be read."""


def read_template(name: str, data: bytes) -> tuple[str, str]:
    """Return title and body of a template file; its places are checked.

    :raises NotAWordFile: for anything but a .docx
    :raises MacroFile: for one with macros
    :raises UnknownField, BrokenField: naming the place nothing can fill
    """
    from docx import Document as WordFile

    if len(data) > MOST_MEBI * MEBI:
        raise NotAWordFile(_("模板最大 %d MB。") % MOST_MEBI, field="file")
    if name.lower().endswith((".docm", ".dotm")) or has_macros(data):
        raise MacroFile(
            _("“%s”带有宏，不能作为模板，请另存为不带宏的 docx。") % name[:80], field="file"
        )
    if not name.lower().endswith(".docx") or not data.startswith(b"PK"):
        raise NotAWordFile(_("模板应是 Word 的 docx 文件，请另存为 docx 后上传。"), field="file")
    try:
        paragraphs = WordFile(BytesIO(data)).paragraphs
    except (BadZipFile, KeyError, ValueError):
        raise NotAWordFile(_("“%s”打不开，文件可能已损坏。") % name[:80], field="file") from None
    found = [
        STYLES.get(str(row.style.name).lower() if row.style else "", "") + row.text.strip()
        for row in paragraphs
        if row.text.strip()
    ]
    if len(found) < 2:
        raise NotAWordFile(_("模板里没有正文：第一段是标题，从第二段起是正文。"), field="file")
    title, body = found[0].lstrip("# "), "\n".join(found[1:])
    check_places(f"{title}\n{body}")
    title = clean_text(title, limit=TITLE_LIMIT, field_label=_("标题"))
    return title, clean_text(body, limit=BODY_LIMIT, field_label=_("正文"), multiline=True)


@transaction.atomic
def save_template(
    *, org: Org, kind: str, name: str, file_name: str, data: bytes, by, at: datetime
) -> DocumentTemplate:
    """Keep a template; under a name there already is, as its next version.

    :raises NotPermitted: for who has no post at the unit's desk
    """
    if not writes_for(by, org):
        raise NotPermitted(_("您在“%s”没有办文的岗位。") % org.name)
    row = kind_of(kind, at=at)
    name = clean_text(name, limit=60, field_label=_("模板名称"), required=True)
    title, body = read_template(file_name, data)
    same = DocumentTemplate.objects.select_for_update().filter(
        org=org, kind_code=row.code, name=name
    )
    last = max([one.version for one in same], default=0)
    same.update(is_active=False)
    made = DocumentTemplate(
        org=org, kind_code=row.code, name=name, version=last + 1, title=title, body=body, at=at,
        by=by, sha256=hashlib.sha256(data).hexdigest(),
    )  # fmt: skip
    made.file.save("template.docx", ContentFile(data), save=False)
    made.save()
    return made


@transaction.atomic
def retire_template(template: DocumentTemplate, *, by, at: datetime) -> None:
    """Take a template out of use; what was drafted from it stays."""
    if template.org is None or not writes_for(by, template.org):
        raise NotPermitted(_("只能停用本单位的模板。"))
    template.is_active = False
    template.save(update_fields=["is_active"])


def sample_template(kind: str) -> bytes:
    """Return the sample of a kind as a Word file, to be changed and handed in as one's own."""
    from docx import Document as WordFile

    title, body = sample_text(kind)
    document = WordFile()
    set_page(document)
    line(document, title, TITLE, SIZE_3)
    counts = [0, 0, 0, 0]
    for text in filter(None, body.split("\n")):
        level = len(text) - len(text.lstrip("#"))
        if level:
            counts[level - 1] += 1
            text = label_of(level, counts[level - 1]) + text.lstrip("# ")  # noqa: PLW2901
        line(document, text, BODY, SIZE_3)
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def fields_help() -> list[tuple[str, str]]:
    return [(f"{{{{{row.name}}}}}", row.meaning) for row in all_fields()]
