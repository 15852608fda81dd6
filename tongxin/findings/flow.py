"""How a finding is put right: 交办 → 接收 → 整改 → 复查 → 销号, and the case that presses on several."""

from django.utils.translation import gettext_lazy as _

from tongxin.cases.actions import adjustable, adjusting
from tongxin.cases.flow import STAY, Flow, Move, Step, cards, register

from . import hooks, panels

DOES = "holder handler_org"
WATCH = "officer inspector"

ADJUST = adjustable(
    doing="planned", back="returned", suspended="suspended", judge="officer", by=DOES
)
BEFORE, AFTER = adjusting(ADJUST)

# One unit's rectification. The deadline was given with the order: the clock of 整改 runs from the
# order to the end of that day; the norms here are for taking it over and saying how.
RECTIFICATION = register(
    Flow(
        kind="rectification",
        label=_("整改"),
        first="ordered",
        final="closed void",
        dots="交接改查销",
        dot_words=_("交办 接收 整改 复查 销号"),
        tells_opening="handler_org",
        ahead="accept plan carry_out recheck write_off assign",
        options={"handler": panels.units},
        panels=panels.of_rectification,
        details=panels.details,
        steps=(
            Step("ordered", _("待接收"), 1, "waiting"),
            Step("returned", _("待改派"), 1, "waiting"),
            Step("accepted", _("待报方案"), 2, "working"),
            Step("planned", _("整改中"), 2, "working"),
            Step("suspended", _("已挂账"), 2, "waiting", pauses=True),
            Step("done", _("待复查"), 3, "verify"),
            Step("rechecked", _("待销号"), 4, "verify"),
            Step("closed", _("已销号"), 5, "done"),
            Step("void", _("已撤销"), 5, "done"),
        ),
        moves=(
            # name, label, from, to, by, needs, takes, tells, guard
            Move("accept", _("接收整改"), "ordered", "accepted", "handler_org", "", "note", WATCH),
            Move("decline", _("退回交办"), "ordered", "returned", "handler_org", "note", "", WATCH),
            Move("assign", _("改派责任单位"), "returned ordered", "ordered", "officer", "handler note", "", "handler_org"),
            Move("plan", _("报送原因和方案"), "accepted", "planned", DOES, "cause plan", "note", WATCH),
            Move("send_back", _("退回方案"), "planned", "accepted", WATCH, "note", "", DOES, hooks.is_not_of_the_unit),
            Move("carry_out", _("整改完成"), "planned", "done", DOES, "note photo", "before_after receipt place", WATCH),
            Move("recheck", _("复查通过"), "done", "rechecked", f"{WATCH} verifier", "note", "photo", f"{DOES} {WATCH}", hooks.is_another),
            Move("redo", _("复查不通过"), "done", "planned", f"{WATCH} verifier", "note", "photo until", DOES, hooks.is_another),
            Move("write_off", _("销号"), "rechecked", "closed", WATCH, "", "note", DOES, hooks.may_write_off),
            Move("reopen", _("恢复整改（销号有误）"), "closed", "planned", WATCH, "note until", "photo", f"{DOES} {WATCH}", hooks.may_reopen),
            Move("urge", _("催办"), "ordered accepted planned", STAY, WATCH, "", "note", DOES),
            Move("supervise", _("督办"), "ordered accepted planned done rechecked", STAY, "officer leader inspector", "note", "", f"{DOES} {WATCH}"),
            Move("resume", _("恢复整改"), "suspended", "planned", f"{DOES} officer system", "", "note", DOES),
            Move("withdraw", _("撤销交办"), "ordered returned accepted planned", "void", WATCH, "note", "", DOES),
            *ADJUST,
        ),
        clocks=(
            *cards("ordered", "2wd", tells="handler_org"),
            *cards("returned", "1wd", tells="officer"),
            *cards("accepted", "5wd", tells=DOES),
            *cards("planned", "15d", tells=f"{DOES} inspector"),
            *cards("done", "5wd", tells=WATCH),
            *cards("rechecked", "5wd", tells=WATCH),
        ),
        before=BEFORE | {
            "accept": hooks.take_over,
            "decline": hooks.let_go,
            "assign": hooks.ordered_anew,
            "plan": hooks.state_plan,
            "carry_out": hooks.check_done,
            "redo": hooks.count_return,
            "reopen": hooks.set_day_anew,
        },
        after=AFTER | {
            "assign": hooks.keep_assigned,
            "plan": hooks.keep_plan,
            "carry_out": hooks.keep_done,
            "recheck": hooks.keep_recheck,
            "redo": hooks.keep_return,
            "write_off": hooks.close_finding,
            "reopen": hooks.open_anew,
            "withdraw": hooks.free_finding,
            "approve_void": hooks.after_void(AFTER["approve_void"]),
            "approve_extend": hooks.after_extension(AFTER["approve_extend"]),
            "resume": hooks.keep_deadline,
        },
    )
)

# One finding pressed on several units (S0.79): it ends when each of theirs has.
PRESSING = register(
    Flow(
        kind="pressing",
        label=_("联合督办"),
        first="pressed",
        final="closed void",
        dots="督改销",
        dot_words=_("督办 整改 销号"),
        ahead="write_off",
        panels=panels.of_rectification,
        details=panels.details,
        steps=(
            Step("pressed", _("督办中"), 2, "working"),
            Step("closed", _("已销号"), 3, "done"),
            Step("void", _("已撤销"), 3, "done"),
        ),
        moves=(
            Move("write_off", _("销号"), "pressed", "closed", WATCH, "", "note", "", hooks.may_write_off),
            Move("reopen", _("恢复督办"), "closed", "pressed", "system", "note", "", WATCH),
            Move("supervise", _("督办"), "pressed", STAY, "officer leader inspector", "note", "", WATCH),
            Move("withdraw", _("撤销督办"), "pressed", "void", WATCH, "note", "", ""),
        ),
        clocks=cards("pressed", "30d", tells=WATCH),
        after={
            "write_off": hooks.close_finding,
            "reopen": hooks.finding_open_anew,
            "withdraw": hooks.free_finding,
        },
    )
)
