"""What several tests of affairs need: days as moments, more members, a paper."""

from datetime import UTC, date, datetime, timedelta

from tongxin.accounts.models import User
from tongxin.orgs.models import Membership, Person

PDF = b"%PDF-1.4\n%%EOF\n"
PAPERS = (("材料.pdf", PDF),)


def noon(day: date) -> datetime:
    """Noon of a day in China."""
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


def member(world, name: str, *, unit=None, stage="full", user=False, full_on=date(2010, 7, 1)):
    person = Person.objects.create(
        name=name,
        born_on=date(1980, 1, 1),
        user=User.objects.create(username=name, name=name) if user else None,
    )
    return Membership.objects.create(
        person=person,
        unit=unit or world.branch,
        stage=stage,
        from_date=full_on,
        admitted_on=full_on - timedelta(days=365) if stage != "applicant" else None,
        full_on=full_on if stage == "full" else None,
    )


def fresh(user: User) -> User:
    """The same user, who has not been asked for their posts yet."""
    return User.objects.get(pk=user.pk)
