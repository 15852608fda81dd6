"""The documents say what the code does: commands, settings, flows, words on buttons, links."""

import configparser
import json
import re
import tomllib
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import click
import pytest

from tests.mission import mission_lines
from tongxin.cases.flow import all_flows
from tongxin.cli import main
from tools.words import words

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
GUIDE = DOCS / "用户手册"
PAGES = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")),
    *sorted(DOCS.rglob("*.md")),
]
LONGEST_ARCHITECTURE = 350
LARGEST_IMAGE = 200_000
STATES = {"planned", "in work", "shown"}


def text_of(name: str) -> str:
    return (ROOT / name).read_text()


def each(paths):
    return pytest.mark.parametrize("path", paths, ids=lambda path: str(path.relative_to(ROOT)))


# Commands.


def commands(group: click.Group, before: str) -> list[tuple[str, click.Command]]:
    """Return every command below a group with its full name."""
    found = []
    for name, command in group.commands.items():
        full = f"{before} {name}"
        if isinstance(command, click.Group):
            found += commands(command, full)
        else:
            found.append((full, command))
    return found


def test_every_command_is_documented():
    documented = set(re.findall(r"^\| `(tongxin [\w ]+)` \|", text_of("docs/operations.md"), re.M))
    assert documented == {name for name, _command in commands(main, "tongxin")}


@pytest.mark.parametrize("name,command", commands(main, "tongxin"), ids=str)
def test_every_option_of_a_command_is_one_that_is_there(name, command):
    row = re.search(rf"^\| `{name}` \|(.*)$", text_of("docs/operations.md"), re.M)
    there = {option for param in command.params for option in param.opts}
    assert set(re.findall(r"`(--[\w-]+)`", row[1])) <= there


@each(PAGES)
def test_a_page_names_only_commands_that_are_there(path):
    known = {name for name, _command in commands(main, "tongxin")}
    groups = {" ".join(name.split()[:2]) for name in known}
    for name in re.findall(r"`tongxin( [a-z]+)(?: [^`]*)?`", path.read_text()):
        assert f"tongxin{name}" in groups


@each(PAGES)
def test_a_page_names_only_make_targets_that_are_there(path):
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.M))
    named = re.findall(r"(?:^|`)(?:sudo -u tongxin )?make ([a-z-]+)", path.read_text(), re.M)
    assert set(named) <= targets


# Settings.


def settings_read() -> set[str]:
    """Return the names that settings.py takes from the environment."""
    source = text_of("tongxin/settings.py")
    read = re.findall(r'(?:env_flag|env_list|environ\.get)\(\s*"([A-Z0-9_]+)"', source)
    return {*read, *(name.upper() for name in re.findall(r'kept_secret\("(\w+)"\)', source))}


def test_every_setting_is_documented_and_no_other():
    rows = re.findall(r"^\| `(TONGXIN_\w+|DATABASE_URL)` \|", text_of("docs/operations.md"), re.M)
    assert sorted(rows) == sorted(settings_read())


@each(PAGES)
def test_a_page_names_only_variables_that_are_read(path):
    by_commands = {param.envvar for _name, cmd in commands(main, "tongxin") for param in cmd.params}
    tests = set(re.findall(r"TONGXIN_\w+", text_of("tests/components.py")))
    named = set(re.findall(r"\bTONGXIN_[A-Z0-9_]+", path.read_text()))
    assert named <= settings_read() | by_commands | tests


# Words.


@pytest.mark.parametrize("flow", all_flows(), ids=lambda flow: flow.kind)
def test_the_glossary_knows_every_step_and_move(flow):
    glossary = set(re.findall(r"`(\w+)`", text_of("docs/glossary.md")))
    named = {*flow.step_of, *flow.move_of, flow.kind}
    if not flow.kind.startswith("chore"):  # the engine's own, for tests
        assert named <= glossary


@cache
def on_screen() -> frozenset[str]:
    of_scripts = [json.loads(path.read_text()) for path in ROOT.glob("frontend/*/words.en.json")]
    return frozenset(word.text for word in words()).union(*of_scripts)


@each(sorted(GUIDE.glob("*.md")))
def test_the_user_guide_uses_the_words_of_the_screen(path):
    """In the guide 【…】 is what stands on a button, a tab or a heading."""
    named = set(re.findall(r"【([^】]+)】", path.read_text()))
    assert named
    assert named - on_screen() == set()


def test_the_user_guide_has_a_page_for_everybody():
    assert {path.stem for path in GUIDE.glob("*.md")} == {
        *("README", "居民", "志愿者与网格员", "社区派单员", "党组织验单员"),
        *("街镇与区", "部门", "管理员", "组织与党员", "组织生活", "换届、发展、党费与公开"),
        *("第一书记与书记管理", "应急与下沉干部", "双报到", "表格导入导出", "标准化建设"),
        *("网格与部件", "专项任务与减负", "监督检查", "巡查与走访", "问题整改", "关爱帮扶"),
        *(
            "热线话务员",
            "流转规则与对接",
            "公文",
            "外勤手机端",
            "议事与调查",
            "联席会议与清单",
            "党建联盟与园区",
            "资金与集体经济",
            "案例与学习",
        ),
        *(
            "重点任务与项目",
            "党群服务中心",
            "阵地改造",
        ),
    }


# The mission.


def test_the_mission_can_be_read_by_machine():
    rows = re.findall(r"^\| (S\d\.\d+) \|(.*)\|$", text_of("docs/mission.md"), re.M)
    assert len(rows) == len(mission_lines()) == len(set(mission_lines())) == 333
    for name, rest in rows:
        what, where, state = (cell.strip() for cell in rest.split(" | "))
        assert what and where and state in STATES, name


# The house.


def test_every_app_says_what_it_is():
    for path in sorted((ROOT / "tongxin").glob("*/__init__.py")):
        assert re.match(r'"""\S', path.read_text()), path


def test_the_architecture_draws_the_floors_of_the_contract():
    contract = configparser.ConfigParser()
    contract.read(ROOT / ".importlinter")
    layers = contract["importlinter:contract:floors"]["layers"].split("\n")
    floors = [set(layer.split(" | ")) for layer in layers if layer]
    picture = text_of("docs/architecture.md").split("```")[1].partition("testing\n")[2]
    apps = set().union(*floors)
    drawn = [apps & set(line.split()) for line in picture.splitlines()]
    assert [names for names in drawn if names] == floors


def test_the_architecture_can_be_read_in_one_sitting():
    assert len(text_of("docs/architecture.md").splitlines()) <= LONGEST_ARCHITECTURE


def test_every_app_has_its_paragraph():
    text = text_of("docs/architecture.md")
    for path in (ROOT / "tongxin").glob("*/__init__.py"):
        if path.parent.name != "cli":
            assert f"**{path.parent.name}**" in text


def test_the_decisions_are_numbered_listed_and_whole():
    pages = sorted((DOCS / "adr").glob("[0-9]*.md"))
    index = text_of("docs/adr/README.md")
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        text = page.read_text()
        title = re.match(rf"# {page.name[:4]} — (.+)\n", text)
        assert f"| [{page.name[:4]}]({page.name}) | {title[1]} |" in index
        assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == [
            *("Context", "Decision", "Consequences")
        ]


def test_the_changelog_knows_this_version():
    version = tomllib.loads(text_of("pyproject.toml"))["project"]["version"]
    assert re.search(
        rf"^## \[{re.escape(version)}\] — \d{{4}}-\d\d-\d\d$", text_of("CHANGELOG.md"), re.M
    )


def test_the_readme_has_the_two_commands_and_a_picture():
    text = text_of("README.md")
    assert re.search(r"^make demo\b", text, re.M)
    assert re.search(r"^make test\b", text, re.M)
    assert "](docs/images/" in text


# Links.


def anchors(path: Path) -> set[str]:
    """Return the anchors that a page's headings make, as code forges write them."""
    heads = re.findall(r"^#+ (.+)$", path.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@each(PAGES)
def test_links_lead_somewhere(path):
    text = re.sub(r"```.*?```", "", path.read_text(), flags=re.S)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        file, _, anchor = unquote(link).partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@each(sorted((DOCS / "images").glob("*")))
def test_a_picture_is_light_and_shown(path):
    assert path.suffix == ".png"
    assert path.stat().st_size < LARGEST_IMAGE
    assert any(f"images/{path.name})" in page.read_text() for page in PAGES)
