"""A flow of the engine's own, so that its tests do not lean on the floor above."""

from tongxin.cases.actions import adjustable, adjusting
from tongxin.cases.flow import STAY, Clock, Flow, Move, Step, cards, register

ADJUST = adjustable(doing="taken", back="open", suspended="suspended", judge="officer", by="holder")
BEFORE, AFTER = adjusting(ADJUST)


def _take(case, event, given):
    case.holder = event.actor


CHORE = register(
    Flow(
        kind="chore",
        label="杂务",
        first="open",
        final="closed void",
        dots="开做完",
        tells_opening="dispatcher",
        steps=(
            Step("open", "待领", 1, "waiting"),
            Step("taken", "在做", 2, "working"),
            Step("waiting", "等待", 2, "waiting", pauses=True),
            Step("suspended", "挂账", 2, "waiting", pauses=True),
            Step("asked", "待答", 2, "waiting"),
            Step("closed", "完成", 3, "done"),
            Step("void", "作废", 3, "done"),
        ),
        moves=(
            Move("take", "领取", "open", "taken", "grid_worker dispatcher", "", "note", "reporter"),
            Move("ping", "提醒", "open taken", STAY, "reporter", "", "note", "holder"),
            Move("wait", "等待", "taken", "waiting", "holder", "until"),
            Move("resume", "继续", "waiting suspended", "taken", "holder system"),
            Move("ask", "询问", "taken", "asked", "holder", "note|photo"),
            Move("give_up", "无人应答", "asked", "open", "system"),
            Move("close", "完成", "taken", "closed", "holder", "note", "photo", "reporter"),
            Move("redo", "重做", "closed", "open", "dispatcher", "note"),
            *ADJUST,
        ),
        clocks=(
            *cards("open", "2wh", tells="dispatcher"),
            *cards("taken", "1wd", tells="holder"),
            Clock("asked", "30m", "give_up"),
        ),
        before=BEFORE | {"take": _take},
        after=AFTER,
    )
)
