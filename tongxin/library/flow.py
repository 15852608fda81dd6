"""The way of an exemplar: written → checked → signed off by another → published; taken down again.

Source: S2.33 (提报—审核—发布), S2.55 (送签/签发). Who plays which part is said by `queries.parts_in`,
from posts at the unit that writes and at the one it is sent to, never from land.
"""

from django.utils.translation import gettext_lazy as _

from tongxin.cases.flow import STAY, Clock, Flow, Move, Step, register

from . import hooks

WAY = "drafted reviewing signing signed"


def _cards(step: str, norm: str) -> tuple[Clock, ...]:
    """Yellow at 80 %, red at the end, told to the desk it lies on; a text is nobody else's matter."""
    return (
        Clock(step, norm, "yellow", 0.8, "handler_org"),
        Clock(step, norm, "red", 1.0, "handler_org reporter"),
    )


EXEMPLAR = register(
    Flow(
        kind="exemplar",
        own_parts="author reviewer signer publisher",
        label=_("案例"),
        first="drafted",
        final="published withdrawn",
        dots="写审签发",
        dot_words=_("撰写 审核 签发 发布"),
        link=hooks.link_of,
        panels=hooks.panel_of,
        ahead="submit review sign publish",
        steps=(
            Step("drafted", _("撰写中"), 0, "working"),
            Step("reviewing", _("待审核"), 1, "waiting"),
            Step("signing", _("待签发"), 2, "verify"),
            Step("signed", _("待发布"), 3, "working"),
            Step("published", _("已发布"), 4, "done"),
            Step("withdrawn", _("已撤下"), 4, "done"),
        ),
        moves=(
            # name, label, from, to, by, needs, takes
            Move("submit", _("送审"), "drafted", "reviewing", "author"),
            Move("comment", _("提意见"), "reviewing signing", STAY, "reviewer signer", "", "tags"),
            Move("review", _("审核通过"), "reviewing", "signing", "reviewer", "", "tags"),
            Move("send_back", _("退回修改"), "reviewing signing signed", "drafted", "reviewer signer", "", "tags"),
            Move("sign", _("签发"), "signing", "signed", "signer", "", "tags"),
            Move("publish", _("发布"), "signed", "published", "publisher"),
            Move("withdraw", _("撤下"), f"{WAY} published", "withdrawn", "author reviewer signer publisher", "", "tags"),
            Move("reopen", _("重新修改"), "withdrawn", "drafted", "author"),
        ),
        clocks=(
            *_cards("reviewing", "5wd"),
            *_cards("signing", "3wd"),
            *_cards("signed", "3wd"),
        ),
        before={
            "submit": hooks.to_the_desk,
            "send_back": hooks.to_the_author,
            "reopen": hooks.to_the_author,
        },
    )
)  # fmt: skip
