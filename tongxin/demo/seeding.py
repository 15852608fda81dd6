"""Seeds the demo's world, each part only where it is missing; a second start writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.db import connection, transaction

from tongxin.accounts.models import Notice, User
from tongxin.affairs.models import Term
from tongxin.alliances.models import Alliance
from tongxin.cadres.models import Operation
from tongxin.campaigns.models import Campaign
from tongxin.care.models import CareFile
from tongxin.cases.actions import count_cases, load_catalogue_sheet
from tongxin.cases.models import Case, Event, RoutingRuleSet, Topic
from tongxin.conferences.models import ConferenceBody
from tongxin.dispatching.models import Simulation
from tongxin.documents.models import NumberRegister
from tongxin.dual_report.models import MemberReport
from tongxin.economy.models import VillageYear
from tongxin.fieldwork.models import Plan
from tongxin.findings.models import Finding
from tongxin.funds.models import Line
from tongxin.grids.models import GridProfile
from tongxin.hotline.models import Call
from tongxin.inspections.models import Site
from tongxin.library.models import Exemplar
from tongxin.matters.models import HotRun
from tongxin.meetings.models import Meeting
from tongxin.mobile.models import Device
from tongxin.open311.models import ClientKey
from tongxin.orgs.models import Membership, Org, OrgChange, Person, Post, Volunteer
from tongxin.places.models import Centre
from tongxin.projects.models import Task as KeyTask
from tongxin.regions.actions import import_regions
from tongxin.regions.models import Region
from tongxin.renovation.models import RenovationCampaign
from tongxin.requests.importing import SAMPLE_CATALOGUE
from tongxin.requests.models import ServiceRequest
from tongxin.searching.actions import rebuild
from tongxin.searching.models import Entry
from tongxin.secretaries.models import SelectionRound
from tongxin.standards.models import Programme
from tongxin.taking_part.models import Motion
from tongxin.texts.models import TextModel

from .affairs import make_affairs
from .alliances import make_alliances
from .cadres import make_cadres
from .campaigns import make_campaigns
from .care import make_care
from .cast import make_people
from .conferences import make_conferences
from .dispatching import make_dispatching
from .documents import make_documents
from .doors import make_open311
from .dual_report import make_dual_report
from .economy import make_economy
from .fieldwork import make_fieldwork
from .findings import make_findings
from .funds import make_funds
from .grids import make_grids, report_some
from .hotline import make_hotline
from .inspections import make_inspections
from .institutions import make_institutions
from .library import make_library
from .mailbox import has_letters, make_mailbox
from .matters import make_matters
from .meetings import make_meetings
from .members import make_members
from .mobile import make_mobile
from .offices import make_street_offices
from .places import make_places
from .play import play
from .projects import make_projects
from .renovation import make_renovation
from .replay import NEWS, as_it_happens, written_at_once
from .routing import make_routing
from .secretaries import make_secretaries
from .standards import make_standards
from .taking_part import make_taking_part
from .texts import make_texts
from .units import make_units

DISTRICT = "120116"
LARGE = (Region, User, Org, Post, Person, Membership, Volunteer, Case, Event)
OTHERS = ("150302", "150303", "150304", "610402")  # 乌海市's three districts, 秦都区
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Size:
    """How large the demo is; tests play a small one."""

    others: tuple[str, ...] = OTHERS
    grids: int = 4
    volunteers: int = 300
    history: int | None = None  # how many letters beside the scenes of the opening; None: all
    real: int = 180
    whistles: int = 8
    wishes: int = 14


def seed(*, at: datetime, size: Size, seed: int = 1, progress: Progress | None = None) -> list[str]:
    """Bring land, catalogue, organisations, people and cases; return what was made, in words.

    `at` is where the play ends and the visitor begins.
    """
    say = progress or (lambda what, done, total: None)
    made = []
    for name, is_missing, make in (
        ("区划和网格", _no_land, lambda: _make_land(at, size, say)),
        ("事项目录", lambda: not Topic.objects.exists(), lambda: _make_catalogue(at)),
        ("组织", lambda: not Org.objects.exists(), lambda: _make_orgs(seed)),
        ("人员", _no_people, lambda: _make_people(at, size, seed)),
        ("党员", lambda: not Person.objects.exists(), lambda: _make_members(at, seed)),
        ("党务", lambda: not Term.objects.exists(), lambda: _make_affairs(at, seed)),
        ("组织生活", lambda: not Meeting.objects.exists(), lambda: _make_meetings(at, seed)),
        ("书记队伍", _no_secretaries, lambda: _make_secretaries(at, seed)),
        ("双报到", lambda: not MemberReport.objects.exists(), lambda: _make_dual_report(at, seed)),
        ("组织沿革", lambda: not OrgChange.objects.exists(), lambda: _make_units(at, seed)),
        ("应急行动", lambda: not Operation.objects.exists(), lambda: _make_cadres(at, seed)),
        ("标准化建设", lambda: not Programme.objects.exists(), lambda: _make_standards(at, seed)),
        ("监督检查", lambda: not Site.objects.exists(), lambda: _make_inspections(at, seed)),
        ("问题整改", _no_findings, lambda: _make_findings(at, seed)),
        ("公文", lambda: not NumberRegister.objects.exists(), lambda: _make_documents(at, seed)),
        ("巡查走访", _no_visits, lambda: _make_fieldwork(at, seed)),
        (
            "点单和流转",
            _no_cases,
            lambda: play(district(), at=at, size=size, seed=seed, progress=say),
        ),
        ("网格和部件", lambda: not GridProfile.objects.exists(), lambda: _make_grids(at, seed)),
        ("专项任务", lambda: not Campaign.objects.exists(), lambda: _make_campaigns(at, seed)),
        ("外勤手机", lambda: not Device.objects.exists(), lambda: _make_mobile(at, seed)),
        ("关爱帮扶", lambda: not CareFile.objects.exists(), lambda: _make_care(at, seed)),
        ("党群阵地", lambda: not Centre.objects.exists(), lambda: _make_places(at, seed)),
        ("资金专账", lambda: not Line.objects.exists(), lambda: _make_funds(at, seed)),
        ("集体经济", lambda: not VillageYear.objects.exists(), lambda: _make_economy(at, seed)),
        ("案例与学习", lambda: not Exemplar.objects.exists(), lambda: _make_library(at, seed)),
        ("党建联盟", lambda: not Alliance.objects.exists(), lambda: _make_alliances(at, seed)),
        ("重点任务", lambda: not KeyTask.objects.exists(), lambda: _make_projects(at, seed)),
        (
            "阵地改造",
            lambda: not RenovationCampaign.objects.exists(),
            lambda: _make_renovation(at, seed),
        ),
        ("联席会议", _no_bodies, lambda: _make_conferences(at, seed)),
        ("居民议事", lambda: not Motion.objects.exists(), lambda: _make_taking_part(at, seed)),
        ("流转规则", lambda: not RoutingRuleSet.objects.exists(), lambda: _make_routing(at)),
        ("热线", lambda: not Call.objects.exists(), lambda: _make_hotline(at, seed)),
        ("系统对接", lambda: not ClientKey.objects.exists(), lambda: _make_open311(at, seed)),
        ("派单", lambda: not Simulation.objects.exists(), lambda: _make_dispatching(at, seed)),
        ("来信", lambda: not has_letters(), lambda: _make_mailbox(at, seed)),
        ("同一件事", lambda: not HotRun.objects.exists(), lambda: _make_matters(at, seed)),
        ("文本助手", lambda: not TextModel.objects.exists(), lambda: make_texts(at=at)),
    ):
        if is_missing():
            say(name, 0, 0)
            with transaction.atomic(), written_at_once():
                make()
            made.append(name)
            _know_the_sizes()
    if made:
        Notice.objects.filter(at__lt=at - NEWS).delete()
    while count_cases():
        pass
    if not Entry.objects.exists():
        say("检索", 0, 0)
        rebuild(at=at)
    return made


def _know_the_sizes() -> None:
    """Let PostgreSQL count what was just written: without it a join of the next part takes minutes."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            tables = ", ".join(connection.ops.quote_name(m._meta.db_table) for m in LARGE)
            cursor.execute(f"ANALYZE {tables}")


def district() -> Region:
    return Region.objects.get(code=DISTRICT, level=Region.Level.DISTRICT)


def _no_land() -> bool:
    return not Region.objects.filter(code__startswith=DISTRICT, level=Region.Level.GRID).exists()


def _make_land(at: datetime, size: Size, say: Progress) -> None:
    import_regions(
        at=at - timedelta(days=3650),
        districts=(DISTRICT, *size.others),
        grids_per_community=size.grids,
        progress=say,
    )


def _make_catalogue(at: datetime) -> None:
    data = SAMPLE_CATALOGUE.read_bytes()
    load_catalogue_sheet(data, name=SAMPLE_CATALOGUE.name, by=None, at=at - timedelta(days=900))


def _make_orgs(seed: int) -> None:
    make_institutions(district(), Random(f"{seed}|orgs"))  # noqa: S311


def _no_people() -> bool:
    return not User.objects.filter(username="resident").exists()


def _make_people(at: datetime, size: Size, seed: int) -> None:
    dice, joined = Random(f"{seed}|people"), at - timedelta(days=700)  # noqa: S311
    make_people(district(), dice, at=joined, volunteers=size.volunteers)


def _make_members(at: datetime, seed: int) -> None:
    make_members(district(), Random(f"{seed}|members"), at=at)  # noqa: S311


def _make_dual_report(at: datetime, seed: int) -> None:
    make_dual_report(district(), Random(f"{seed}|report-in"), at=at)  # noqa: S311


def _make_meetings(at: datetime, seed: int) -> None:
    make_meetings(Random(f"{seed}|meetings"), at=at)  # noqa: S311


def _no_secretaries() -> bool:
    return not SelectionRound.objects.exists()


def _make_secretaries(at: datetime, seed: int) -> None:
    make_secretaries(district(), Random(f"{seed}|secretaries"), at=at)  # noqa: S311


def _make_affairs(at: datetime, seed: int) -> None:
    make_affairs(Random(f"{seed}|affairs"), at=at)  # noqa: S311


def _make_dispatching(at: datetime, seed: int) -> None:
    make_dispatching(district(), Random(f"{seed}|dispatching"), at=at)  # noqa: S311


def _make_units(at: datetime, seed: int) -> None:
    make_units(district(), Random(f"{seed}|units"), at=at)  # noqa: S311
    make_street_offices(district(), Random(f"{seed}|offices"), at=at)  # noqa: S311


def _make_cadres(at: datetime, seed: int) -> None:
    make_cadres(district(), Random(f"{seed}|cadres"), at=at)  # noqa: S311


def _no_visits() -> bool:
    return not Plan.objects.filter(source_kind="").exists()


def _make_grids(at: datetime, seed: int) -> None:
    make_grids(district(), Random(f"{seed}|grids"), at=at)  # noqa: S311
    report_some(district(), at=at)


def _no_bodies() -> bool:
    return not ConferenceBody.objects.exists()


def _make_conferences(at: datetime, seed: int) -> None:
    make_conferences(district(), Random(f"{seed}|conferences"), at=at)  # noqa: S311


def _make_taking_part(at: datetime, seed: int) -> None:
    make_taking_part(district(), Random(f"{seed}|taking-part"), at=at)  # noqa: S311


def _make_funds(at: datetime, seed: int) -> None:
    make_funds(district(), Random(f"{seed}|funds"), at=at)  # noqa: S311


def _make_economy(at: datetime, seed: int) -> None:
    make_economy(district(), Random(f"{seed}|economy"), at=at)  # noqa: S311


def _make_places(at: datetime, seed: int) -> None:
    make_places(district(), Random(f"{seed}|places"), at=at)  # noqa: S311


def _make_care(at: datetime, seed: int) -> None:
    make_care(district(), Random(f"{seed}|care"), at=at)  # noqa: S311


def _make_alliances(at: datetime, seed: int) -> None:
    make_alliances(district(), Random(f"{seed}|alliances"), at=at)  # noqa: S311


def _make_library(at: datetime, seed: int) -> None:
    make_library(district(), Random(f"{seed}|library"), at=at)  # noqa: S311


def _make_renovation(at: datetime, seed: int) -> None:
    make_renovation(district(), Random(f"{seed}|renovation"), at=at)  # noqa: S311


def _make_projects(at: datetime, seed: int) -> None:
    make_projects(district(), Random(f"{seed}|projects"), at=at)  # noqa: S311


def _make_campaigns(at: datetime, seed: int) -> None:
    make_campaigns(district(), Random(f"{seed}|campaigns"), at=at)  # noqa: S311


def _make_fieldwork(at: datetime, seed: int) -> None:
    make_fieldwork(district(), Random(f"{seed}|fieldwork"), at=at)  # noqa: S311


def _make_mobile(at: datetime, seed: int) -> None:
    make_mobile(district(), Random(f"{seed}|mobile"), at=at)  # noqa: S311


def _make_standards(at: datetime, seed: int) -> None:
    make_standards(district(), Random(f"{seed}|standards"), at=at)  # noqa: S311


def _no_findings() -> bool:
    return not Finding.objects.filter(source_kind="").exists()


def _make_findings(at: datetime, seed: int) -> None:
    make_findings(district(), Random(f"{seed}|findings"), at=at)  # noqa: S311


def _make_inspections(at: datetime, seed: int) -> None:
    make_inspections(district(), Random(f"{seed}|inspections"), at=at)  # noqa: S311


def _make_documents(at: datetime, seed: int) -> None:
    make_documents(district(), Random(f"{seed}|documents"), at=at)  # noqa: S311


def _make_open311(at: datetime, seed: int) -> None:
    with as_it_happens(lambda: at):
        make_open311(district(), Random(f"{seed}|open311"), at=at)  # noqa: S311


def _make_routing(at: datetime) -> None:
    make_routing(district(), at=at)


def _make_matters(at: datetime, seed: int) -> None:
    make_matters(district(), Random(f"{seed}|matters"), at=at)  # noqa: S311


def _make_mailbox(at: datetime, seed: int) -> None:
    make_mailbox(district(), Random(f"{seed}|mailbox"), at=at)  # noqa: S311


def _make_hotline(at: datetime, seed: int) -> None:
    make_hotline(district(), Random(f"{seed}|hotline"), at=at)  # noqa: S311


def _no_cases() -> bool:
    return not ServiceRequest.objects.filter(source_key__startswith="demo:").exists()
