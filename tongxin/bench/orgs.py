"""`tongxin bench orgs`: the import of a district's members, the yearly rule check, an allocation.

Each is measured in a process of its own on a scratch database, so that neither what was made
before nor what the other left behind is in the figures. CPU is that of the process; the peak is
all its memory, the interpreter and the libraries included.

    python -m tongxin.bench.orgs '{"part": "import", …}'
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from .children import scratch
from .command import machine
from .worlds import PLANS, import_file, make_root, write_sheets

YEAR = 2026
AT = datetime(YEAR, 11, 2, 2, 0, tzinfo=UTC)
DEFAULTS = {"world": "qindu", "branches": 5000, "cadres": 6000, "communities": 300}
# Kinds of meetings and every how many months a branch holds them (中国共产党支部工作条例（试行）第四章).
HELD = (
    *(("committee_meeting", 1), ("group_meeting", 1), ("theme_day", 1)),
    *(("general_meeting", 3), ("lecture", 3)),
)
NAMES = ("import_cpu_s", "import_peak_mb", "rule_check_s", "allocation_s", "allocation_gap")


def bench_orgs(*, database: str, world: str, branches: int, cadres: int, communities: int) -> dict[str, Any]:  # fmt: skip
    """Measure on a fresh database of the kind named ("sqlite" or "postgres")."""
    plan = {"world": world, "branches": branches, "cadres": cadres, "communities": communities}
    figures: dict[str, Any] = {}
    with scratch(database) as place:
        for part in ("prepare", "import", "check", "allocate"):
            given = plan | {"folder": str(place.folder), "part": part}
            figures |= place.measure("orgs", json.dumps(given))
    extra = {name: value for name, value in figures.items() if name not in NAMES}
    return {
        **{name: figures.get(name) for name in NAMES},
        "database": database,
        "world": world,
        **extra,
        **machine(),
    }


def _quiet(what: str, done: int, total: int) -> None:
    sys.stderr.write(f"\r{what} {done}/{total}  ")
    sys.stderr.flush()


def prepare(plan: dict[str, Any]) -> dict[str, Any]:
    """Make the tables, the committee above all and its units."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    chosen = PLANS[plan["world"]]
    user = make_root(chosen, at=AT)
    units, _members = write_sheets(chosen, Path(plan["folder"]))
    started = time.process_time()
    taken = import_file("units", units, by=user, at=AT, progress=_quiet)
    return {"units": taken.total, "units_cpu_s": round(time.process_time() - started, 2)}


def measure_import(plan: dict[str, Any]) -> dict[str, Any]:
    """Import the members: upload, columns, every row checked, confirmed, written."""
    from tongxin.accounts.models import User
    from tongxin.orgs.models import Membership

    chosen = PLANS[plan["world"]]
    user = User.objects.get(username=f"{chosen.name}-organiser")
    members = Path(plan["folder"]) / f"{chosen.name}-members.xlsx"
    started, clock = time.process_time(), time.perf_counter()
    import_file("members", members, by=user, at=AT, progress=_quiet)
    spent, passed = time.process_time() - started, time.perf_counter() - clock
    written = Membership.objects.count()
    if written != chosen.members:
        raise RuntimeError(f"{written} of {chosen.members} members were written")
    return {
        "members": written,
        "import_cpu_s": round(spent, 2),
        "import_wall_s": round(passed, 2),
        "import_peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def measure_check(plan: dict[str, Any]) -> dict[str, Any]:
    """Check a year of organisation life of so many branches, with the meetings they mostly hold."""
    from tongxin.meetings.queries import yearly_check

    meetings = _fill_year(plan["branches"])
    started = time.process_time()
    findings = yearly_check(YEAR)
    return {
        "rule_check_s": round(time.process_time() - started, 2),
        "rule_check_branches": plan["branches"],
        "rule_check_meetings": meetings,
        "rule_check_findings": len(findings),
    }


def _fill_year(branches: int) -> int:
    """Write branches and the meetings of a year: some months missing here and there."""
    from tongxin.accounts.models import User
    from tongxin.meetings.actions import load_rules
    from tongxin.meetings.models import Meeting
    from tongxin.orgs.models import Org
    from tongxin.regions.models import Region

    load_rules(at=AT, by=None)
    region = Region.objects.get(level=Region.Level.DISTRICT)
    first = Org.objects.create(name="测速党委", kind="party", unit_kind="committee", region=region)
    units = Org.objects.bulk_create(
        [
            Org(
                name=f"测速第{n}党支部", kind="party", unit_kind="branch", sector="community",
                region=region, parent=first, path=f"{first.path}x{n}/", founded_on=date(2015, 1, 1),
            )
            for n in range(branches)
        ],
        batch_size=500,
    )  # fmt: skip
    by = User.objects.values_list("pk", flat=True)[0]
    held = []
    for number, unit in enumerate(units):
        for month in range(1, 13):
            for kind, every in HELD:
                is_missing = (number * 7 + month * 3) % 41 == 0
                if month % every == 0 and not is_missing:
                    at = datetime(YEAR, month, 1 + (number + month) % 27, 6, 0, tzinfo=UTC)
                    held.append(_meeting(Meeting, unit, kind, at, by))
    Meeting.objects.bulk_create(held, batch_size=500)
    return len(held)


def _meeting(model: Any, unit: Any, kind: str, at: datetime, by: int) -> Any:
    return model(
        unit=unit, kind=kind, title="测速", starts_at=at, ends_at=at + timedelta(hours=2),
        month=at.year * 100 + at.month, venue="会议室", chair="书记", state="approved",
        created_by_id=by, created_at=at, held_at=at, approved_at=at,
    )  # fmt: skip


def measure_allocation(plan: dict[str, Any]) -> dict[str, Any]:
    """Send so many cadres into the communities, with the proof of how good it is."""
    from tongxin.cadres.actions import make_instance, solve

    instance = make_instance(YEAR, cadres=plan["cadres"], communities=plan["communities"])
    started = time.process_time()
    result = solve(instance)
    return {
        "allocation_s": round(time.process_time() - started, 2),
        "allocation_gap": round(result.gap / max(1, result.objective), 6),
        "allocation_cadres": plan["cadres"],
    }


PARTS = {
    "prepare": prepare,
    "import": measure_import,
    "check": measure_check,
    "allocate": measure_allocation,
}


def main(plan: dict[str, Any]) -> None:
    """In a child: one part, and its figures as JSON."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongxin.settings")
    django.setup()
    sys.stdout.write(json.dumps(PARTS[plan["part"]](plan)) + "\n")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
