"""What else must hold, and what else happens, when one of our cases moves."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.utils.translation import gettext as _

from tongxin.cases.actions import open_case, system_move
from tongxin.cases.actions.moves import place_case
from tongxin.cases.models import Case, Event, Topic
from tongxin.cases.store import case_key, insert, locking, query, update
from tongxin.kit.errors import Invalid, Refused, TooMany

from .models import PointEntry, ServiceRequest, Wish

LOW_STARS = 2
MOST_MINUTES = 16 * 60
URGES_A_DAY = 3


class HandsFull(Refused):
    """The volunteer holds as many open orders as their cap allows."""


class NotSuited(Refused):
    """The topic asks for a skill the volunteer has not named."""


# Guards: a sentence that says why not, or None. They read the case in hand and ask no database.


def may_be_grabbed(case: Case, actor) -> str | None:
    if case.is_private:  # who looks for orders does not see it there
        return _("这是不公开的单子，不能放入抢单大厅，请直接派单或推荐给志愿者。")
    if case.topic and "grab" not in case.topic.modes.split():
        return _("“%s”不能放入抢单大厅，请直接派单。") % case.topic.name
    return None


def may_be_offered(case: Case, actor) -> str | None:
    if case.topic and "offer" not in case.topic.modes.split():
        return _("“%s”不能推荐给志愿者，请直接派单。") % case.topic.name
    return None


def may_grab(case: Case, actor) -> str | None:
    if actor is not None and case.reporter_id == actor.pk:
        return _("不能接自己提交的单子。")
    if case.topic and not set(case.topic.takers.split()) & {"volunteer", "grid_worker"}:
        return _("“%s”只能由部门承接。") % case.topic.name
    return None


def is_named(case: Case, actor) -> str | None:
    """An order given to one person is theirs to accept, not any colleague's."""
    if actor is not None and case.holder_id and case.holder_id != actor.pk:
        return _("这张单子已派给其他人。")
    return None


def may_claim(case: Case, actor) -> str | None:
    return _("不能认领自己的心愿。") if actor and case.reporter_id == actor.pk else None


def is_not_the_doer(case: Case, actor) -> str | None:
    """Verification is independent: who did the work can never pass it (S0.52)."""
    if actor is not None and case.holder_id == actor.pk:
        return _("办理人不能验自己的单，请由其他人员验单。")
    return None


def all_calls_closed(case: Case, actor) -> str | None:
    """While a department is still at work on a whistle, the request behind it is not done."""
    if case.open_children:
        return _("还有 %d 个吹哨没有办结，暂不能办结。") % case.open_children
    return None


# What a topic asks on top of the table.


def proof_needed(case: Case, move) -> str:
    if move.name != "finish" or case.topic is None:
        return ""
    proof = "" if case.topic.proof == Topic.Proof.NONE else case.topic.proof
    return f"{proof} {'amount receipt' if case.topic.needs_receipt else ''}"


def is_sampled(case: Case) -> bool:
    """Return whether this case is drawn for verification: by its id, so nobody can steer it."""
    topic = case.topic
    if topic is None or topic.verify == Topic.Verify.ALL:
        return True
    if topic.verify == Topic.Verify.NONE:
        return False
    draw = int(hashlib.sha256(case.pk.bytes).hexdigest()[:8], 16) % 100
    return draw < topic.sample_rate


def verified_or_not(case: Case) -> str:
    return "done" if is_sampled(case) else "verified"


# Before: fields of the case that the event then covers.


def name_doer(case: Case, event: Event, given: dict) -> None:
    if event.source == "dispatched":  # given to somebody else: who had it is told
        before = Case.objects.filter(pk=case.pk).values_list("holder_id", flat=True)
        event.data["taken_from"] = [user for user in before if user and user != case.holder_id]
    case.offeree = None
    case.holder, case.handler = given.get("holder"), given.get("handler")
    if case.holder_id and case.holder_id == case.reporter_id:
        raise Refused(_("不能把单子派给提交人自己。"), field="holder")


def take_back(case: Case, event: Event, given: dict) -> None:
    event.data["taken_from"] = [user for user in (case.holder_id, case.offeree_id) if user]
    clear_doer(case, event, given)


def clear_doer(case: Case, event: Event, given: dict) -> None:
    case.holder = case.handler = case.offeree = None


def name_offeree(case: Case, event: Event, given: dict) -> None:
    first = given["queue"][0]
    case.holder = case.handler = None
    case.offeree_id = getattr(first, "pk", first)


def take_order(case: Case, event: Event, given: dict) -> None:
    """Make the actor the holder, unless their hands are full or a skill is missing."""
    if case.handler_id is None:
        check_volunteer(case, event.actor)
    case.holder, case.offeree = event.actor, None


COUNT_IN_HAND = """
    SELECT count(*) FROM cases_case
    WHERE holder_id = %s AND closed_at IS NULL AND step NOT IN ('done', 'verified') AND id <> %s
"""
# How many orders they take on, and how many of the skills asked for they have.
VOLUNTEER = """
    SELECT cap, (SELECT count(*) FROM orgs_volunteer_skills AS has
                 JOIN orgs_skill AS skill ON skill.id = has.skill_id
                 WHERE has.volunteer_id = orgs_volunteer.user_id AND skill.name IN ({places}))
    FROM orgs_volunteer WHERE user_id = %s{locking}
"""


def check_volunteer(case: Case, actor) -> None:
    """Hold a volunteer to their cap and skills; lock the row, so that two grabs are not one too many.

    :raises HandsFull: at the cap of open orders
    :raises NotSuited: without a skill the topic asks for
    """
    asked = case.topic.skills.split() if case.topic else []
    places = ", ".join(["%s"] * len(asked)) or "NULL"
    sql = VOLUNTEER.format(places=places, locking=locking())
    found = query(sql, [*asked, actor.pk])
    if not found:
        return  # a grid worker: bound by their post, not by a cap
    [(cap, fitting)] = found
    [(held,)] = query(COUNT_IN_HAND, [actor.pk, case_key(case.pk)])
    if held >= cap:
        raise HandsFull(_("您手上已有 %d 张未办结的单子，请先办结或退回一张。") % cap)
    if asked and not fitting:
        raise NotSuited(
            _("这张单子需要技能：%s。您可以在“我的”里补充技能。") % "、".join(sorted(asked))
        )


def limit_urging(case: Case, event: Event, given: dict) -> None:
    since = event.at - timedelta(days=1)
    if case.events.filter(name="urge", at__gt=since).count() >= URGES_A_DAY:
        raise TooMany(
            _("今天已催单 %d 次，工作人员都已收到，请稍候。") % URGES_A_DAY, retry_after=3600
        )


def correct_case(case: Case, event: Event, given: dict) -> None:
    if topic := given.get("topic"):
        case.topic = topic
    if region := given.get("region"):
        case.region = region
        place_case(case)


def check_place(case: Case, event: Event, given: dict) -> None:
    place = given["place"]
    try:
        lng, lat = float(place["lng"]), float(place["lat"])
        accuracy = float(place.get("accuracy") or 0)
    except (KeyError, TypeError, ValueError):
        raise Invalid(_("现场位置应包含经度和纬度。"), field="place") from None
    if not (-180 <= lng <= 180 and -90 <= lat <= 90 and 0 <= accuracy < 1e6):
        raise Invalid(_("现场位置的经纬度不在正常范围内。"), field="place")


def check_left(case: Case, event: Event, given: dict) -> None:
    """A check-out follows a check-in of the same person since they took the order."""
    check_place(case, event, given)
    came = case.events.filter(
        actor=event.actor, name__in=["check_in", "check_out", "accept", "grab"]
    )
    last = came.order_by("-seq").values_list("name", flat=True).first()
    if last != "check_in":
        raise Refused(_("还没有签到，不能签退。请先在现场签到。"))


def check_hours(case: Case, event: Event, given: dict) -> None:
    """Hours are proposed by the doer and confirmed by another, in whole minutes up to 16 hours."""
    if "place" in given:
        check_place(case, event, given)
    if "minutes" in given and not 0 < int(given["minutes"]) <= MOST_MINUTES:
        raise Invalid(_("服务时长应在 1 分钟到 16 小时之间。"), field="minutes")


def check_rating(case: Case, event: Event, given: dict) -> None:
    if given["stars"] not in (1, 2, 3, 4, 5):
        raise Invalid(_("请选择 1 到 5 星。"), field="stars")


def arrive(case: Case, event: Event, given: dict) -> None:
    check_place(case, event, given)
    case.holder = event.actor


def hold_as_doer(case: Case, event: Event, given: dict) -> None:
    case.holder = event.actor


# After: the domain's own rows.


def keep_queue(case: Case, event: Event, given: dict) -> None:
    rest = [getattr(user, "pk", user) for user in given["queue"][1:]]
    ServiceRequest.objects.filter(pk=case.pk).update(queue=rest)


def offer_next(case: Case, event: Event, given: dict) -> None:
    """Pass the offer on to the next in the queue who can still take it.

    Whoever has paused, left, or has full hands by now is passed over; with none left the desk
    dispatches again.
    """
    queue = ServiceRequest.objects.filter(pk=case.pk).values_list("queue", flat=True).first() or []
    while queue and not _can_be_asked(case, queue[0]):
        queue = queue[1:]
    if queue:
        system_move(case, "offer", at=event.at, queue=queue)


# Whether somebody is active, has paused, how many orders they take on and how many they hold.
ASKABLE = """
    SELECT who.is_active, COALESCE(has.is_paused, false), has.cap,
           (SELECT count(*) FROM cases_case AS held WHERE held.holder_id = who.id
            AND held.closed_at IS NULL AND held.step NOT IN ('done', 'verified'))
    FROM accounts_user AS who LEFT JOIN orgs_volunteer AS has ON has.user_id = who.id
    WHERE who.id = %s
"""


def _can_be_asked(case: Case, user: int) -> bool:
    found = query(ASKABLE, [user])
    if not found:
        return False
    [(active, paused, cap, held)] = found
    return bool(active) and not paused and (cap is None or held < cap)


# The minutes confirmed, or else those the doer proposed when they finished.
MINUTES = """
    COALESCE(%s, (SELECT CAST(data ->> 'minutes' AS integer) FROM cases_event
                  WHERE case_id = %s AND name IN ('finish', 'fulfil') ORDER BY seq DESC LIMIT 1), 0)
"""
ADD_TO_TOTALS = f"""
    UPDATE orgs_volunteer SET points = points + %s, minutes = minutes + {MINUTES}
    WHERE user_id = %s RETURNING {MINUTES}
"""  # noqa: S608 (words of our own)


def award_points(case: Case, event: Event, given: dict) -> None:
    """Write the doer's points and confirmed minutes to the ledger; only volunteers have one."""
    points = case.topic.points if case.topic else 0
    confirmed = [given.get("minutes"), case_key(case.pk)]
    for (minutes,) in query(ADD_TO_TOTALS, [points, *confirmed, case.holder_id, *confirmed]):
        entry = PointEntry(  # type: ignore[misc]  # who holds nothing got no totals above
            user_id=case.holder_id,
            at=event.at,
            points=points,
            minutes=minutes,
            reason=f"{case.number} {case.title}"[:120],
            event=event,
            by=event.actor,
        )
        insert(entry)


def award_if_exempt(case: Case, event: Event, given: dict) -> None:
    if case.step == "verified":
        award_points(case, event, given)


def keep_rating(case: Case, event: Event, given: dict) -> None:
    """Keep the rating; a low one opens a follow-up call (S0.53)."""
    rated = ServiceRequest(
        pk=case.pk,
        stars=given["stars"],
        tags=given.get("tags", []),
        words=event.note[:500],
        rated_at=event.at,
    )
    update(rated, ["stars", "tags", "words", "rated_at"])
    if given["stars"] <= LOW_STARS:
        open_case(
            kind="follow_up",
            title=_("回访：%s") % case.title[:100],
            text=event.note,
            region=case.region,
            topic=case.topic,
            at=event.at,
            parent=case,
            is_private=True,
            data={"stars": given["stars"]},
        )


def keep_thanks(case: Case, event: Event, given: dict) -> None:
    Wish.objects.filter(pk=case.pk).update(thanks=event.note[:500])


def reopen_if_unsolved(case: Case, event: Event, given: dict) -> None:
    asked = case.parent
    if asked is None or given["solved"] or not given["reached"]:
        return
    if asked.step in ("closed", "verified"):
        system_move(asked, "reopen", at=event.at, note=event.note or _("回访未解决"))
