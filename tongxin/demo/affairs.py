"""The demo's affairs of party units: terms, one election on its way, files of development, a year of
dues, what was published. Everything goes through the actions, as people would have done it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.utils.timezone import localdate, make_aware

from tongxin.accounts.models import Notice, User
from tongxin.affairs import actions
from tongxin.affairs.models import Admission, Asking, Term
from tongxin.affairs.queries import expected, gaps, item_of, next_step, schedule
from tongxin.orgs.models import Membership, Org, Post
from tongxin.orgs.queries import add_months

# A page with nothing on it but a line: what hangs on a demo's board or lies in its files.
PAPER = (("样例材料.pdf", b"%PDF-1.4\n%%EOF\n"),)
UNITS = 4  # branches whose affairs are kept
INCOMES = (2800, 3000, 3600, 4500, 5200, 6800, 9800, 12000)
REVIEWS = ("学习认真，积极参加志愿服务", "工作踏实，群众反映好", "思想进步，按时汇报思想")
APPLICANTS = ("林晓", "周晨", "吴悦", "郑航", "冯洁")
Stage = Membership.Stage


def make_affairs(dice: Random, *, at: datetime) -> int:
    """Make the affairs of the branches that have a secretary; return how many units."""
    today = localdate(at)
    posts = Post.objects.filter(role="secretary", org__unit_kind="branch", to_date=None)
    secretaries = list(posts.select_related("org__parent", "user").order_by("pk")[:UNITS])
    organiser = User.objects.filter(username="organiser").first()
    if not secretaries or organiser is None:
        return 0
    home = secretaries[0]
    _files(home.org, home.user, organiser, dice, today)
    for n, post in enumerate(secretaries):
        _term(post.org, post.user, n, today, at)
        _dues(post.org, post.user, dice, today, first=n == 0)
        _published(post.org, post.user, dice, today, first=n == 0)
    _election(secretaries[1].org, secretaries[1].user, organiser, today)
    _extension(secretaries[-1].org, secretaries[-1].user, at)
    actions.remind_terms(at=at)
    # What was told weeks ago has been read since; what was asked today waits.
    kept = Asking.objects.filter(verdict="").values_list("pk", flat=True)
    keys = [f"affairs.asking:{pk}" for pk in kept]
    Notice.objects.filter(key__startswith="affairs.", at__lt=at).exclude(key__in=keys).delete()
    return len(secretaries)


def noon(day: date) -> datetime:
    return make_aware(datetime.combine(day, time(12)))


def _term(unit: Org, by: User, n: int, today: date, at: datetime) -> None:
    """Terms that end soon, are over, and have time left."""
    left = (120, -20, 900, 60)[n % 4]
    began = add_months(today + timedelta(days=left), -60)
    actions.begin_term(unit=unit, number=2 + n % 2, from_date=began, seats=3, at=noon(began), by=by)


def _extension(unit: Org, by: User, at: datetime) -> None:
    """A question that waits for the street's organiser."""
    term = Term.objects.get(unit=unit, ended_on=None)
    actions.ask_extension(
        term=term, months=4, reason="与社区居委会换届同步进行", at=at - timedelta(hours=3), by=by
    )


# --- dues


def _dues(unit: Org, by: User, dice: Random, today: date, *, first: bool) -> None:
    since = date(today.year, 1, 1) if first else add_months(today.replace(day=1), -2)
    members = list(Membership.objects.members().filter(unit=unit).order_by("pk"))
    for member in members:
        _base(member, by, dice, since)
    month = since
    while month <= today:
        actions.charge_month(unit=unit, month=month, at=noon(month), by=by)
        month = add_months(month, 1)
    for n, member in enumerate(members):
        behind = {1: 7, 4: 3, 6: 1}.get(n % 11, 0)
        _pay(member, by, dice, since, add_months(today.replace(day=1), -behind))
    last_quarter = add_months(today.replace(day=1), -((today.month - 1) % 3)) - timedelta(days=1)
    if first and last_quarter > since and unit.parent is not None:
        actions.forward_dues(
            unit=unit, amount=Decimal(200), on=last_quarter, key=f"demo:{last_quarter}",
            at=noon(last_quarter), by=by, note="三季度党费",
        )  # fmt: skip


def _base(member: Membership, by: User, dice: Random, since: date) -> None:
    old = member.is_veteran
    kind = "retired" if old else dice.choices(("salaried", "laid_off"), (95, 5))[0]
    actions.set_base(
        membership=member, kind=kind, base=Decimal(dice.choice(INCOMES)), from_month=since,
        at=noon(since), by=by,
    )  # fmt: skip


def _pay(member: Membership, by: User, dice: Random, since: date, until: date) -> None:
    """Pay what was owed up to a month, in one or two receipts."""
    owed = member.charges.filter(month__lt=until).order_by("month")
    months = [(one.month, one.amount - one.waived) for one in owed]
    cut = len(months) // 2 if dice.random() < 0.4 else 0
    for k, part in enumerate((months[:cut], months[cut:])):
        total = sum((amount for _month, amount in part), Decimal(0))
        if total:
            on = part[-1][0] + timedelta(days=dice.randrange(4, 26))
            on = min(on, part[-1][0].replace(day=28))
            actions.take_payment(
                membership=member, amount=total, paid_on=on, key=f"demo:{member.pk}:{k}",
                at=noon(on), by=by, method=dice.choice(("cash", "phone", "transfer")),
            )  # fmt: skip


# --- development of members


def _files(unit: Org, by: User, above: User, dice: Random, today: date) -> None:
    """Files that stand in different stages: one late, one waiting for the unit above."""
    for name, months, until in zip(
        APPLICANTS,
        (1, 5, 20, 26, 40),
        ("talk", "educate", "vetting", "approve", "oath"),
        strict=True,
    ):
        applied = add_months(today, -months) - timedelta(days=9 if months == 1 else 0)
        file = actions.admit_applicant(
            unit=unit, name=name, born_on=date(1990 + dice.randrange(12), 5, 1),
            applied_on=applied, papers=PAPER, at=noon(applied), by=by,
        )  # fmt: skip
        _walk(file, until, by, above, dice, today)


def _walk(file: Admission, until: str, by: User, above: User, dice: Random, today: date) -> None:
    """Take steps as soon as they may be taken, until one, or until today."""
    while True:
        step = next_step(file)
        if step is None or step.code == until:
            _reviewed(file, by, dice, today)
            return
        window = next(view for view in schedule(file) if view.state == "now").window
        on = (window.earliest or today) + timedelta(days=dice.randrange(2, 12))
        if window.latest:
            on = max(min(on, window.latest), window.earliest or on)
        if on > today:
            return
        taken = _taken(file, step.needs, on, by, dice)
        file = actions.take_step(
            admission=file, code=step.code, taken=taken, at=noon(on),
            by=above if step.by_above else by,
        )  # fmt: skip


def _reviewed(file: Admission, by: User, dice: Random, today: date) -> None:
    """Look at somebody every half-year, as the rule wants it."""
    while file.review_due_on and file.review_due_on < today:
        day = file.review_due_on - timedelta(days=5)
        actions.write_review(admission=file, on=day, text=dice.choice(REVIEWS), at=noon(day), by=by)
        file.refresh_from_db()


def _taken(
    file: Admission, needs: Iterable[str], on: date, by: User, dice: Random
) -> actions.Taken:
    if "reviews" in needs:
        for months in (7, 1):
            day = add_months(on, -months)
            actions.write_review(
                admission=file, on=day, text=dice.choice(REVIEWS), at=noon(day), by=by
            )
    if "sponsors" in needs:
        people = [
            one.person
            for one in Membership.objects.standing()
            .filter(unit=file.unit, stage=Stage.FULL)
            .select_related("person")
            .order_by("pk")[:2]
        ]
        for role in ("mentor", "sponsor"):
            actions.set_helpers(admission=file, role=role, people=people, at=noon(on), by=by)
    return actions.Taken(
        done_on=on,
        started_on=on - timedelta(days=12) if "notice" in needs else None,
        hours=24 if "hours" in needs else None,
        ballot=actions.Ballot(15, 13, 13) if "vote" in needs else None,
        papers=PAPER,
    )


# --- an election


def _election(unit: Org, by: User, above: User, today: date) -> None:
    """One that has come to the secretary: the committee is elected, the result waits to be reported."""
    day = today - timedelta(days=24)
    election = actions.start_election(
        unit=unit, decided_on=day, seats=3, has_committee=True, at=noon(day), by=by,
        note="届满换届",
    )  # fmt: skip
    _agreed(
        actions.ask_election(
            election=election, reason="任期届满，请示召开党员大会换届", at=noon(day), by=by
        ),
        above, day + timedelta(days=2),
    )  # fmt: skip
    full = Membership.objects.standing().filter(unit=unit, stage=Stage.FULL)
    people = [one.person for one in full.select_related("person").order_by("pk")[:4]]
    day += timedelta(days=8)
    actions.set_candidates(election=election, people=people, at=noon(day), by=by)
    _agreed(
        actions.ask_candidates(election=election, reason="现报候选人预备人选", at=noon(day), by=by),
        above, day + timedelta(days=2),
    )  # fmt: skip
    entitled = full.count()
    present = entitled - entitled // 8
    valid = present - 1
    numbers = {
        "entitled": entitled, "present": present, "issued": present, "returned": present,
        "valid": valid,
    }  # fmt: skip
    favour = (valid, valid - 1, valid - 3, valid // 3)
    marks = {
        one.pk: actions.Marks(yes, valid - yes, 0)
        for one, yes in zip(election.candidates.order_by("pk"), favour, strict=True)
    }
    day += timedelta(days=6)
    actions.record_round(
        election=election, held_on=day, numbers=numbers, marks=marks, tellers="监票人 2 名、计票人 2 名",
        place="社区党群服务中心", at=noon(day), by=by,
    )  # fmt: skip


def _agreed(asking: Asking, above: User, day: date) -> None:
    actions.decide(asking=asking, agree=True, decision="同意", at=noon(day), by=above)


# --- disclosure


def _published(unit: Org, by: User, dice: Random, today: date, *, first: bool) -> None:
    """Publish what was due, but the last of it; what hung on a board long ago is proved and done."""
    wanted = [one for one in expected(today) if one.item.every != "event"]
    for one in wanted[: -3 if first else -6]:
        words = f"{one.item.title}（{one.words}）"
        day = one.due_on - timedelta(days=dice.randrange(1, 6))
        _publish(unit, by, one.item.code, one.period, words, day=day, today=today)
    for gap in gaps([unit], today):
        if gap.row is not None:  # what an event made due
            _publish(unit, by, gap.code, gap.period, gap.title, day=gap.due_on, today=today)


def _publish(
    unit: Org, by: User, code: str, period: str, words: str, *, day: date, today: date
) -> None:
    if day > today:
        return
    item = item_of(code, today)
    if item is None:
        return
    row: Any = actions.publish(
        unit=unit, code=code, period=period, title=words,
        content=f"{words}已按要求公开，欢迎党员群众监督。（样例）",
        place=item.place, public_from=day,
        public_to=day + timedelta(days=item.least_days - 1), at=noon(day), by=by,
    )  # fmt: skip
    if row.public_to < today:
        done = noon(row.public_to + timedelta(days=1))
        actions.finish_disclosure(disclosure=row, papers=PAPER, at=done, by=by)
