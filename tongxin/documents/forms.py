"""Forms: beginning a document, writing it, what is said at a step, registers, templates, replies."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kit.errors import Refused
from tongxin.orgs.models import Org
from tongxin.ui.forms import Form, Words

from .actions import SECRECIES, URGENCIES, Upload
from .actions.drafting import BODY_LIMIT, TITLE_LIMIT
from .actions.files import MOST_MEBI, check_size
from .actions.heads import MOST_COPIES
from .models import Document, DocumentKind, DocumentTemplate


class Day(forms.DateField):
    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        wrong = {"invalid": gettext_lazy("请按 2026-03-02 的格式填写日期。")}
        super().__init__(widget=widget, error_messages=wrong, **kwargs)


class ManyFiles(forms.FileInput):
    allow_multiple_selected = True


class Files(forms.Field):
    """Files as `Upload`; whether they may be sent is judged by the action, but size is seen here first."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=ManyFiles(attrs={"multiple": True}), required=False, **kwargs)

    def clean(self, value: Any) -> list[Upload]:
        files = value if isinstance(value, list | tuple) else [value] if value else []
        try:
            for file in files:
                check_size(file.name, file.size)
        except Refused as refusal:
            raise ValidationError(str(refusal.message)) from refusal
        return [Upload(file.name, file.read()) for file in files]


class ManyFilesForm(Form):
    """A form whose "files" come as a list: Django hands a widget the last of them only."""

    def __init__(self, data: Any = None, files: Any = None, **kwargs: Any) -> None:
        if files is not None and "files" in files:
            files = {**files.dict(), "files": files.getlist("files")}
        super().__init__(data, files, **kwargs)


class UnitChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Org) -> str:
        return obj.name


class StartForm(Form):
    """Which kind, in whose name, from which template."""

    kind = forms.ChoiceField(label=gettext_lazy("文种"))
    org = UnitChoice(queryset=Org.objects.none(), label=gettext_lazy("发文机关"), empty_label=None)
    template = forms.ModelChoiceField(
        queryset=DocumentTemplate.objects.none(), label=gettext_lazy("模板"), required=False,
        empty_label=gettext_lazy("系统自带样例"),
        help_text=gettext_lazy("先套用模板的文字，再补充和修改。"),
    )  # fmt: skip
    source = Words(label=gettext_lazy("事由"), limit=120, required=False)

    def __init__(
        self, *args: Any, kinds: list[DocumentKind], units: QuerySet[Org],
        templates: QuerySet[DocumentTemplate], **kwargs: Any
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        working = [(row.code, row.name) for row in kinds if not row.is_statutory]
        official = [(row.code, row.name) for row in kinds if row.is_statutory]
        self.choose_from(kind=[(_("工作文书"), working), (_("法定公文"), official)])
        self.choose_from(org=units)
        self.choose_from(template=templates)


def lines(text: str) -> list[str]:
    return list(
        dict.fromkeys(line.strip(" ，、；;,") for line in text.splitlines() if line.strip())
    )


class WriteForm(ManyFilesForm):
    """The words of a draft. Units stand one on a line; which of them work here is found by name."""

    title = Words(label=gettext_lazy("标题"), limit=TITLE_LIMIT)
    main = Words(
        label=gettext_lazy("主送"), limit=10_000, rows=3, required=False,
        help_text=gettext_lazy("一行一个单位。与组织名册同名的在系统内送达，其他单位打印送达。"),
    )  # fmt: skip
    body = Words(
        label=gettext_lazy("正文"), limit=BODY_LIMIT, rows=20, required=False,
        help_text=gettext_lazy(
            "一行一段。行首写 # 、## 、### 、#### 自动编为一、（一）1.（1）；也可以直接写序号。"
        ),
    )  # fmt: skip
    reply_by = Day(label=gettext_lazy("回复期限"), required=False)
    urgency = forms.ChoiceField(
        label=gettext_lazy("紧急程度"), required=False,
        choices=[(word, word or gettext_lazy("不标注")) for word in URGENCIES],
    )  # fmt: skip
    secrecy = forms.ChoiceField(
        label=gettext_lazy("密级"), required=False,
        choices=[("", gettext_lazy("不涉密")), *((word, word) for word in SECRECIES)],
    )  # fmt: skip
    secrecy_term = Words(
        label=gettext_lazy("保密期限"), limit=6, required=False,
        help_text=gettext_lazy("如 10年、6个月。"),
    )  # fmt: skip
    print_run = forms.IntegerField(
        label=gettext_lazy("印制份数"), required=False, min_value=1, max_value=MOST_COPIES,
        help_text=gettext_lazy("需要标注份号时填写，每份从 000001 起编号。"),
    )  # fmt: skip
    joint = Words(
        label=gettext_lazy("联合行文单位"), limit=2_000, rows=2, required=False,
        help_text=gettext_lazy("与本单位一同发文的同级单位，一行一个；由其负责人会签，本单位排第一。"),
    )  # fmt: skip
    copies = Words(label=gettext_lazy("抄送"), limit=10_000, rows=2, required=False)
    countersigns = Words(
        label=gettext_lazy("会签单位"), limit=4_000, rows=2, required=False,
        help_text=gettext_lazy("签发前要征求意见的单位，一行一个。"),
    )  # fmt: skip
    head_org = Words(
        label=gettext_lazy("发文机关标志"), limit=60, required=False,
        help_text=gettext_lazy("红头上的字，留空按文种自动生成。"),
    )  # fmt: skip
    contact = Words(label=gettext_lazy("联系人及电话"), limit=80, required=False)
    note = Words(label=gettext_lazy("附注"), limit=100, required=False)
    files = Files(  # type: ignore[assignment]
        label=gettext_lazy("添加附件"),
        help_text=gettext_lazy("每个最大 %d MB，最多 20 个；不能带宏。") % MOST_MEBI,
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not settings.TONGXIN_SECRET_PAPERS:  # not asked where it would be refused
            del self.fields["secrecy"], self.fields["secrecy_term"]


class SayForm(Form):
    """What is said with a step."""

    note = Words(label=gettext_lazy("意见"), limit=500, rows=3, required=False)


class IssueForm(Form):
    serial = forms.IntegerField(
        label=gettext_lazy("指定序号"), min_value=1, max_value=99_999, required=False,
        help_text=gettext_lazy("留空取下一个号。"),
    )  # fmt: skip


class ReplyForm(ManyFilesForm):
    """What a unit answers."""

    text = Words(label=gettext_lazy("回复内容"), limit=10_000, rows=8, required=False)
    document = forms.ModelChoiceField(
        queryset=Document.objects.none(), label=gettext_lazy("以复函回复"), required=False,
        empty_label=gettext_lazy("不用复函"),
        help_text=gettext_lazy("可选本单位已经印发的公文。"),
    )  # fmt: skip
    files = Files(label=gettext_lazy("附件"))  # type: ignore[assignment]

    def __init__(self, *args: Any, documents: QuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if documents.exists():
            self.choose_from(document=documents)
        else:
            del self.fields["document"]


class JudgeForm(Form):
    verdict = forms.ChoiceField(
        label=gettext_lazy("认定"), widget=forms.RadioSelect,
        choices=[("accepted", gettext_lazy("符合要求")), ("returned", gettext_lazy("退回补充"))],
    )  # fmt: skip
    note = Words(
        label=gettext_lazy("认定意见"), limit=500, rows=3, required=False,
        help_text=gettext_lazy("退回补充时写明缺什么。"),
    )  # fmt: skip
    reply_by = Day(
        label=gettext_lazy("新的回复期限"), required=False,
        help_text=gettext_lazy("退回补充时填写。"),
    )  # fmt: skip


class ExtendForm(Form):
    reply_by = Day(label=gettext_lazy("新的回复期限"))


class RegisterForm(Form):
    org = UnitChoice(queryset=Org.objects.none(), label=gettext_lazy("发文机关"), empty_label=None)
    prefix = Words(  # type: ignore[assignment]
        label=gettext_lazy("发文机关代字"), limit=20,
        help_text=gettext_lazy("如“津滨纪监”，发文字号会是“津滨纪监〔2026〕3号”。"),
    )  # fmt: skip
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("编号的文种"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("不选表示没有单独登记簿的文种都在这里编号。"),
    )  # fmt: skip
    last = forms.IntegerField(
        label=gettext_lazy("今年纸质登记已用到"), min_value=0, max_value=99_999, initial=0,
        help_text=gettext_lazy("系统从下一个号接着编。"),
    )  # fmt: skip

    def __init__(self, *args: Any, units: QuerySet[Org], kinds: list[DocumentKind], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.choose_from(org=units)
        self.choose_from(kinds=[(row.code, row.name) for row in kinds])


class ArchiveForm(Form):
    box = Words(
        label=gettext_lazy("档号"), limit=60, required=False,
        help_text=gettext_lazy("如“2025-WS-D10-3”，可留空。"),
    )  # fmt: skip
    term = forms.ChoiceField(
        label=gettext_lazy("保管期限"), required=False,
        choices=[
            ("", gettext_lazy("按文种")), ("0", gettext_lazy("永久")), ("30", gettext_lazy("30 年")),
            ("10", gettext_lazy("10 年")),
        ],
    )  # fmt: skip

    def years(self) -> int | None:
        """Return the term in years (0: for ever), None: as the kind of each paper says."""
        return int(self.cleaned_data["term"]) if self.cleaned_data["term"] else None


class ExpiredForm(Form):
    """What becomes of a paper whose time is over."""

    decision = forms.ChoiceField(
        label=gettext_lazy("决定"), widget=forms.RadioSelect,
        choices=[
            ("extended", gettext_lazy("延长保管")), ("kept", gettext_lazy("转为永久保管")),
            ("destroy", gettext_lazy("批准销毁")),
        ],
    )  # fmt: skip
    years = forms.ChoiceField(
        label=gettext_lazy("延长年限"), required=False,
        choices=[("", gettext_lazy("不延长")), ("10", gettext_lazy("10 年")),
                 ("20", gettext_lazy("20 年")), ("30", gettext_lazy("30 年"))],
    )  # fmt: skip
    reason = Words(
        label=gettext_lazy("理由"), limit=300, rows=3,
        help_text=gettext_lazy("写明鉴定意见，决定和理由都记入审计。"),
    )  # fmt: skip


class DestroyedForm(Form):
    """That people destroyed a paper as approved."""

    on = Day(label=gettext_lazy("销毁日期"))
    witnesses = Words(
        label=gettext_lazy("监销人"), limit=60,
        help_text=gettext_lazy("至少两人，姓名之间用“、”分开；批准人不能监销。"),
    )  # fmt: skip


class VoidNumberForm(Form):
    serial = forms.IntegerField(
        label=gettext_lazy("序号"), min_value=1, max_value=99_999, required=False,
        help_text=gettext_lazy("留空作废下一个号，如纸质公文已占用的号。"),
    )  # fmt: skip
    reason = Words(label=gettext_lazy("作废原因"), limit=200)


class TemplateForm(Form):
    """A template written in Word."""

    org = UnitChoice(queryset=Org.objects.none(), label=gettext_lazy("使用单位"), empty_label=None)
    kind = forms.ChoiceField(label=gettext_lazy("文种"))
    name = Words(label=gettext_lazy("模板名称"), limit=60)
    file = forms.FileField(
        label=gettext_lazy("Word 文件"), allow_empty_file=False,
        help_text=gettext_lazy("docx，第一段是标题，其余是正文；要填的地方写成 {{问题清单}}。"),
        error_messages={"required": gettext_lazy("请选择 Word 文件。")},
    )  # fmt: skip

    def __init__(self, *args: Any, units: QuerySet[Org], kinds: list[DocumentKind], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.choose_from(org=units)
        self.choose_from(kind=[(row.code, row.name) for row in kinds])
