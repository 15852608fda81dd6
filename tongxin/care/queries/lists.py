"""What the pages list: files by view, rounds with their counts, errands by month, stays, pairings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.cases.models import Case, Evidence
from tongxin.kit.text import mask_name
from tongxin.ui.paging import bad_cursor, cut, page_of

from ..models import (
    Aid,
    AidRound,
    CareFile,
    Errand,
    FundEntry,
    Look,
    Measure,
    Pairing,
    QuarterReport,
    RightsRequest,
    RoundHousehold,
    Stay,
    StayService,
)
from .calendar import quarter_of
from .files import Line, expiring, found_by_name, listed
from .visits import overdue

PAGE = 50
VIEWS = ("all", "late", "ending", "closed")


def files_page(
    actor: User, *, view: str, kind: str, name: str, cursor: str, on: date
) -> tuple[list[Line], str]:
    """Return a page of the files the actor reads, and the cursor of the next ("" at the end).

    Overdue ones are listed whole, longest first; the others by id, newest first.
    """
    rows = CareFile.objects.visible_to(actor).select_related("grid")
    if kind:
        rows = rows.filter(kind=kind)
    if name:
        rows = found_by_name(rows, name)
    if view == "late":
        return listed(overdue(rows, on)[: 4 * PAGE], on), ""
    if view == "ending":
        rows = expiring(rows, on)
    elif view == "closed":
        rows = rows.filter(closed_at__isnull=False, forgotten_at__isnull=True)
    else:
        rows = rows.standing()
    if after := uuid_of(cursor):
        rows = rows.filter(pk__lt=after)
    page, following = cut(list(rows.order_by("-pk")[: PAGE + 1]), PAGE)
    return listed(page, on), following


def uuid_of(cursor: str) -> UUID | None:
    """:raises BadCursor: for what no page gave"""
    if not cursor:
        return None
    try:
        return UUID(cursor)
    except ValueError as error:
        raise bad_cursor() from error


def file_counts(actor: User, on: date) -> dict[str, int]:
    """Return how many files stand, are overdue, end soon, for the tabs of the list; one query."""
    rows = CareFile.objects.visible_to(actor).standing()
    soon = expiring(CareFile.objects.all(), on)
    found: dict[str, int] = rows.aggregate(
        all=Count("pk"), late=Count("pk", filter=Q(next_due_on__lt=on)),
        ending=Count("pk", filter=Q(pk__in=soon.values("pk"))),
    )  # fmt: skip
    return found


# Aid.


def aids_of(file: CareFile) -> list[Aid]:
    rows = file.aids.select_related("fund", "org", "by", "corrects", "corrected_by")
    return list(rows.order_by("-on", "-pk")[:100])


@dataclass(frozen=True)
class Reached:
    """A round with how many households are on its list and how many were reached."""

    round: AidRound
    total: int
    done: int
    left: int

    @property
    def percent(self) -> int:
        return round(100 * self.done / self.total) if self.total else 0


def rounds_seen(actor: User) -> list[Reached]:
    """Return the rounds on the actor's land, newest first, each with its counts. One query."""
    rows = AidRound.objects.visible_to(actor).select_related("region", "fund")
    rows = rows.annotate(
        total=Count("households"),
        done=Count("households", filter=Q(households__state="done")),
        left=Count("households", filter=Q(households__state="todo")),
    )
    return [Reached(one, one.total, one.done, one.left) for one in rows.order_by("-pk")[:50]]


@dataclass(frozen=True)
class Household:
    """A household of a list: masked, or whole for who has opened the list today."""

    row: RoundHousehold
    name: str
    door: str


def round_of(actor: User, pk: int) -> AidRound | None:
    rows = AidRound.objects.visible_to(actor).select_related("region", "fund")
    return rows.filter(pk=pk).first()


def looked_at(actor: User, what: str, on: date) -> bool:
    return Look.objects.filter(user=actor.pk, what=what, day=on).exists()


def households_page(
    actor: User, found: AidRound, *, state: str, cursor: int, on: date, whole: bool | None = None
) -> tuple[list[Household], str]:
    """Return a page of a round's households the actor sees, by id; `whole`: they looked today."""
    rows = RoundHousehold.objects.visible_to(actor).filter(round=found.pk)
    if state in RoundHousehold.State.values:
        rows = rows.filter(state=state)
    rows = rows.filter(pk__gt=cursor).select_related("grid").order_by("pk")
    page, following = cut(list(rows[: PAGE + 1]), PAGE)
    if whole is None:
        whole = looked_at(actor, f"care.round:{found.pk}", on)
    box = sealer()
    shown = []
    for row in page:
        name = box.open(row.name_sealed)
        shown.append(
            Household(
                row, name if whole else mask_name(name), box.open(row.door_sealed) if whole else ""
            )
        )
    return shown, following


def household_of(actor: User, pk: int) -> RoundHousehold | None:
    rows = RoundHousehold.objects.visible_to(actor).select_related("round", "grid")
    return rows.filter(pk=pk).first()


def reached_of(found: AidRound) -> Reached:
    sums = found.households.aggregate(
        total=Count("pk"), done=Count("pk", filter=Q(state="done")),
        left=Count("pk", filter=Q(state="todo")),
    )  # fmt: skip
    return Reached(found, sums["total"], sums["done"], sums["left"])


def reached_by_grid(found: AidRound) -> list[tuple[str, int, int]]:
    """Return (community and grid, on the list, reached) of a round: figures, no households."""
    rows = found.households.values_list(
        "grid__path", "grid__parent__short_name", "grid__short_name"
    )
    counted = rows.annotate(n=Count("pk"), d=Count("pk", filter=Q(state="done")))
    return [(f"{of} {name}", n, d) for _path, of, name, n, d in counted.order_by("grid__path")]


# Errands.


@dataclass(frozen=True)
class Month:
    """The errands of a volunteer in a month: how many, what they cost, what is settled."""

    volunteer: str
    count: int
    spent_fen: int
    settled: int
    open: int


def errands_page(rows: QuerySet[Errand], cursor: str) -> tuple[list[Errand], str]:
    rows = rows.select_related("case", "volunteer", "resident")
    if after := uuid_of(cursor):
        rows = rows.filter(pk__lt=after)
    return cut(list(rows.order_by("-pk")[: PAGE + 1]), PAGE)


def errand_months(actor: User, first: date, after: date) -> list[Month]:
    """Return the errands the actor sees that were finished in a time, by volunteer. One query."""
    rows = Errand.objects.visible_to(actor).filter(
        finished_at__date__gte=first, finished_at__date__lt=after
    )
    counted = rows.values_list("volunteer__name").annotate(
        n=Count("pk"), fen=Sum("spent_fen"), s=Count("pk", filter=Q(state="settled")),
        o=Count("pk", filter=~Q(state="settled")),
    )  # fmt: skip
    return [
        Month(name or "", n, fen or 0, s, o)
        for name, n, fen, s, o in counted.order_by("volunteer__name")
    ]


def receipts_of(errand: Errand) -> list[Evidence]:
    rows = Evidence.objects.filter(case=errand.case_id, kind=Evidence.Kind.RECEIPT)
    return list(rows.order_by("pk"))


def orders_with_money(actor: User) -> list[Case]:
    """Return the orders in hand whose topic asks for a receipt, and that have no terms yet."""
    rows = Case.objects.visible_to(actor).filter(
        holder=actor.pk, kind="request", closed_at=None, topic__needs_receipt=True,
        step="accepted", errand=None,
    )  # fmt: skip
    return list(rows.select_related("topic").order_by("-id")[:20])


# Stays.


@dataclass(frozen=True)
class Guest:
    stay: Stay
    name: str
    is_ending: bool


def stays_page(actor: User, *, state: str, cursor: str, on: date) -> tuple[list[Guest], str]:
    """Return a page of those who live for a time in the actor's grid or community, masked."""
    rows = Stay.objects.visible_to(actor).select_related("grid")
    if state in Stay.State.values:
        rows = rows.filter(state=state)
    else:
        rows = rows.standing()
    if after := uuid_of(cursor):
        rows = rows.filter(pk__lt=after)
    page, following = cut(list(rows.order_by("-pk")[: PAGE + 1]), PAGE)
    box = sealer()
    return [
        Guest(one, mask_name(box.open(one.name_sealed)), (one.until - on).days <= 14)
        for one in page
    ], following


def contents_of_stay(stay: Stay) -> dict[str, str]:
    """Return what is sealed of a registration. Only after a look, or for the person."""
    box = sealer()
    return {
        "name": box.open(stay.name_sealed),
        "phone": box.open(stay.phone_sealed),
        "door": box.open(stay.door_sealed),
    }


def own_stays(user: User) -> list[Stay]:
    rows = Stay.objects.filter(user=user.pk, forgotten_at=None).select_related("grid", "impact")
    return list(rows.prefetch_related("services").order_by("-pk"))


def own_stay(user: User, pk: UUID) -> Stay | None:
    return Stay.objects.filter(user=user.pk, forgotten_at=None, pk=pk).first()


def services_of(stay: Stay) -> list[StayService]:
    return list(stay.services.order_by("pk"))


# Rights.


def rights_seen(actor: User) -> list[RightsRequest]:
    """Return what people asked of the actor's community, unanswered first."""
    rows = RightsRequest.objects.visible_to(actor).select_related("file", "asked_by")
    return list(rows.order_by("answer", "due_on", "pk")[:100])


def words_of_right(asked: RightsRequest) -> str:
    return sealer().open(asked.text_sealed)


# Pairings.


@dataclass(frozen=True)
class Stood:
    """A pairing with its measures and quarters, unsealed for a reader who has opened the file."""

    pairing: Pairing
    measures: list[tuple[Measure, str, str]]
    quarters: list[tuple[QuarterReport, str]]


def pairings_of(file: CareFile) -> list[Stood]:
    box = sealer()
    rows = file.pairings.select_related("org", "helper")
    rows = rows.prefetch_related("measures", "quarters").order_by("until", "-pk")
    return [
        Stood(
            one,
            [(m, box.open(m.text_sealed), box.open(m.result_sealed)) for m in one.measures.all()],
            [(q, box.open(q.text_sealed)) for q in one.quarters.all()],
        )
        for one in rows
    ]


def pairing_figures(path: str, on: date) -> dict[str, int]:
    """Return how many households are stood by on the land, by how many, how many reported the quarter."""
    year, quarter, _first, _after = quarter_of(on)
    told = Q(quarters__year=year, quarters__quarter=quarter)
    found = Pairing.objects.filter(file__area__under=path, until=None).aggregate(
        n_pairings=Count("pk", distinct=True),
        n_households=Count("file", distinct=True),
        n_measures=Count("measures", distinct=True),
        n_done=Count("measures", distinct=True, filter=Q(measures__done_on__isnull=False)),
        n_reported=Count("quarters", distinct=True, filter=told),
    )
    return {name.removeprefix("n_"): n for name, n in found.items()}


def entries_page(rows: QuerySet[FundEntry], cursor: str) -> tuple[list[FundEntry], str]:
    """Return a page of a fund's ledger, newest first."""
    return page_of(rows.select_related("by"), cursor, PAGE)


def opened_of(actor: User, files: list[CareFile], on: date) -> set[UUID]:
    """Return which of these files the actor has opened today."""
    rows = Look.objects.filter(user=actor.pk, file__in=[one.pk for one in files], day=on)
    return set(rows.values_list("file", flat=True))
