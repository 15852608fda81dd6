"""A small demo: one district, a few letters, played to the end; and the second start."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from tongxin.accounts.models import Notice, User
from tongxin.accounts.queries import DEMO_USERS
from tongxin.cases.models import Case, Event
from tongxin.cases.queries import moves_open_to
from tongxin.demo.cast import PASSWORD, home_of
from tongxin.demo.seeding import Size, district, seed
from tongxin.orgs.models import Org, Volunteer
from tongxin.portal.checking import check_everything
from tongxin.regions.models import Region
from tongxin.requests.models import ServiceRequest

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)  # a Sunday afternoon: stories do not depend on it
SMALL = Size(others=(), grids=2, volunteers=60, history=70, real=0, whistles=2, wishes=5)

# The whole demonstration is made once: half a minute, several on a busy machine.
pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker, tmp_path_factory):
    """Seed once for all tests of this file, and take it all back at the end."""
    from django.db import transaction
    from django.test import override_settings

    from tongxin.regions.queries import forget

    apart = override_settings(VAR_DIR=tmp_path_factory.mktemp("var"))
    with apart, django_db_blocker.unblock(), transaction.atomic():
        forget()
        made = seed(at=NOW, size=SMALL)
        yield made
        transaction.set_rollback(True)
        forget()


@pytest.fixture
def home(demo) -> Region:
    return home_of(district())


def test_everything_is_made_once(demo):
    assert demo == [
        "区划和网格", "事项目录", "组织", "人员", "党员", "党务", "组织生活", "书记队伍", "双报到", "组织沿革", "应急行动",
        "标准化建设", "监督检查", "问题整改", "公文", "巡查走访", "点单和流转", "网格和部件", "专项任务", "外勤手机", "关爱帮扶", "党群阵地",
        "资金专账", "集体经济", "案例与学习", "党建联盟", "重点任务", "阵地改造", "联席会议", "居民议事", "流转规则", "热线", "系统对接",
        "派单", "来信", "同一件事", "文本助手",
    ]  # fmt: skip
    before = (
        Case.objects.count(),
        Event.objects.count(),
        User.objects.count(),
        Org.objects.count(),
    )
    assert seed(at=NOW + timedelta(days=1), size=SMALL) == []
    assert before == (
        Case.objects.count(), Event.objects.count(), User.objects.count(), Org.objects.count(),
    )  # fmt: skip


def test_the_land_is_that_of_binhai(demo):
    assert district().name == "滨海新区"
    levels = Counter(Region.objects.values_list("level", flat=True))
    assert (levels["street"], levels["community"]) == (26, 505)


def test_every_role_of_the_front_page_is_there(demo):
    users = User.objects.filter(username__in=DEMO_USERS).in_bulk(field_name="username")
    assert set(users) == set(DEMO_USERS)
    assert users["dispatcher"].check_password(PASSWORD)
    assert users["admin"].is_superuser


def test_the_district_is_alive(demo, home):
    """Something waits for each of the people of the front page."""
    steps = set(Case.objects.filter(kind="request", community=home).values_list("step", flat=True))
    assert steps >= {"filed", "hall", "dispatched", "accepted", "done", "verified"}
    people = User.objects.in_bulk(field_name="username")
    for username, move in (
        ("dispatcher", "dispatch"),
        ("volunteer", "grab"),
        ("grid_worker", "finish"),
        ("handler", "finish"),
        ("verifier", "verify"),
        ("resident", "rate"),
        ("officer", "supervise"),
    ):
        actor = people[username]
        seen = Case.objects.visible_to(actor).open().select_related("topic")
        open_moves = {one.name for case in seen for one in moves_open_to(actor, case)}
        assert move in open_moves, username


def test_stories_went_all_the_way_round(demo):
    """Late and redone, low ratings and follow-ups, whistles and wishes: all by ordinary moves."""
    names = Counter(Event.objects.values_list("name", flat=True))
    assert min(names[name] for name in ("finish", "verify", "rate", "check_in", "grab")) > 0
    assert min(names[name] for name in ("yellow", "red", "report_in", "confirm", "claim")) > 0
    assert ServiceRequest.objects.filter(stars__isnull=False).count() > 10
    assert Volunteer.objects.filter(points__gt=0).exists()
    assert Case.objects.filter(kind="follow_up").exists()


def test_nothing_happened_after_now(demo):
    assert not Event.objects.filter(at__gt=NOW).exists()
    assert not Event.objects.filter(recorded_at__gt=NOW).exists()


def test_notices_are_of_the_last_days(demo):
    first = Notice.objects.earliest("at").at
    assert NOW - timedelta(days=4) < first
    assert Notice.objects.filter(user__username="dispatcher", read_at=None).exists()


def test_all_agrees(demo):
    assert check_everything() == []


def test_photos_of_work_are_kept(demo):
    from tongxin.cases.models import Evidence

    evidence = Evidence.objects.filter(kind="after").first()
    assert evidence.thumb.size < evidence.file.size
    assert evidence.uploaded_by is not None
