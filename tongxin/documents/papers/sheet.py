"""What stands on the paper, as plain words in the order of GB/T 9704-2012, chapter 7."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from ..filling import chinese_date
from ..markup import Block, blocks
from ..models import Document

SEALS = 3  # at most so many a row, of 52 mm each (GB/T 9704-2012, 7.3.5.1)
# Characters of 2号 on a line of 156 mm, and of 3号 (5.2.3): 28.
TITLE_LINE, BODY_LINE = 20, 28
DIALOGUE = ("出席", "列席", "请假")


@dataclass(frozen=True)
class Sheet:
    """The words of a document. `layout` is paper, letter or minutes."""

    layout: str
    head: str  # 发文机关标志
    number: str  # 发文字号
    title: list[str]  # in lines whose breaks keep words whole
    recipients: str
    body: list[Block]
    attachments: list[str]
    org: str  # 署名
    date: str  # 成文日期
    copy: str = ""  # 份号, six digits
    secrecy: str = ""  # 密级★保密期限
    urgency: str = ""
    signers: list[str] = field(default_factory=list)  # 上行文 only, in the order of the units
    orgs: list[str] = field(default_factory=list)  # all units of a joint paper, the main one first
    heads: list[str] = field(default_factory=list)  # their names in the red head; [] : `head` alone
    note: str = ""  # 附注
    copies: str = ""  # 抄送
    printer: str = ""  # 印发机关
    printed: str = ""  # 印发日期
    people: list[tuple[str, str]] = field(default_factory=list)  # 出席 and so on, of minutes
    is_draft: bool = False


def sheet_of(
    document: Document,
    *,
    on: date | None = None,
    main: list[str] | None = None,
    copies: list[str] | None = None,
    joint: list[str] | None = None,
    copy: int = 1,
) -> Sheet:
    """Return the sheet of a document; `on` is the day a draft is previewed with.

    `main` and `copies` are the names of those it goes to, `joint` of those that issue it too, where
    they are not saved yet. `copy` is the number of the copy (份号), where copies are numbered.
    """
    if main is None or copies is None:
        rows = list(document.recipients.order_by("order"))
        main = [row.name for row in rows if row.part == "main"]
        copies = [row.name for row in rows if row.part == "copy"]
    beside = _joint(document) if joint is None else [(name, "") for name in joint]
    day = document.issued_on or on
    kind, org = document.kind, document.org.name
    orgs = [org, *(name for name, _signer in beside)] if beside else []
    body = blocks(document.body)
    body, people = _parted(body) if kind.layout == "minutes" else (body, [])
    files = document.files.filter(slot="attachment", reply=None).order_by("order")
    return Sheet(
        layout=kind.layout,
        head=document.head_org or head_for(org, kind.layout, document.title),
        number=_number_of(document, on),
        title=broken(document.title),
        recipients="、".join(main),
        body=body,
        attachments=[_bare(name) for name in files.values_list("name", flat=True)],
        org=org,
        date=chinese_date(day) if day else "",
        copy=f"{copy:06d}" if document.print_run else "",
        secrecy=document.secrecy_mark,
        urgency=document.urgency,
        signers=_signers(document, beside) if kind.is_upward else [],
        orgs=orgs,
        # Of several names in the head, or the main one's alone, both are allowed (article 9 (4)).
        heads=[] if document.head_org or kind.layout != "paper" else orgs,
        note="，".join(
            filter(None, [document.note, document.contact and f"联系人：{document.contact}"])
        ),  # fmt: skip
        copies="，".join(copies),
        printer=org,
        printed=chinese_date(day) if day else "",
        people=people,
        is_draft=not document.is_issued,
    )


def _joint(document: Document) -> list[tuple[str, str]]:
    """Return the units that issue it too, each with who signed for it ("" while nobody has)."""
    names = document.joint_units().values_list("org__name", "agreed_by__name")
    return [(name, signer or "") for name, signer in names]


def _signers(document: Document, beside: list[tuple[str, str]]) -> list[str]:
    """Return who signed, the main unit's first; a space where nobody has yet."""
    own = document.signer.name if document.signer else ""
    return [name or "　" for name in (own, *(signer for _unit, signer in beside))]


def head_for(org: str, layout: str, title: str) -> str:
    """Return the red head: the name, with 文件 for papers (7.2.4); minutes are headed by themselves."""
    if layout == "paper":
        return f"{org}文件"
    if layout == "minutes":
        return title if title.endswith("纪要") and len(title) <= TITLE_LINE else f"{org}会议纪要"
    return org


def _number_of(document: Document, on: date | None) -> str:
    if document.number:
        return str(document.number)
    return f"〔{on.year}〕　号" if on else ""


def _bare(name: str) -> str:
    """Return the name of an attachment as the paper says it: no suffix, no stop behind (7.3.4)."""
    stem = name.rpartition(".")[0] or name
    return stem.rstrip("。；，、")


def rows_of(orgs: list[str]) -> list[list[str]]:
    """Return the signatures of a joint paper in rows that are read from left to right.

    A row has as many as fit side by side; the last is filled up in front, so that the last unit
    stands at the right, over the date.
    """
    longest = max(map(len, orgs))
    across = next((n for n in (SEALS, 2) if longest <= BODY_LINE // n), 1)
    across = min(across, len(orgs))
    rows = [orgs[n : n + across] for n in range(0, len(orgs), across)]
    rows[-1] = [""] * (across - len(rows[-1])) + rows[-1]
    return rows


def _parted(body: list[Block]) -> tuple[list[Block], list[tuple[str, str]]]:
    """Take who attended out of the body of minutes: it stands behind, its label in 黑体 (10.3)."""
    people, rest = [], []
    for block in body:
        label, colon, names = block.words.partition("：")
        if block.kind == "text" and colon and label in DIALOGUE:
            people.append((label, names))
        else:
            rest.append(block)
    return rest, people


def broken(title: str, width: int = TITLE_LINE) -> list[str]:
    """Return a title in lines that keep words whole and are of like length (7.3.1)."""
    if "\n" in title or len(title) <= width:
        return [line for line in title.split("\n") if line]
    import rjieba  # a dictionary of 5 MB: only where a long title is set

    words = _stuck([word for word in rjieba.cut(title) if word])
    count = -(-len(title) // width)
    lines, rest = [], words
    while rest and count > 1:
        aim = sum(map(len, rest)) / count
        n = min(
            range(1, len(rest) + 1),
            key=lambda n: (sum(map(len, rest[:n])) > width, abs(sum(map(len, rest[:n])) - aim)),
        )
        lines.append("".join(rest[:n]))
        rest, count = rest[n:], count - 1
    return [*lines, *filter(None, ["".join(rest)])]


def _stuck(words: list[str]) -> list[str]:
    """Join what must not part: a closing mark or 的 ends a line, an opening one begins none alone."""
    found: list[str] = []
    for word in words:
        if found and (word[0] in "，、。》）」”：；的" or found[-1][-1] in "《（「“"):
            found[-1] += word
        else:
            found.append(word)
    return found
