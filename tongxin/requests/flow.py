"""The lifecycles of what residents and streets ask for."""

from django.utils.translation import gettext_lazy as _

from tongxin.cases.actions import adjustable, adjusting
from tongxin.cases.flow import STAY, Clock, Flow, Move, Step, cards, register

from . import details, hooks, links, merging, panels, routed

DESK = "dispatcher officer"
DOES = "holder handler_org"

ADJUST = adjustable(
    doing="dispatched accepted", back="filed", suspended="suspended", judge="officer", by=DOES
)
BEFORE, AFTER = adjusting(ADJUST)

# 点单 → 派单 → 接单 → 验单 → 评单 (S0.48–S0.55). The rest is how they can go back.
REQUEST = register(
    Flow(
        kind="request",
        label=_("点单"),
        first="filed",
        final="closed cancelled void merged",
        dots="点派接验评",
        dot_words=_("点单 派单 接单 验单 评单"),
        tells_opening="dispatcher",
        link=links.notice_link,
        ahead="dispatch accept grab finish verify rate",
        undo={"dispatch": "recall", "post": "recall", "offer": "recall", "merge": "split"},
        options={
            "holder": panels.people,
            "queue": panels.people,
            "handler": panels.orgs,
            "leader": panels.leaders,
            "tags": panels.tags,
        },
        panels=panels.of_request,
        details=details.of_request,
        steps=(
            Step("filed", _("待派单"), 1, "waiting"),
            Step("hall", _("抢单大厅"), 2, "waiting"),
            Step("offered", _("推荐中"), 2, "waiting"),
            Step("dispatched", _("待接单"), 2, "waiting"),
            Step("accepted", _("办理中"), 3, "working"),
            Step("waiting", _("等待居民"), 3, "waiting", pauses=True),
            Step("suspended", _("已挂账"), 3, "waiting", pauses=True),
            Step("done", _("待验单"), 3, "verify"),
            Step("verified", _("待评单"), 4, "verify"),
            Step("closed", _("已完成"), 5, "done"),
            Step("cancelled", _("已撤单"), 5, "done"),
            Step("void", _("已作废"), 5, "done"),
            Step("merged", _("已并单"), 1, "done"),
        ),
        moves=(
            # name, label, from, to, by, needs, takes, tells, guard
            Move("dispatch", _("派单"), "filed hall offered dispatched", "dispatched", f"{DESK} system", "handler|holder", "note", "handler_org holder reporter"),
            Move("post", _("放入抢单大厅"), "filed dispatched offered", "hall", DESK, "", "note", "volunteer", hooks.may_be_grabbed),
            Move("offer", _("推荐给志愿者"), "filed hall", "offered", f"{DESK} system", "queue", "note", "offeree", hooks.may_be_offered),
            Move("accept", _("接单"), "dispatched offered", "accepted", f"{DOES} offeree", "", "note", "reporter dispatcher", hooks.is_named),
            Move("grab", _("抢单"), "hall", "accepted", "volunteer grid_worker", "", "note", "reporter dispatcher", hooks.may_grab),
            Move("decline", _("婉拒"), "dispatched offered", "filed", f"{DOES} offeree", "note", "", "dispatcher", hooks.is_named),
            Move("recall", _("收回"), "hall offered dispatched", "filed", DESK, "", "note"),
            Move("time_out", _("超时未应答"), "offered", "filed", "system", "", "", "dispatcher"),
            Move("hand_back", _("退回"), "accepted", "filed", "holder", "note", "", "dispatcher"),
            Move("release", _("放回大厅"), "accepted", "hall", f"holder {DESK}", "note", "", "dispatcher holder", hooks.may_be_grabbed),
            Move("check_in", _("签到"), "accepted", STAY, "holder", "place", "", ""),
            Move("check_out", _("签退"), "accepted", STAY, "holder", "place", "", ""),
            Move("wait", _("等待居民"), "accepted", "waiting", "holder", "note until", "", "reporter"),
            Move("resume", _("继续办理"), "waiting suspended", "accepted", f"{DOES} reporter {DESK} system", "", "note", "holder"),
            Move("finish", _("办结"), "accepted", "done|verified", "holder", "note", "photo before_after signature minutes amount receipt place", "verifier reporter", hooks.all_calls_closed),
            Move("verify", _("验单通过"), "done", "verified", "verifier", "", "note minutes", "reporter holder", hooks.is_not_the_doer),
            Move("redo", _("退回重办"), "done", "accepted", "verifier", "note", "photo", "holder", hooks.is_not_the_doer),
            Move("rate", _("评单"), "verified", "closed", "reporter", "stars", "tags note", "holder dispatcher"),
            Move("lapse", _("逾期未评"), "verified", "closed", "system"),
            Move("reopen", _("重新办理"), "closed verified", "filed", f"{DESK} system", "note", "", "dispatcher reporter"),
            Move("add", _("补充内容"), "filed hall offered dispatched accepted waiting suspended done", STAY, "operator system", "note", "", "dispatcher holder handler_org"),
            Move("urge", _("催单"), "filed hall offered dispatched accepted done", STAY, "reporter operator", "", "note", "dispatcher holder handler_org"),
            Move("supervise", _("督办"), "filed hall offered dispatched accepted done", STAY, "officer leader inspector", "note", "", "dispatcher holder handler_org"),
            Move("correct", _("更正信息"), "filed hall dispatched accepted", STAY, DESK, "note", "topic region", ""),
            Move("answer", _("回复居民"), "filed hall offered dispatched accepted waiting suspended done", STAY, f"holder handler_org {DESK}", "note", "photo", "reporter"),
            Move("hear", _("外部进展"), "filed hall offered dispatched accepted waiting suspended done verified closed", STAY, "system", "note", "", "dispatcher holder handler_org reporter"),
            Move("attach", _("收存附图"), "filed hall offered dispatched accepted waiting suspended done verified closed", STAY, "system", "photo"),
            Move("cancel", _("撤单"), "filed hall offered dispatched", "cancelled", "reporter", "", "note", "dispatcher holder handler_org"),
            # One matter, one case that leads: the others follow it to its end, and can be taken out again.
            Move("merge", _("并单"), "filed hall offered dispatched accepted", "merged", DESK, "leader", "note", "reporter"),
            Move("split", _("单独办理"), "merged", "filed", f"{DESK} reporter system", "", "note", "dispatcher reporter"),
            *ADJUST,
        ),
        clocks=(
            *cards("filed", "2wh", tells="dispatcher"),
            *cards("hall", "topic.accept|4wh", tells="dispatcher"),
            Clock("offered", "30m", "time_out"),
            *cards("dispatched", "topic.accept|2wh", tells="holder handler_org dispatcher"),
            *cards("accepted", "topic.norm|2wd", tells="holder handler_org dispatcher"),
            *cards("done", "topic.verify|1wd", tells="verifier"),
            Clock("verified", "14d", "lapse"),
        ),
        also_needs=hooks.proof_needed,
        choose={"finish": hooks.verified_or_not},
        before=BEFORE | {
            "dispatch": hooks.name_doer,
            "post": hooks.clear_doer,
            "offer": hooks.name_offeree,
            "accept": hooks.take_order,
            "grab": hooks.take_order,
            "decline": hooks.clear_doer,
            "recall": hooks.take_back,
            "time_out": hooks.clear_doer,
            "hand_back": hooks.clear_doer,
            "release": hooks.clear_doer,
            "reopen": hooks.clear_doer,
            "urge": hooks.limit_urging,
            "correct": hooks.correct_case,
            "check_in": hooks.check_place,
            "check_out": hooks.check_left,
            "finish": hooks.check_hours,
            "verify": hooks.check_hours,
            "rate": hooks.check_rating,
            "merge": merging.follow_leader,
            "split": merging.leave_leader,
        },
        after=AFTER | {
            "offer": hooks.keep_queue,
            "decline": routed.after_decline,
            "hand_back": routed.after_return,
            "approve_return": routed.after_approval,
            "correct": routed.choose_anew,
            "time_out": hooks.offer_next,
            "finish": hooks.award_if_exempt,
            "verify": hooks.award_points,
            "rate": hooks.keep_rating,
        },
    )
)

# 吹哨报到: the street whistles, departments come (S2.53). One child per department.
WHISTLE = register(
    Flow(
        kind="whistle",
        label=_("吹哨"),
        first="blown",
        final="closed void",
        dots="哨到办评",
        dot_words=_("吹哨 到场 办理 评价"),
        ahead="judge",
        panels=panels.of_whistle,
        details=details.of_whistle,
        steps=(
            Step("blown", _("待报到"), 1, "waiting"),
            Step("closed", _("已办结"), 4, "done"),
            Step("void", _("已撤哨"), 4, "done"),
        ),
        moves=(
            Move("judge", _("评价并办结"), "blown", "closed", "officer", "stars note", "", "reporter"),
            Move("withdraw", _("撤哨"), "blown", "void", "officer", "note", "", ""),
        ),
        clocks=cards("blown", "topic.norm|5wd", tells="reporter", up="officer@street officer@district"),
    )
)

WHISTLE_CALL = register(
    Flow(
        kind="whistle_call",
        label=_("报到"),
        first="called",
        final="closed void",
        dots="哨到办评",
        dot_words=_("吹哨 到场 办理 评价"),
        tells_opening="handler_org",
        ahead="report_in finish confirm",
        options={"handler": panels.departments},
        steps=(
            Step("called", _("待报到"), 1, "waiting"),
            Step("on_spot", _("已到场办理"), 2, "working"),
            Step("done", _("待街镇确认"), 3, "verify"),
            Step("closed", _("已办结"), 4, "done"),
            Step("void", _("已撤哨"), 4, "done"),
        ),
        moves=(
            Move("report_in", _("到场报到"), "called", "on_spot", "handler_org", "place", "note photo", "reporter"),
            Move("finish", _("办结"), "on_spot", "done", "handler_org", "note photo", "", "reporter"),
            Move("confirm", _("确认办结"), "done", "closed", "officer", "", "note stars", "handler_org", hooks.is_not_the_doer),
            Move("redo", _("退回重办"), "done", "on_spot", "officer", "note", "", "handler_org", hooks.is_not_the_doer),
            Move("forward", _("转交其他部门"), "called", "called", "officer", "handler note", "", "handler_org"),
            Move("urge", _("催办"), "called on_spot", STAY, "officer", "", "note", "handler_org"),
            Move("withdraw", _("撤哨"), "called on_spot", "void", "officer", "note", "", "handler_org"),
        ),
        clocks=(
            *cards("called", "30m", tells="handler_org reporter", up="officer@street officer@district"),
            *cards("on_spot", "topic.norm|2wd", tells="handler_org reporter"),
            *cards("done", "1wd", tells="reporter"),
        ),
        before={"report_in": hooks.arrive, "finish": hooks.hold_as_doer},
    )
)

# 微心愿: collected, published, claimed, made true, thanked (S2.44, S2.49, S3.26).
WISH = register(
    Flow(
        kind="wish",
        label=_("微心愿"),
        first="collected",
        final="closed withdrawn",
        dots="征发领圆谢",
        dot_words=_("征集 发布 认领 圆梦 致谢"),
        tells_opening="dispatcher",
        link=links.notice_link,
        ahead="publish claim fulfil thank",
        panels=panels.of_wish,
        details=details.of_wish,
        steps=(
            Step("collected", _("待发布"), 1, "waiting"),
            Step("published", _("待认领"), 2, "waiting"),
            Step("claimed", _("已认领"), 3, "working"),
            Step("fulfilled", _("已圆梦"), 4, "verify"),
            Step("closed", _("已完成"), 5, "done"),
            Step("withdrawn", _("已撤回"), 5, "done"),
        ),
        moves=(
            Move("publish", _("发布"), "collected", "published", DESK, "", "note", "reporter"),
            Move("claim", _("认领"), "published", "claimed", "volunteer grid_worker handler", "", "note", "reporter dispatcher", hooks.may_claim),
            Move("release", _("放弃认领"), "claimed", "published", "holder dispatcher system", "note", "", "dispatcher"),
            Move("fulfil", _("完成心愿"), "claimed", "fulfilled", "holder", "note photo", "amount receipt minutes", "reporter dispatcher"),
            Move("thank", _("致谢并办结"), "fulfilled", "closed", "reporter dispatcher", "", "note stars", "holder"),
            Move("lapse", _("自动办结"), "fulfilled", "closed", "system"),
            Move("withdraw", _("撤回"), "collected published", "withdrawn", "reporter dispatcher", "note"),
        ),
        clocks=(
            *cards("collected", "2wd", tells="dispatcher"),
            *cards("claimed", "30d", tells="holder"),
            Clock("fulfilled", "14d", "lapse"),
        ),
        before={"claim": hooks.hold_as_doer, "release": hooks.clear_doer},
        after={"fulfil": hooks.award_points, "thank": hooks.keep_thanks},
    )
)

# 回访: after a low rating somebody calls, and may reopen the request (S0.53).
FOLLOW_UP = register(
    Flow(
        kind="follow_up",
        label=_("回访"),
        first="open",
        final="closed",
        dots="评访结",
        dot_words=_("评价 回访 结果"),
        tells_opening="dispatcher",
        ahead="conclude",
        steps=(
            Step("open", _("待回访"), 1, "waiting"),
            Step("closed", _("已回访"), 3, "done"),
        ),
        moves=(
            Move("try", _("未接通，稍后再拨"), "open", STAY, DESK, "note", "", ""),
            Move("conclude", _("回访完成"), "open", "closed", DESK, "reached solved note", "", "officer@street"),
        ),
        clocks=cards("open", "1wd", tells="dispatcher"),
        after={"conclude": hooks.reopen_if_unsolved},
    )
)
