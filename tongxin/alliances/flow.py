"""How a problem of a project is solved, and one of an enterprise."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from tongxin.cases.actions import adjustable, adjusting
from tongxin.cases.flow import STAY, Clock, Flow, Move, Step, cards, register

from . import hooks, panels

DESK = "holder officer"  # the holder is the head of the desk, through the whole life
ASKED = ("ask_extend", "approve_extend", "refuse")
# Of the usual adjustments only the extension; the desk decides, though it holds the case.
EXTEND = tuple(
    replace(move, guard=hooks.waits_for_another) if move.name != "ask_extend" else move
    for move in adjustable(
        doing="agreed", back="raised", suspended="raised", judge=DESK, by="handler_org"
    )
    if move.name in ASKED
)
BEFORE, AFTER = adjusting(EXTEND)

# 提出 → 交办 → 方案 → 认可 → 办结 → 确认 → 销号 (S0.5, S0.9). The day was set with the order:
# the clock of 办理 runs to its end; the norms here are for saying how, agreeing, confirming.
ALLIANCE_PROBLEM = register(
    Flow(
        kind="alliance_problem",
        label=_("项目问题"),
        first="raised",
        final="closed void",
        dots="提交案办确销",
        dot_words=_("提出 交办 方案 办理 确认 销号"),
        tells_opening="holder officer",
        ahead="assign propose agree finish confirm close",
        options={"handler": panels.departments, "holder": panels.desk_people},
        panels=panels.of_project_problem,
        details=panels.project_problem_details,
        own_parts="owner",
        steps=(
            Step("raised", _("待交办"), 1, "waiting"),
            Step("assigned", _("待出方案"), 2, "working"),
            Step("proposed", _("待认可"), 3, "verify"),
            Step("agreed", _("办理中"), 3, "working"),
            Step("done", _("待确认"), 4, "verify"),
            Step("confirmed", _("待销号"), 5, "verify"),
            Step("closed", _("已解决"), 6, "done"),
            Step("void", _("已撤回"), 6, "done"),
        ),
        moves=(
            # name, label, from, to, by, needs, takes, tells, guard
            Move("assign", _("交办部门"), "raised", "assigned", DESK, "handler until", "note", "handler_org reporter"),
            Move("reassign", _("改派部门"), "assigned proposed agreed", "assigned", DESK, "handler until note", "", "handler_org"),
            Move("propose", _("提出解决方案"), "assigned", "proposed", "handler_org", "note", "photo", DESK),
            Move("agree", _("认可方案"), "proposed", "agreed", DESK, "", "note", "handler_org reporter", hooks.is_not_of_the_department),
            Move("send_back", _("退回方案"), "proposed", "assigned", DESK, "note", "", "handler_org", hooks.is_not_of_the_department),
            Move("finish", _("办结"), "agreed", "done", "handler_org", "note photo", "receipt", f"{DESK} reporter"),
            Move("confirm", _("确认解决"), "done", "confirmed", "reporter owner", "", "note", DESK),
            Move("redo", _("没有解决"), "done", "agreed", f"reporter owner {DESK}", "note", "until", "handler_org"),
            Move("close", _("销号"), "confirmed", "closed", DESK, "", "note", "handler_org reporter"),
            Move("hand_over", _("转交工作部"), "raised assigned proposed agreed done confirmed", STAY, f"{DESK} system", "holder", "note", "holder"),
            Move("urge", _("催办"), "assigned agreed", STAY, f"{DESK} leader", "", "note", "handler_org"),
            Move("withdraw", _("撤回"), "raised assigned", "void", f"reporter owner {DESK}", "note", "", "handler_org"),
            *EXTEND,
        ),
        clocks=(
            *cards("raised", "1wd", tells="holder"),
            *cards("assigned", "3wd", tells="handler_org"),
            *cards("proposed", "2wd", tells="holder"),
            *cards("agreed", "15d", tells="handler_org holder"),
            *cards("done", "5wd", tells="reporter holder"),
            *cards("confirmed", "5wd", tells="holder"),
        ),
        before=BEFORE | {
            "assign": hooks.set_day,
            "reassign": hooks.set_day,
            "agree": hooks.run_to_day,
            "redo": hooks.run_again,
        },
        after=AFTER | {
            "assign": hooks.keep_department,
            "reassign": hooks.keep_department,
            "propose": hooks.keep_solution,
            "agree": hooks.keep_agreed,
            "finish": hooks.keep_result,
            "confirm": hooks.keep_confirmed,
            "redo": hooks.keep_undone,
            "approve_extend": hooks.after_extension(AFTER["approve_extend"]),
        },
    )
)

# What an enterprise of a park brings up (S3.45): taken in by the park, given to who can, rated.
ENTERPRISE_PROBLEM = register(
    Flow(
        kind="enterprise_problem",
        label=_("企业难题"),
        first="raised",
        final="closed void",
        dots="提派办评",
        dot_words=_("提出 派办 办理 评价"),
        tells_opening="holder officer@street",
        ahead="assign accept finish rate",
        options={"handler": panels.departments},
        panels=panels.of_enterprise_problem,
        details=panels.enterprise_problem_details,
        own_parts="owner",
        steps=(
            Step("raised", _("待派办"), 1, "waiting"),
            Step("assigned", _("待接收"), 2, "waiting"),
            Step("working", _("办理中"), 2, "working"),
            Step("done", _("待评价"), 3, "verify"),
            Step("closed", _("已解决"), 4, "done"),
            Step("void", _("已撤回"), 4, "done"),
        ),
        moves=(
            Move("assign", _("派办"), "raised assigned", "assigned", DESK, "handler", "note", "handler_org reporter"),
            Move("accept", _("接收"), "assigned", "working", "handler_org", "", "note", "holder reporter"),
            Move("decline", _("退回派办"), "assigned working", "raised", "handler_org", "note", "", DESK),
            Move("finish", _("办结"), "working", "done", "handler_org", "note photo", "receipt place", "holder reporter"),
            Move("solve", _("园区已解决"), "raised", "done", DESK, "note photo", "", "reporter"),
            Move("rate", _("评价"), "done", "closed", "reporter owner", "stars", "note", "handler_org holder"),
            Move("redo", _("没有解决"), "done", "working", "reporter owner", "note", "", "handler_org holder", hooks.has_department),
            Move("close_unrated", _("到期未评"), "done", "closed", "system", "", "note", "reporter"),
            Move("urge", _("催办"), "assigned working", STAY, f"{DESK} leader", "", "note", "handler_org"),
            Move("withdraw", _("撤回"), "raised assigned", "void", f"reporter owner {DESK}", "note", "", "handler_org"),
        ),
        clocks=(
            *cards("raised", "1wd", tells="holder"),
            *cards("assigned", "1wd", tells="handler_org"),
            *cards("working", "10wd", tells="handler_org holder"),
            Clock("done", "7d", "close_unrated"),
        ),
        before={"decline": hooks.let_go, "rate": hooks.check_stars},
        after={
            "finish": hooks.keep_enterprise_result,
            "solve": hooks.keep_enterprise_result,
            "rate": hooks.keep_stars,
            "close_unrated": hooks.keep_solved,
        },
    )
)
