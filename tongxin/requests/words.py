"""What a resident reads: what comes next and by when, and what has happened, in plain words."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.cases.models import Case, Event
from tongxin.kit.text import mask_name
from tongxin.ui.wording import friendly_time

# Who is at work, and what comes next, for each step. %(by)s is when it should have happened.
NEXT = {
    "request.filed": gettext_lazy("社区正在看您的单子，%(by)s会派给合适的人。"),
    "request.hall": gettext_lazy(
        "已放入抢单大厅，等志愿者来接，%(by)s有人接单；没人接社区会直接派人。"
    ),
    "request.offered": gettext_lazy("正在问附近的志愿者能不能来，%(by)s会有回音。"),
    "request.dispatched": gettext_lazy("已派给%(who)s，%(by)s会接单。"),
    "request.accepted": gettext_lazy("%(who)s已接单，正在办理，%(by)s办完。"),
    "request.waiting": gettext_lazy("%(who)s在等您配合，%(by)s后自动继续。方便了就按“继续办理”。"),
    "request.suspended": gettext_lazy("因故暂缓办理，%(by)s后自动继续。"),
    "request.done": gettext_lazy("已经办完，%(by)s由党组织验单，合格后请您评单。"),
    "request.verified": gettext_lazy("已办完并通过验单，请您评单，%(by)s有效。"),
    "request.closed": gettext_lazy("这一单已经完成。"),
    "request.cancelled": gettext_lazy("您已撤单。"),
    "request.merged": gettext_lazy(
        "和别人反映的是同一件事，已并到一张单子里办，进度见下面；办完会告诉您。不是同一件，请按“单独办理”。"
    ),
    "request.void": gettext_lazy("这一单已作废，原因见下面的记录。"),
    "wish.collected": gettext_lazy("社区正在核实这个心愿，%(by)s会发布到认领专栏。"),
    "wish.published": gettext_lazy("心愿已发布，等待爱心人士认领。"),
    "wish.claimed": gettext_lazy("%(who)s已认领，正在圆梦，%(by)s完成。"),
    "wish.fulfilled": gettext_lazy("心愿已经实现，可以说声谢谢。"),
    "wish.closed": gettext_lazy("这个心愿已经完成。"),
    "wish.withdrawn": gettext_lazy("这个心愿已撤回。"),
}
# What each event says. %(who)s did it; %(whom)s got the order.
HAPPENED = {
    "open": gettext_lazy("%(who)s提交"),
    "dispatch": gettext_lazy("%(who)s派给%(whom)s"),
    "post": gettext_lazy("%(who)s放入抢单大厅"),
    "offer": gettext_lazy("正在问志愿者能不能接"),
    "accept": gettext_lazy("%(who)s接单"),
    "grab": gettext_lazy("%(who)s抢单成功"),
    "decline": gettext_lazy("%(who)s接不了，回到社区重新派单"),
    "recall": gettext_lazy("%(who)s收回，准备重新派单"),
    "time_out": gettext_lazy("没有人应答，回到社区重新派单"),
    "hand_back": gettext_lazy("%(who)s退回，社区会重新派单"),
    "check_in": gettext_lazy("%(who)s到达现场"),
    "check_out": gettext_lazy("%(who)s离开现场"),
    "wait": gettext_lazy("%(who)s在等居民配合"),
    "resume": gettext_lazy("继续办理"),
    "finish": gettext_lazy("%(who)s办完了"),
    "verify": gettext_lazy("%(who)s验单通过"),
    "redo": gettext_lazy("%(who)s验单没通过，退回重办"),
    "rate": gettext_lazy("居民评单"),
    "lapse": gettext_lazy("到期没有评，自动完成"),
    "reopen": gettext_lazy("重新办理"),
    "add": gettext_lazy("热线补充了内容"),
    "urge": gettext_lazy("%(who)s催单"),
    "supervise": gettext_lazy("%(who)s督办"),
    "merge": gettext_lazy("%(who)s并到同一件事的单子里办"),
    "split": gettext_lazy("%(who)s要求单独办理，回到社区派单"),
    "correct": gettext_lazy("%(who)s更正了信息"),
    "answer": gettext_lazy("%(who)s回复"),
    "hear": gettext_lazy("其他系统传来的进展"),
    "attach": gettext_lazy("收存了附图"),
    "cancel": gettext_lazy("%(who)s撤单"),
    "publish": gettext_lazy("%(who)s发布到认领专栏"),
    "claim": gettext_lazy("%(who)s认领"),
    "fulfil": gettext_lazy("%(who)s完成了心愿"),
    "thank": gettext_lazy("%(who)s致谢"),
    "withdraw": gettext_lazy("%(who)s撤回"),
    "red": gettext_lazy("超过时限，已提醒承办人和街镇"),
    "escalate": gettext_lazy("超时较久，已报上级督办"),
}
UNSAID = {"yellow"}  # between the desk and whoever does the work
WISH_RELEASE = gettext_lazy("%(who)s放弃认领，重新发布")
RELEASE = gettext_lazy("%(who)s放回抢单大厅")


def next_words(case: Case, *, at: datetime) -> str:
    """Return what happens next and by when, for the resident."""
    template = NEXT.get(f"{case.kind}.{case.step}")
    if template is None:
        return str(case.flow.step_of[case.step].label)
    return str(template) % {"who": doer_of(case), "by": by_when(case, at)}


def doer_of(case: Case) -> str:
    doer = case.holder or case.handler
    return str(doer) if doer else _("承办人")


def by_when(case: Case, at: datetime) -> str:
    """ "今天 16:30 前", or that it should have been by now."""
    if case.due_at is None:
        return _("尽快")
    if case.due_at < at:
        return _("原定 %s 前（已超时，正在催办）") % friendly_time(case.due_at, at)
    return _("%s 前") % friendly_time(case.due_at, at)


def happened(case: Case, event: Event, *, reader) -> str:
    """Return what an event says, to this reader: "您提交", "王芳接单"."""
    template = HAPPENED.get(event.name)
    if event.name == "release":
        template = WISH_RELEASE if case.kind == "wish" else RELEASE
    if template is None:
        move = case.flow.move_of.get(event.name)
        return str(move.label) if move else event.name
    return str(template) % {"who": _who(case, event, reader), "whom": _whom(event)}


def _who(case: Case, event: Event, reader) -> str:
    if event.actor is None:
        return _("系统")
    if reader is not None and event.actor_id == reader.pk:
        return _("您")
    if event.actor_id == case.reporter_id:
        return mask_name(event.actor.name)
    return event.actor.name


def _whom(event: Event) -> str:
    named = event.data.get("holder") or event.data.get("handler") or {}
    return named.get("name", "")
