"""The demo's visits: every page has something to show, what is secret stays so, twice is the same."""

from random import Random

import pytest
from django.db import transaction

from tongxin.accounts.models import User
from tongxin.demo.fieldwork import NAMED, make_fieldwork
from tongxin.fieldwork.models import Checklist, OfficePoint, Plan, Visit
from tongxin.findings.models import Finding
from tongxin.orgs.models import Org, Post
from tongxin.regions.models import Region
from tongxin.regions.queries import forget

from .test_members import NOW

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def place(land, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    home = Region.objects.get(name="社区0")
    for n in range(1, 5):
        Region.objects.create(
            code=f"12011600100000{n}", name=f"第{n}网格", short_name=f"第{n}网格", level="grid",
            parent=home, path=f"{home.path}{n:03d}/", lng=117.7 + n / 100, lat=39.0,
        )  # fmt: skip
    where = {"dispatcher": home, "officer": home.parent, "inspector": land, "district": land}
    for name in NAMED:
        user = User.objects.create(username=name, name=name)
        region = where.get(name, home)
        org = Org.objects.create(name=f"{name}的单位", kind="community", region=region)
        role = "officer" if name == "district" else name
        for one in Region.objects.filter(level="grid") if role == "grid_worker" else [region]:
            Post.objects.create(user=user, org=org, role=role, region=one)
    forget()
    yield land
    forget()


def test_every_page_has_something_to_show(place):
    made = make_fieldwork(place, Random(1), at=NOW)
    assert made == Visit.objects.filter(state="done").count() > 40
    states = set(Visit.objects.values_list("state", flat=True))
    assert states >= {"planned", "done", "missed"}
    kinds = set(Visit.objects.filter(state="done").values_list("kind", flat=True))
    assert kinds >= {"patrol", "contact", "household", "unannounced", "office_point", "acceptance"}
    assert Finding.objects.filter(source_kind="visit").exists()
    assert Visit.objects.exclude(marks=[]).exists()
    assert OfficePoint.objects.public().count() == 3
    assert Plan.objects.exclude(state="waiting").count() == 5
    assert Plan.objects.get(state="waiting").approvals.get(verdict="").title == "社区台账规范检查"
    assert Checklist.objects.filter(is_sample=True).count() == Checklist.objects.count()
    secret = Visit.objects.filter(kind="unannounced", begun_at=None)
    dispatcher = User.objects.get(username="dispatcher")
    assert secret.exists()
    assert not (Visit.objects.visible_to(dispatcher) & secret).exists()


def test_the_same_seed_makes_the_same_visits(place):
    def once():
        with transaction.atomic():
            make_fieldwork(place, Random(3), at=NOW)
            found = list(Visit.objects.order_by("number").values_list("number", "state", "note"))
            transaction.set_rollback(True)
        return found

    assert once() == once()
