"""The command line, as people type it: words out, exit codes, and never a traceback."""

import os
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from tongxin.accounts.models import User
from tongxin.accounts.queries import user_of_token
from tongxin.cases.models import Case, Event, Topic
from tongxin.cli import main
from tongxin.cli.frame import boot
from tongxin.kit.tables import read_table
from tongxin.orgs.models import Post
from tongxin.requests.actions import file_request
from tongxin.testing import NOON

MESSAGES = "时间,标题,内容\n2026-02-28 11:25,水管漏水,厨房水管漏水\n昨天,路灯,路灯坏了\n"


def run(*words: str, exit_code: int = 0):
    result = CliRunner().invoke(main, words)
    assert result.exit_code == exit_code, result.output
    assert "Traceback" not in result.output
    return result


def every_command(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from every_command(command, (*path, name))
        elif command.add_help_option:
            yield (*path, name)


@pytest.mark.parametrize("path", list(every_command(main)), ids=" ".join)
def test_every_command_explains_itself(path):
    words = run(*path, "--help").stdout.splitlines()
    assert any("\u4e00" <= letter <= "\u9fff" for letter in " ".join(words[1:4]))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["imort"], "没有这个命令"),
        (["token"], "缺少 'USER'"),
        (["token", "ann", "--forever"], "没有选项 --forever"),
        (["token", "ann", "--days", "x"], "'--days' 的值不对"),
        (["import", "messages", "没有.csv"], "的值不对"),
    ],
)
def test_a_wrong_word_is_told_in_chinese(words, sentence):
    result = run(*words, exit_code=2)
    assert sentence in result.stderr
    assert "--help" in result.stderr


def test_without_tables_it_says_what_to_do(tmp_path):
    environment = dict(os.environ, TONGXIN_VAR=str(tmp_path), DATABASE_URL="")
    done = subprocess.run(
        [sys.executable, "-m", "tongxin.cli", "serve"],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.strip() == "✗ 数据库还没有建好，或不是最新的。请先运行：tongxin setup"


def test_the_demo_is_used_where_it_is_the_only_data(monkeypatch):
    monkeypatch.setattr("tongxin.demo.place.is_only_data", lambda: True)
    for name in ("TONGXIN_VAR", "DATABASE_URL"):
        monkeypatch.setenv(name, "x")
        monkeypatch.delenv(name)
    boot(or_demo=True)
    assert os.environ["TONGXIN_VAR"].endswith("var/demo")


class TestImportMessages:
    @pytest.fixture
    def file(self, tmp_path):
        path = tmp_path / "留言.csv"
        path.write_text(MESSAGES)
        return str(path)

    def test_a_dry_run_writes_nothing(self, world, file):
        result = run("import", "messages", file, "--dry-run", exit_code=1)
        assert "可以导入 1 条" in result.stdout
        assert not Case.objects.exists()

    def test_it_files_and_tells_what_it_refused(self, world, file, tmp_path):
        report = tmp_path / "报告.xlsx"
        result = run("import", "messages", file, "--report", str(report), exit_code=1)
        assert "第 3 行：“时间”：“昨天”不是时间" in result.stderr
        assert "放在滨海新区" in result.stdout
        assert Case.objects.get().title == "水管漏水"
        assert len(list(read_table(report, name="报告.xlsx").rows)) == 1

    def test_a_region_can_be_named(self, world, file):
        run("import", "messages", file, "--region", world.south.code, exit_code=1)
        assert Case.objects.get().street == world.south

    def test_a_wrong_region_or_mapping_changes_nothing(self, world, file):
        assert "没有代码" in run("import", "messages", file, "--region", "9", exit_code=1).stderr
        assert "列名=字段" in run("import", "messages", file, "--map", "x", exit_code=2).stderr
        wrong = run("import", "messages", file, "--map", "没有=at", exit_code=1)
        assert "文件里的列：时间、标题、内容" in wrong.stderr
        assert not Case.objects.exists()

    def test_without_land_it_says_what_to_do(self, db, file):
        result = run("import", "messages", file, exit_code=1)
        assert "tongxin import regions" in result.stderr


class TestPeople:
    def test_a_token_opens_the_api_for_its_user(self, world):
        token = run("token", "zhang", "--days", "3").stdout.strip()
        assert user_of_token(token, NOON) == world.zhang

    def test_a_token_of_nobody_is_refused(self, world):
        assert "没有用户“nobody”" in run("token", "nobody", exit_code=1).stderr

    def test_a_user_is_added_and_given_a_post(self, world):
        run("user", "add", "qian", "--name", "钱多", "--password", "correct-horse-9")
        run("post", "add", "qian", "--org", "城市管理委", "--role", "handler")
        user = User.objects.get(username="qian")
        assert user.check_password("correct-horse-9")
        assert Post.objects.get(user=user).region == world.tong

    @pytest.mark.parametrize(
        ("words", "sentence"),
        [
            (["user", "add", "zhang", "--name", "张", "--no-password"], "已有人使用"),
            (["user", "add", "new", "--name", "新", "--password", "12345678"], "密码太弱"),
            (["post", "add", "zhang", "--org", "没有", "--role", "handler"], "没有叫“没有”的组织"),
            (["post", "add", "zhang", "--org", "水务局", "--role", "king"], "没有角色“king”"),
            (
                ["post", "add", "zhang", "--org", "水务局", "--role", "handler", "--region", "1"],
                "没有代码",
            ),
        ],
    )
    def test_what_cannot_be_is_refused(self, world, words, sentence):
        before = (User.objects.count(), Post.objects.count())
        assert sentence in run(*words, exit_code=1).stderr
        assert (User.objects.count(), Post.objects.count()) == before


class TestCatalogue:
    def test_it_comes_in_goes_out_and_comes_in_unchanged(self, db, tmp_path):
        assert "新增 56 项" in run("import", "catalogue").stdout
        sheet = str(tmp_path / "目录.xlsx")
        assert "56 项" in run("export", "catalogue", sheet).stdout
        assert "未变 56 项" in run("import", "catalogue", sheet).stdout

    def test_a_broken_sheet_changes_nothing(self, db, tmp_path):
        sheet = tmp_path / "目录.csv"
        sheet.write_text("大类代码,大类名称,事项代码,事项名称,积分\n01,一,0101,甲,很多\n")
        assert "第 2 行“积分”" in run("import", "catalogue", str(sheet), exit_code=1).stderr
        assert not Topic.objects.exists()


class TestVerifyAndWork:
    @pytest.fixture
    def tap(self, world) -> Case:
        return file_request(text="漏水", topic=world.tap, region=world.p1, at=NOON, actor=world.sun)

    def test_work_once_does_what_is_due(self, tap):
        assert "处理了" in run("work", "--once").stdout
        tap.refresh_from_db()
        assert tap.is_counted

    def test_what_was_not_altered_agrees(self, tap):
        assert "全部相符" in run("verify").stdout
        assert "全部相符" in run("verify", "--case", tap.number).stdout

    def test_an_altered_event_is_found(self, tap):
        Event.objects.filter(case=tap).update(note="从来没有这回事")
        result = run("verify", exit_code=1)
        assert f"{tap.number} 第 1 条记录" in result.stderr

    def test_an_unknown_case_is_refused(self, tap):
        assert "没有编号" in run("verify", "--case", "1", exit_code=1).stderr


def test_the_commands_of_django_can_be_reached(db):
    run("django", "check")
