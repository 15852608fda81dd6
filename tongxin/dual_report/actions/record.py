"""The record of service: an entry once for each service, set right by a counter entry (民政部令第67号)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Membership, Person
from tongxin.regions.models import Region

from ..models import ServiceEntry
from .common import only_another, only_desk


class CorrectedAlready(Refused):
    """An entry is corrected once; the next correction is of the correction."""


class BadMinutes(Invalid):
    """Nobody serves less than nothing, or longer than it took."""


@transaction.atomic
def write_service(
    *,
    user: User | None,
    person: Person | None,
    community: Region,
    service: str,
    what: str,
    minutes: int,
    at: datetime,
    recorded_at: datetime,
    source: str,
    by: User,
) -> ServiceEntry:
    """Write service into the record; the same `source` only once. `minutes` are without travel.

    A user who is a person of the register has both on the entry, and the home branch of now.
    """
    if person is None and user is not None:
        person = Person.objects.filter(user=user).first()
    if user is None and person is not None:
        user = person.user
    unit = None
    if person is not None:
        standing = Membership.objects.members().filter(person=person)
        unit = standing.values_list("unit", flat=True).first()
    entry, _made = ServiceEntry.objects.get_or_create(
        key=source,
        defaults={
            "user": user, "person": person, "unit_id": unit, "community": community,
            "service": service, "what": what[:120], "minutes": minutes, "at": at,
            "recorded_at": recorded_at, "by": by, "source": source,
        },
    )  # fmt: skip
    return entry


@transaction.atomic
def correct_service(
    *, entry: ServiceEntry, minutes: int, reason: str, by: User, at: datetime
) -> ServiceEntry:
    """Set an entry right by a counter entry with the difference; both stay.

    :raises NotYourCommunity, NotOnesOwn: for who does not act for the community, and oneself
    :raises CorrectedAlready: if it has been corrected, or is a correction
    :raises BadMinutes: below nothing, or if nothing changes
    """
    entry = (
        ServiceEntry.objects.select_for_update(of=("self",))
        .select_related("community")
        .get(pk=entry.pk)
    )
    only_desk(by, entry.community.path)
    only_another(by, entry.user_id)
    if entry.corrects_id is not None or ServiceEntry.objects.filter(corrects=entry).exists():
        raise CorrectedAlready(_("这条记录已经更正过。"))
    if minutes < 0 or minutes == entry.minutes:
        raise BadMinutes(_("请填写更正后的分钟数。"), field="minutes")
    reason = clean_text(reason, limit=200, field_label=_("更正原因"), required=True)
    audit(actor=by, action="service.correct", object=f"entry {entry.pk}", reason=reason, at=at)
    return ServiceEntry.objects.create(
        user_id=entry.user_id, person_id=entry.person_id, unit_id=entry.unit_id,
        community_id=entry.community_id, service=entry.service, what=entry.what,
        minutes=minutes - entry.minutes, at=entry.at, recorded_at=at, by=by, source=entry.source,
        key=f"{entry.key}:corrected", corrects=entry, reason=reason,
    )  # fmt: skip
