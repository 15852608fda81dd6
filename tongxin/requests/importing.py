"""Messages from elsewhere become requests: placed, given a topic, filed with their own times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.cases.models import Event, Topic
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.tables import write_xlsx
from tongxin.regions.models import Region
from tongxin.regions.queries import Land

from .actions import file_request
from .guessing import Guesser
from .messages import Message, read_messages
from .models import Channel, ServiceRequest
from .placing import Places, spot_in, spread

DATA = Path(__file__).parent / "data"
SAMPLE_CATALOGUE, SAMPLE_MESSAGES = DATA / "catalogue.csv", DATA / "sample_messages.csv"
BATCH = 200
NEWS = timedelta(days=1)  # what is older at its import is history


@dataclass(frozen=True)
class RefusedRow:
    """A row that was not filed, and why."""

    line: int
    reason: str
    excerpt: str


@dataclass
class Report:
    """What became of a file: how many were filed (or would be), known before, refused."""

    filed: int = 0
    known: int = 0
    guessed: int = 0  # topics that we guessed
    placed: int = 0  # messages that named no place of their own
    refused: list[RefusedRow] = field(default_factory=list)

    def refuse(self, line: int, error: Refused, excerpt: str = "") -> None:
        reason = f"{error.message} {error.remedy}".strip().removeprefix(f"第 {line} 行")
        self.refused.append(RefusedRow(line, reason, excerpt[:60]))

    def write(self, path: Path) -> None:
        """Write the refused rows as XLSX."""
        rows = ([row.line, row.reason, row.excerpt] for row in self.refused)
        header = [_("行号"), _("未导入的原因"), _("内容摘要")]
        write_xlsx(path, header, rows, sheet=_("未导入"), widths=[8, 60, 60])


class Importer:
    """Files messages in batches; keeps what is the same for all of them."""

    def __init__(self, *, at: datetime, home: Land, spread_over: bool, actor=None) -> None:
        self.at, self.actor, self.spread_over = at, actor, spread_over
        self.places = Places(home)
        topics = list(Topic.objects.filter(is_active=True))
        self.topic_of = {topic.code: topic for topic in topics}
        self.guesser = Guesser(topics)
        self._regions: dict[int, Region] = {}
        self.report = Report()

    def file_batch(self, messages: list[Message], *, dry_run: bool) -> None:
        """File a batch in one transaction; what is refused is noted, the others are filed.

        A dry run does all the same and takes it back, so that it refuses the same rows.
        """
        keys = [message.source_key for message in messages]
        known = set(
            ServiceRequest.objects.filter(source_key__in=keys).values_list("source_key", flat=True)
        )
        with transaction.atomic():
            for message in messages:
                if message.source_key in known:
                    self.report.known += 1
                    continue
                known.add(message.source_key)
                try:
                    self._file(message)
                except Refused as error:
                    self.report.refuse(message.line, error, message.title or message.text)
            self._hush(keys)
            transaction.set_rollback(dry_run)

    def _file(self, message: Message) -> None:
        if message.at > self.at:
            raise Invalid(_("时间在将来，请核对"), field="at")
        region, lng, lat, is_named = self.place(message)
        topic, is_guessed = self.topic(message)
        file_request(
            text=message.text,
            title=message.title,
            at=message.at,
            actor=self.actor,
            topic=topic,
            region=region,
            lng=lng,
            lat=lat,
            address=message.address,
            channel=Channel.IMPORT,
            contact=message.contact,
            source_key=message.source_key,
            likes=message.likes,
            answers=None,
        )
        self.report.filed += 1
        self.report.guessed += is_guessed
        self.report.placed += not is_named

    def place(self, message: Message) -> tuple[Region, float | None, float | None, bool]:
        """Return region, point, and whether the message itself named them.

        :raises UnknownPlace, OutsideArea: see `placing.Places.find`
        """
        lng, lat = message.lng, message.lat
        land, is_named = self.places.find(
            code=message.region, street=message.street, community=message.community,
            lng=lng, lat=lat,
        )  # fmt: skip
        if not is_named and self.spread_over:
            land = spread(message.title, message.text, over=land)
            lng, lat = spot_in(land, message.source_key) or (None, None)
        if land.id not in self._regions:
            self._regions[land.id] = Region.objects.defer("polygon").get(pk=land.id)
        return self._regions[land.id], lng, lat, is_named

    def topic(self, message: Message) -> tuple[Topic | None, bool]:
        if message.item:
            if message.item not in self.topic_of:
                raise Invalid(_("没有代码为“%s”的事项") % message.item[:10], field="item")
            return self.topic_of[message.item], False
        topic = self.guesser.guess(message.title, message.text)
        return topic, topic is not None

    def _hush(self, keys: list[str]) -> None:
        """History is not news: nobody is told of what was filed long before the import."""
        Event.objects.filter(
            case__request__source_key__in=keys, at__lt=self.at - NEWS, settled_at__isnull=True
        ).update(settled_at=self.at)


def import_messages(
    *,
    data: bytes,
    name: str,
    at: datetime,
    home: Land,
    mapping: Mapping[str, str] | None = None,
    spread_over: bool = False,
    dry_run: bool = False,
    limit: int | None = None,
    actor=None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """File the messages of a CSV or XLSX file as requests with their own times; safe to repeat.

    `home` is where messages lie that name no place; with `spread_over` those are spread over its
    communities by their words (made up: for demos). `progress(done, total)` hears of rows.

    :raises NoSuchColumn: see `map_columns`; and the refusals of `kit.tables` for the whole file
    """
    importer = Importer(at=at, home=home, spread_over=spread_over, actor=actor)
    # All is read before anything is written: a file that breaks off in the middle changes nothing.
    rows = list(islice(read_messages(data, name=name, mapping=mapping), limit))
    batch: list[Message] = []
    for read, row in enumerate(rows, start=1):
        if isinstance(row, Message):
            batch.append(row)
        else:
            importer.report.refuse(*row)
        if len(batch) == BATCH:
            importer.file_batch(batch, dry_run=dry_run)
            batch.clear()
        if progress and read % 20 == 0:
            progress(read, len(rows))
    importer.file_batch(batch, dry_run=dry_run)
    importer.report.refused.sort(key=lambda row: row.line)
    return importer.report
