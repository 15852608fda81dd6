"""How a key task is done: 下达 → 签收 → 推进 → 验收; and how a secretary moves a hard problem."""

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from tongxin.cases.actions import adjustable, adjusting
from tongxin.cases.flow import STAY, Flow, Move, Step, cards, register

from . import hooks, panels

DOES = "holder handler_org"
WATCH = "officer inspector"
# `keeper`: whoever this app's actions found to be the one to report; see `actions.tasks`.
KEEPER = "keeper"

# Only the extension, and with the day it shall run to; a fixed end is never moved (S1.29).
_WANTED = ("ask_extend", "approve_extend", "refuse")
_KEPT = tuple(
    move
    for move in adjustable(doing="taken", back="returned", suspended="taken", judge="officer", by=DOES)
    if move.name in _WANTED
)  # fmt: skip
_BEFORE, _AFTER = adjusting(_KEPT)
EXTENSION = tuple(
    replace(move, needs="note until", guard=hooks.may_extend(move.guard))
    if move.name == "ask_extend"
    else replace(move, guard=hooks.judged_by_another(move.guard))
    for move in _KEPT
)

# The deadline was given with the task: the clock of 推进 runs to the end of that day.
KEY_TASK = register(
    Flow(
        kind="key_task",
        label=_("重点任务"),
        first="given",
        final="closed void",
        dots="下签推验",
        dot_words=_("下达 签收 推进 验收"),
        tells_opening="handler_org holder",
        ahead="take finish accept assign",
        own_parts=KEEPER,
        options={"handler": panels.units},
        panels=panels.of_task,
        details=panels.details,
        also_needs=hooks.reason_needed,
        steps=(
            Step("given", _("待签收"), 1, "waiting"),
            Step("returned", _("待改派"), 1, "waiting"),
            Step("taken", _("推进中"), 2, "working"),
            Step("done", _("待验收"), 3, "verify"),
            Step("closed", _("已完成"), 4, "done"),
            Step("void", _("已撤销"), 4, "done"),
        ),
        moves=(
            # name, label, from, to, by, needs, takes, tells, guard
            Move("take", _("签收任务"), "given", "taken", DOES, "", "note", WATCH),
            Move("decline", _("退回任务"), "given", "returned", DOES, "note", "", WATCH),
            Move("assign", _("改派责任单位"), "given returned", "given", "officer", "handler note", "", "handler_org"),
            Move("report", _("报送进展"), "taken", STAY, KEEPER, "note", "photo", ""),
            Move("finish", _("报请验收"), "taken", "done", DOES, "note", "photo before_after place", WATCH, hooks.is_ready),
            Move("accept", _("验收通过"), "done", "closed", WATCH, "", "note photo", DOES, hooks.is_another),
            Move("redo", _("验收不通过"), "done", "taken", WATCH, "note", "photo", DOES, hooks.is_another),
            Move("urge", _("催办"), "given taken", STAY, f"{WATCH} leader", "", "note", DOES),
            Move("supervise", _("督办"), "given taken done", STAY, f"{WATCH} leader", "note", "", f"{DOES} {WATCH}"),
            Move("withdraw", _("撤销任务"), "given returned taken", "void", "officer", "note", "", DOES, hooks.is_another),
            *EXTENSION,
        ),
        clocks=(
            *cards("given", "3wd", tells=DOES, up="officer@district"),
            *cards("returned", "2wd", tells="officer", up="officer@district"),
            *cards("taken", "30d", tells=DOES, up="officer@district"),
            *cards("done", "5wd", tells=WATCH, up="officer@district"),
        ),
        before=_BEFORE | {
            "take": hooks.take_over,
            "decline": hooks.let_go,
            "assign": hooks.let_go,
            "finish": hooks.hold_on,
            "redo": hooks.run_again,
            "ask_extend": hooks.ask_until(_BEFORE["ask_extend"]),
            "approve_extend": hooks.grant_until(_BEFORE["approve_extend"]),
        },
        after=_AFTER | {
            "assign": hooks.keep_assigned,
            "accept": hooks.keep_accepted,
            "approve_extend": hooks.keep_due(_AFTER["approve_extend"]),
        },
    )
)

HARD_PROBLEM = register(
    Flow(
        kind="hard_problem",
        label=_("书记攻坚难题"),
        first="raised",
        final="closed void",
        dots="领案攻销",
        dot_words=_("领题 定案 攻坚 销号"),
        tells_opening="holder officer",
        ahead="solve close",
        own_parts=KEEPER,
        panels=panels.of_problem,
        details=panels.problem_details,
        steps=(
            Step("raised", _("待定方案"), 1, "waiting"),
            Step("working", _("攻坚中"), 2, "working"),
            Step("solved", _("待上级销号"), 3, "verify"),
            Step("closed", _("已销号"), 4, "done"),
            Step("void", _("已撤销"), 4, "done"),
        ),
        moves=(
            Move("plan", _("定攻坚方案"), "raised working", "working", KEEPER, "note", "", "officer"),
            Move("report", _("报送进展"), "working", STAY, f"{KEEPER} holder", "note", "photo", ""),
            Move("review", _("记会议研究意见"), "raised working solved", STAY, KEEPER, "note", "", "holder"),
            Move("escalate", _("提请上一级领办"), "raised working", "raised", KEEPER, "holder handler note", "", "holder officer"),
            Move("solve", _("报请销号"), "working", "solved", "holder", "note photo", "before_after", "officer leader", hooks.steps_done),
            Move("close", _("上级销号"), "solved", "closed", "officer leader", "note", "photo", "holder officer", hooks.is_above),
            Move("send_back", _("退回再攻"), "solved", "working", "officer leader", "note", "", "holder", hooks.is_above),
            Move("supervise", _("督办"), "raised working", STAY, "officer leader inspector", "note", "", "holder"),
            Move("withdraw", _("撤销"), "raised", "void", "officer", "note", "", "holder", hooks.is_above),
        ),
        clocks=(
            *cards("raised", "10wd", tells="holder", up="officer@district"),
            *cards("working", "90d", tells="holder", up="officer@district"),
            *cards("solved", "10wd", tells="officer leader", up="officer@district"),
        ),
        before={"plan": hooks.run_problem, "send_back": hooks.run_problem},
        after={"solve": hooks.keep_solved, "close": hooks.keep_closed},
    )
)
