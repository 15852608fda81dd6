"""The mission, counted: which lines of docs/mission.md are shown by passing tests.

A test claims lines by `@pytest.mark.mission("S0.48", …)`. With `--mission FILE` the run prints how
many lines of each article are shown and which are not yet, and writes them to FILE as JSON.
"""

import json
import re
from collections import defaultdict
from pathlib import Path

import pytest

LINES = Path(__file__).parent.parent / "docs" / "mission.md"


def mission_lines() -> list[str]:
    """Return the ids of all lines in the order of the document."""
    return re.findall(r"^\| (S\d\.\d+) \|", LINES.read_text(), re.MULTILINE)


def with_states(text: str, verdicts: dict[str, dict]) -> str:
    """Return the document with its state column as the tests have it, and where a shown line lives."""

    def told(match: re.Match) -> str:
        line, words, where, state = match.groups()
        verdict = verdicts[line]
        if verdict["shown"]:
            apps = {test.split("/")[1] for test in verdict["tests"] if test.startswith("tongxin/")}
            where, state = ", ".join(sorted(apps)) or where, "shown"
        elif state == "shown":
            state = "in work"
        return f"| {line} | {words} | {where} | {state} |"

    row = r"^\| (S\d\.\d+) \| (.*) \| ([^|]*) \| ([^|]*) \|$"
    return re.sub(row, told, text, flags=re.MULTILINE)


def pytest_addoption(parser):
    parser.addoption("--mission", metavar="FILE", help="count the mission's lines into FILE")


def pytest_configure(config):
    if config.getoption("--mission") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Counter(Path(config.getoption("--mission"))), "mission")


def pytest_collection_modifyitems(items):
    known = set(mission_lines())
    for item in items:
        ids = {name for mark in item.iter_markers("mission") for name in mark.args}
        if unknown := ids - known:
            raise pytest.UsageError(f"{item.nodeid} claims unknown lines {sorted(unknown)}")
        if ids:
            item.user_properties.append(("mission", sorted(ids)))


class Counter:
    """Collects, on the controller, what each claiming test did."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.passed, self.failed = defaultdict(set), defaultdict(set)

    def pytest_runtest_logreport(self, report):
        for name, ids in report.user_properties:
            if name != "mission":
                continue
            for line in ids:
                if report.when == "call" and report.passed:
                    self.passed[line].add(report.nodeid)
                elif not report.passed:  # failed or skipped, in whichever phase
                    self.failed[line].add(report.nodeid)

    def verdicts(self) -> dict[str, dict]:
        return {
            line: {
                "shown": bool(self.passed[line]) and not self.failed[line],
                "tests": sorted(self.passed[line] | self.failed[line]),
            }
            for line in mission_lines()
        }

    def pytest_sessionfinish(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        verdicts = self.verdicts()
        self.path.write_text(json.dumps(verdicts, ensure_ascii=False, indent=1) + "\n")
        LINES.write_text(with_states(LINES.read_text(), verdicts))

    def pytest_terminal_summary(self, terminalreporter):
        verdicts = self.verdicts()
        for article in sorted({line.split(".")[0] for line in verdicts}):
            own = {k: v for k, v in verdicts.items() if k.startswith(f"{article}.")}
            missing = [line for line, verdict in own.items() if not verdict["shown"]]
            terminalreporter.write_line(f"{article}: {len(own) - len(missing)} of {len(own)} shown")
            if missing:
                terminalreporter.write_line(f"    not yet: {' '.join(missing)}")
        shown = sum(verdict["shown"] for verdict in verdicts.values())
        terminalreporter.write_line(
            f"mission: {shown} of {len(verdicts)} lines shown -> {self.path}"
        )
