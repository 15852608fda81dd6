"""What is known of people: masks, who keeps their register, what their dates mean."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.kit.identity import mask_id_number
from tongxin.kit.text import mask_phone

from ..models import MemberPairing, Membership, MobileStay, Org, Person, Post
from ..scope import READERS, REGISTRARS, unit_roles
from .member_rules import add_months, member_rule

TAIL = 16  # hex digits kept of the index of a telephone's end


def tail_index(phone: str) -> str:
    """Return what a telephone's last four digits are found by; keyed, so that it tells nothing."""
    return sealer().index(f"tail:{phone[-4:]}")[:TAIL] if len(phone) >= 4 else ""


def masked_numbers(person: Person) -> dict[str, str]:
    """Return identity number and telephone as they are shown: 120***********002X, 138****5678."""
    opened = sealer()
    return {
        "identity": mask_id_number(opened.open(person.identity_sealed)),
        "phone": mask_phone(opened.open(person.phone_sealed)),
    }


def standing_membership(person: Person) -> Membership | None:
    """Return the membership of a person that has not ended, with its unit."""
    return person.memberships.standing().select_related("unit", "person").first()


def keeps_person(actor, person: Person) -> bool:
    """Say whether the actor keeps the register that a person stands in now."""
    return not _roles_over(actor, person).isdisjoint(REGISTRARS)


def reads_person(actor, person: Person) -> bool:
    """Say whether the actor may read that register."""
    return not _roles_over(actor, person).isdisjoint(READERS)


def _roles_over(actor, person: Person) -> set[str]:
    path = person.memberships.standing().values_list("unit__path", flat=True).first()
    return unit_roles(actor, path) if path else set()


def registrars_of(unit: Org, on: date) -> list[User]:
    """Return who keeps the register of a unit: of the unit itself, or of the nearest above it."""
    ids = [int(part) for part in unit.path.strip("/").split("/") if part]
    posts = (
        Post.objects.held_on(on)
        .filter(org__in=ids, role__in=REGISTRARS, user__is_active=True)
        .select_related("user")
    )
    by_unit: dict[int, list[User]] = {}
    for post in posts:
        by_unit.setdefault(post.org_id, []).append(post.user)
    return next((by_unit[pk] for pk in reversed(ids) if pk in by_unit), [])


def party_age(membership: Membership, on: date) -> int | None:
    """Return full years of membership: they count from full membership (党章第七条); None before it."""
    if membership.full_on is None or membership.full_on > on:
        return None
    return _years(membership.full_on, on)


def age(person: Person, on: date) -> int | None:
    return _years(person.born_on, on) if person.born_on else None


def _years(since: date, on: date) -> int:
    return on.year - since.year - ((on.month, on.day) < (since.month, since.day))


def reached_medal(on: date) -> Q:
    """Return the filter of memberships whose 党龄 reaches fifty years by a day (光荣在党50年, S2.14)."""
    years = member_rule("medal_years", on).value
    return Q(stage=Membership.Stage.FULL, full_on__lte=add_months(on, -12 * years))


@dataclass(frozen=True)
class Hint:
    """What a rule makes of the dates: a suggestion with its reason; people decide."""

    code: str
    text: str
    source: str
    tone: str = "waiting"  # of state_badge


def hints_of(membership: Membership, stay: MobileStay | None, on: date) -> list[Hint]:
    """Return what should be looked at for a member on a day, most urgent first.

    党员教育管理工作条例: contact lost for six months, suspended for two years, away for six months.
    """
    found: list[Hint | None] = []
    if membership.lost_since:
        found.append(_lost(membership, membership.lost_since, on))
    if stay is not None and stay.back_on is None:
        found += [_away(stay, on), _uncalled(stay, on)]
    if membership.stage == Membership.Stage.PROBATIONARY and membership.admitted_on:
        found.append(_due_full(membership.admitted_on, on))
    years = party_age(membership, on)
    if years is not None and years >= (rule := member_rule("medal_years", on)).value:
        told = _("党龄已满 %d 年，符合“光荣在党50年”纪念章的党龄条件。") % years
        found.append(Hint("medal", told, rule.source, "done"))
    return [hint for hint in found if hint is not None]


def _lost(membership: Membership, since: date, on: date) -> Hint:
    if membership.suspended_on:
        rule = member_rule("removal_years", on)
        end = add_months(membership.suspended_on, 12 * rule.value)
        words = {"day": membership.suspended_on, "years": rule.value, "end": end}
        if on >= end:
            told = _("停止党籍已满 %(years)d 年（自 %(day)s 起），确实联系不上的，按程序予以除名。")
            return Hint("remove", told % words, rule.source, "late")
        told = _("已停止党籍（%(day)s）。继续查找；到 %(end)s 仍无法联系的，按程序予以除名。")
        return Hint("suspended", told % words, rule.source)
    rule = member_rule("lost_months", on)
    end = add_months(since, rule.value)
    words = {"day": since, "months": rule.value, "end": end}
    if on >= end:
        told = _(
            "失去联系已满 %(months)d 个月（自 %(day)s 起），查找后仍联系不上的，按程序停止党籍。"
        )
        return Hint("suspend", told % words, rule.source, "late")
    told = _("自 %(day)s 起失去联系。请继续查找；到 %(end)s 满 %(months)d 个月。")
    return Hint("search", told % words, rule.source)


def _away(stay: MobileStay, on: date) -> Hint | None:
    rule = member_rule("away_months", on)
    if on < add_months(stay.since, rule.value):
        return None
    told = _(
        "外出已满 %(months)d 个月（自 %(day)s 起），地点或单位相对固定的，一般应转移组织关系。"
    )
    return Hint("transfer", told % {"months": rule.value, "day": stay.since}, rule.source)


def _uncalled(stay: MobileStay, on: date) -> Hint | None:
    rule = member_rule("contact_days", on)
    last = max(filter(None, (stay.since, stay.last_contact_on, stay.reported_on)))
    days = (on - last).days
    if days <= rule.value:
        return None
    told = _("已 %(days)d 天没有联系记录，流动党员应至少每 %(most)d 天联系一次。")
    return Hint("call", told % {"days": days, "most": rule.value}, rule.source)


def _due_full(admitted_on: date, on: date) -> Hint | None:
    end = add_months(admitted_on, 12)
    if on < end:
        return None
    told = _("预备期已于 %s 满一年，应按期讨论转正。") % end
    return Hint("full", told, _("发展党员工作细则：预备期一年，从支部大会通过之日算起"))


def stays_of(memberships: Iterable[Membership]) -> dict[int, MobileStay]:
    """Return the open stays elsewhere, by membership; one query."""
    rows = MobileStay.objects.open().filter(membership__in=[one.pk for one in memberships])
    return {stay.membership_id: stay for stay in rows.select_related("host")}


def pairings_with(person: Person) -> list[MemberPairing]:
    """Return the pairings a person stands in, on either side, the standing ones first; one query."""
    rows = MemberPairing.objects.filter(Q(helper=person) | Q(helped=person))
    found = list(rows.select_related("helper", "helped"))
    return sorted(found, key=lambda one: (one.until is not None, -one.pk))


def account_for(person: Person) -> User | None:
    """Return the account that signs in with the telephone of this person, if nobody is linked to it."""
    if not person.phone_index:
        return None
    return User.objects.filter(
        phone_index=person.phone_index, is_active=True, person__isnull=True
    ).first()


def user_of_phone(phone: str) -> User | None:
    """Return the active account of a telephone."""
    index = sealer().index(phone)
    return User.objects.filter(phone_index=index, is_active=True).first() if index else None
