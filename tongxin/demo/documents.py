"""The demo's official papers: a letter of advice that is answered, one overdue, a bulletin, minutes,
a plan that waits for its signature, a draft. Everything goes through the actions, by three people
of the district committee: who drafts, who checks, who signs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.utils.timezone import localdate

from tongxin.accounts.models import User
from tongxin.documents import actions
from tongxin.documents.models import Document
from tongxin.orgs.models import Org, Post
from tongxin.regions.models import Region

from .replay import told

PREFIX = "津滨党"
FINDINGS = (
    "党费收缴公示不及时。两个党支部连续两个季度没有在党务公开栏公示党费收缴情况。",
    "“三会一课”记录不完整。三次支部委员会会议缺少签到表，一次没有记录表决情况。",
    "便民事项公开不到位。服务大厅的办事指南仍是去年的版本，两项事项的材料清单已经变化。",
)
REQUIREMENTS = (
    "立即补齐。对照清单逐项补齐公示和记录，能当天完成的当天完成。",
    "建章立制。明确专人负责，每季度末自查一次，自查情况记入台账。",
    "举一反三。对所属单位同类问题开展排查，一并整改。",
)


@dataclass(frozen=True)
class Cast:
    """The unit that writes, and who drafts, checks and signs for it."""

    org: Org
    drafter: User
    checker: User
    leader: User

    def go_on(self, row: Document, *, at: datetime, to: str = "issue") -> Document:
        """Take a draft on, an hour a step, up to the step named."""
        steps: tuple[tuple[str, Callable[..., Document], User], ...] = (
            ("submit", actions.submit, self.drafter),
            ("review", actions.review, self.checker),
            ("sign", actions.sign, self.leader),
            ("issue", actions.issue, self.drafter),
        )
        for n, (name, act, by) in enumerate(steps, start=1):
            row = told(act, row, by=by, at=at + timedelta(hours=n))
            if name == to:
                break
        return row


def make_documents(district: Region, dice: Random, *, at: datetime) -> int:
    """Make the papers; return how many were issued. Nothing where the district has no such three."""
    cast = _cast(district)
    readers = _readers(district)
    if cast is None or len(readers) < 2:
        return 0
    actions.load_kinds(at=at)
    actions.open_register(org=cast.org, prefix=PREFIX, by=cast.drafter, at=at - timedelta(days=60))
    first, second = dice.sample(readers, 2)
    _answered(cast, first, at - timedelta(days=34))
    _overdue(cast, first, second, at - timedelta(days=21))
    _bulletin(cast, readers[:4], at - timedelta(days=16))
    actions.void_number(
        actions.register_for(cast.org, "notice"), reason="纸质通知已占用此号", by=cast.drafter,
        at=at - timedelta(days=12),
    )  # fmt: skip
    _minutes(cast, at - timedelta(days=9))
    _under_way(cast, first, second, at)
    _last_year(cast, first, at)
    return Document.objects.filter(org=cast.org, issued_at__isnull=False).count()


def _cast(district: Region) -> Cast | None:
    """Return the people of the district committee, if each of the three posts is held there."""
    posts = Post.objects.filter(org__region=district, org__kind=Org.Kind.PARTY).order_by("pk")
    held: dict[int, dict[str, User]] = {}
    for post in posts.select_related("user", "org"):
        held.setdefault(post.org_id, {}).setdefault(post.role, post.user)
    wanted = ("inspector", "organiser", "leader")
    found = next(
        (org for org, roles in held.items() if all(name in roles for name in wanted)), None
    )
    if found is None:
        return None
    return Cast(Org.objects.get(pk=found), *(held[found][name] for name in wanted))


def _readers(district: Region) -> list[Org]:
    """Return the departments of the district at whose desk somebody sits."""
    rows = Org.objects.filter(region=district, kind=Org.Kind.DEPARTMENT, posts__role="handler")
    return list(rows.distinct().order_by("pk"))


def _draft(cast: Cast, kind: str, to: list[Any], at: datetime, **more: Any) -> Document:
    context = {
        "source": "基层党建和便民服务专项检查", "basis": "《滨海新区基层监督工作方案（样例）》",
        "period": "上月", "scope": "部分区级部门和街道", "findings": FINDINGS,
        "requirements": REQUIREMENTS,
        "facts": "检查组查阅台账 126 份，走访党员群众 58 人，总体情况较好，也发现了一些需要改进的问题。",
        "good": ["北塘街道把办事指南做成图解贴在楼门口。居民看得懂、带得走。"],
    }  # fmt: skip
    given: dict[str, Any] = {
        "org": cast.org,
        "recipients": to,
        "context": context,
        "by": cast.drafter,
        "at": at,
    }
    return told(actions.draft, kind=kind, **given | more)


def _answered(cast: Cast, to: Org, at: datetime) -> None:
    """A letter of advice whose reply came back once, and then sufficed."""
    due = localdate(at) + timedelta(days=20)
    row = cast.go_on(_draft(cast, "advice_letter", [to], at, reply_by=due), at=at)
    owed, by = row.recipients.get(org=to), _handler(to)
    day = timedelta(days=1)
    told(actions.receive, owed, by=by, at=at + day)
    first = told(actions.reply, owed, text="已布置整改，正在推进。", by=by, at=at + 8 * day)
    told(
        actions.judge,
        first, accepted=False, note="没有说明每个问题的整改结果和责任人，请逐项写明。",
        reply_by=due + timedelta(days=5), by=cast.checker, at=at + 9 * day,
    )  # fmt: skip
    text = (
        "三个问题均已整改：公示已补齐，责任人为办公室主任；会议记录已规范；办事指南已更新并张贴。"
    )
    second = told(actions.reply, owed, text=text, by=by, at=at + 14 * day)
    told(
        actions.judge,
        second,
        accepted=True,
        note="逐项清楚，同意。",
        by=cast.checker,
        at=at + 15 * day,
    )


def _overdue(cast: Cast, first: Org, second: Org, at: datetime) -> None:
    """A reminder to two: one has answered and waits to be judged, the other is late."""
    due = localdate(at) + timedelta(days=14)
    made = _draft(cast, "reminder_letter", [first, second], at, reply_by=due)
    row = cast.go_on(made, at=at)
    owed, by = row.recipients.get(org=second), _handler(second)
    told(
        actions.reply,
        owed,
        text="已自查，未发现同类问题，自查表附后。",
        by=by,
        at=at + timedelta(days=6),
    )


def _bulletin(cast: Cast, to: list[Org], at: datetime) -> None:
    cast.go_on(_draft(cast, "bulletin", list(to), at), at=at)


def _minutes(cast: Cast, at: datetime) -> None:
    context = {
        "meeting": "基层治理专题会议", "time": f"{localdate(at):%-m月%-d日}上午", "place": "区委第二会议室",
        "chair": cast.leader.name, "present": "周文清、苏静、严正平", "absent": "无", "attending": "有关部门负责人",
        "resolutions": [
            "会议同意建立季度通报制度。每季度首月通报上季度问题整改情况。",
            "会议明确由组织部门牵头更新办事指南。本月底前完成，逐街道核对。",
            "会议要求对逾期未回复的单位进行提醒。连续两次逾期的约谈负责人。",
        ],
    }  # fmt: skip
    cast.go_on(_draft(cast, "minutes", [], at, context=context), at=at)


def _last_year(cast: Cast, to: Org, at: datetime) -> None:
    """A notice of the year before, numbered copies, which by now is due for the archive."""
    day = at.replace(year=at.year - 1, month=9, day=9)
    body = "# 工作安排\n请各单位于本月底前完成窗口服务自查。"
    given = {"context": {"source": "开展窗口服务自查", "body": body}, "urgency": "加急"}
    cast.go_on(_draft(cast, "notice", [to], day, print_run=20, **given), at=day)
    actions.retention_due(at=at)


def _under_way(cast: Cast, first: Org, second: Org, at: datetime) -> None:
    """A notice that waits for a unit's opinion, a plan for its signature, a draft with places to fill."""
    hour = timedelta(hours=1)
    notice = _draft(
        cast, "notice", [first], at - 30 * hour, countersigns=[second],
        context={"source": "做好岁末年初便民服务", "body": "# 总体要求\n保障节日期间窗口不断档、热线有人接。\n# 重点任务\n（一）公开值守安排。各单位于月底前公布值守人员和电话。\n（二）畅通办理渠道。急难事项当天受理、当天答复。"},
    )  # fmt: skip
    cast.go_on(notice, at=at - 30 * hour, to="review")
    plan = _draft(
        cast, "plan", [], at - 26 * hour,
        context={"source": "作风建设专项监督", "body": "# 工作目标\n发现并推动解决群众反映强烈的作风问题。\n# 检查范围\n区级部门服务窗口和街道党群服务中心。\n# 时间安排\n分三周进行，每周通报一次。"},
    )  # fmt: skip
    cast.go_on(plan, at=at - 26 * hour, to="review")
    _draft(cast, "advice_letter", [second], at - 2 * hour, context={"source": "便民服务专项检查"})


def _handler(org: Org) -> User:
    return Post.objects.filter(org=org, role="handler").order_by("pk")[0].user
