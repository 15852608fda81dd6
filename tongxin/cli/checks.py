"""`tongxin verify` and `tongxin bench`: does all still agree, and how fast is it."""

from __future__ import annotations

import json

import click

from .frame import boot, need_tables, progress


@click.command()
@click.option("--case", "number", help="只查一张单（编号，如 120116-20261122-0042）。")
def verify(number: str | None) -> int:
    """核对：每张单的记录链、积分台账与总数、统计数与重新计数。有不符时退出码为 1。"""
    boot(or_demo=True)
    need_tables()
    from tongxin.portal import checking

    with progress("核对记录链") as move_to:
        faults = checking.check_everything(number=number, progress=move_to)
    for fault in faults:
        click.secho(f"✗ {fault}", fg="red", err=True)
    if not faults:
        click.echo("✓ 全部相符")
    return 1 if faults else 0


@click.command()
@click.option("--check", "only_count", is_flag=True, help="只数还有多少行要用旧密钥，不改。")
def reseal(only_count: bool) -> int:
    """更换密钥后，把加密的内容用新密钥重新加密。可以中断，再运行会接着做。有打不开的退出码为 1。"""
    boot(or_demo=True)
    need_tables()
    from django.utils.timezone import now

    from tongxin.accounts import actions

    if only_count:
        left = actions.count_old()
        click.echo(
            f"还有 {left} 行要用旧密钥" if left else "✓ 全部是新密钥，旧密钥可以从设置里去掉"
        )
        return 1 if left else 0
    with progress("重新加密") as move_to:
        told = actions.reseal(at=now(), progress=move_to)
    click.echo(f"✓ 重新加密 {told.done} 项")
    for where in told.broken:
        click.secho(f"✗ 打不开：{where}", fg="red", err=True)
    if told.n_broken:
        click.echo(
            f"  共 {told.n_broken} 项打不开，请把加密它们的旧密钥写回 TONGXIN_SEAL_KEYS", err=True
        )
    return 1 if told.n_broken else 0


@click.group()
def bench() -> None:
    """测速：在真实服务器进程上测每一步的处理器用时。"""


@bench.command("lifecycle")
@click.option(
    "--database",
    type=click.Choice(["sqlite", "postgres"]),
    default="sqlite",
    show_default=True,
    help="用哪种数据库（自己起一个临时的）。",
)
@click.option("--cases", default=200_000, show_default=True, help="先装入多少张已办结的单。")
@click.option("--users", default=24_000, show_default=True, help="先装入多少用户。")
@click.option("--lifecycles", default=200, show_default=True, help="走完五步的次数。")
@click.option("--reads", default=200, show_default=True, help="每种页面读取的次数。")
@click.option("--clients", default=8, show_default=True, help="测响应时间时同时有多少客户。")
@click.option("--json", "as_json", is_flag=True, help="只打印一个 JSON 对象。")
def bench_lifecycle(as_json: bool, **plan) -> None:
    """点单到评单五步的用时，与同机裸 SQL 相比。"""
    from tongxin.bench import command

    figures = command.bench_lifecycle(**plan)
    if as_json:
        click.echo(json.dumps(figures, ensure_ascii=False))
        return
    for key, value in figures.items():
        click.echo(f"{key:>22}  {value}")


@bench.command("orgs")
@click.option(
    "--database",
    type=click.Choice(["sqlite", "postgres"]),
    default="sqlite",
    show_default=True,
    help="用哪种数据库（自己起一个临时的）。",
)
@click.option(
    "--world",
    type=click.Choice(["wuhai", "qindu"]),
    default="qindu",
    show_default=True,
    help="导入哪个合成世界的党员。",
)
@click.option("--branches", default=5000, show_default=True, help="核对多少个支部一年的组织生活。")
@click.option("--cadres", default=6000, show_default=True, help="分派多少名下沉干部。")
@click.option("--communities", default=300, show_default=True, help="分派到多少个社区。")
@click.option("--json", "as_json", is_flag=True, help="只打印一个 JSON 对象。")
def bench_orgs(as_json: bool, **plan) -> None:
    """党员名册导入、组织生活年度核对、下沉干部分派的用时和内存。"""
    from tongxin.bench import orgs

    figures = orgs.bench_orgs(**plan)
    if as_json:
        click.echo(json.dumps(figures, ensure_ascii=False))
        return
    for key, value in figures.items():
        click.echo(f"{key:>22}  {value}")


@bench.command("dispatch")
@click.option("--orders", default=10_000, show_default=True, help="多少张待派的单。")
@click.option("--people", default=24_000, show_default=True, help="多少名志愿者。")
@click.option("--pairs", default=60, show_default=True, help="每张单有多少名可选的人。")
@click.option("--seed", default=1, show_default=True, help="合成数据的种子。")
@click.option("--json", "as_json", is_flag=True, help="只打印一个 JSON 对象。")
def bench_dispatch(as_json: bool, **plan) -> None:
    """批量派单求最优方案的用时、内存，以及最优性证明。"""
    boot(or_demo=False)  # for the sake of imports: no database is asked
    from tongxin.bench import dispatch

    figures = dispatch.bench_dispatch(**plan)
    if as_json:
        click.echo(json.dumps(figures, ensure_ascii=False))
        return
    for key, value in figures.items():
        click.echo(f"{key:>22}  {value}")


@bench.command("text")
@click.option(
    "--data",
    type=click.Path(file_okay=False),
    envvar="TONGXIN_TEXT_DATA",
    help="居民留言数据所在的文件夹（默认读环境变量 TONGXIN_TEXT_DATA，或代码旁的 ../shared/data/taidi）。",
)
@click.option("--cases", default=200_000, show_default=True, help="查找时先装入多少张单。")
@click.option(
    "--database",
    type=click.Choice(["sqlite", "postgres"]),
    default="postgres",
    show_default=True,
    help="查找用哪种数据库（自己起一个临时的）。",
)
@click.option(
    "--only",
    type=click.Choice(["topics", "replies", "duplicates", "search"]),
    help="只测其中一项；其余为空，并写明原因。",
)
@click.option("--json", "as_json", is_flag=True, help="只打印一个 JSON 对象。")
def bench_text(as_json: bool, only: str | None, **plan) -> None:
    """事项分类（五份轮流留出）、答复检查、查重、查找。没有数据的项为空，并写明原因。"""
    from tongxin.bench import text

    with progress("训练和测量") as move_to:
        figures = text.bench_text(only=only or "", progress=move_to, **plan)
    if as_json:
        click.echo(json.dumps(figures, ensure_ascii=False))
        return
    for key, value in figures.items():
        if key not in {"classes", "missing"}:
            click.echo(f"{key:>34}  {'—' if value is None else value}")
    for name, why in figures["missing"].items():
        click.echo(f"{name:>34}  {why}")


@bench.command("field")
@click.option(
    "--database",
    type=click.Choice(["sqlite", "postgres"]),
    default="postgres",
    show_default=True,
    help="用哪种数据库（自己起一个临时的）。",
)
@click.option("--phones", default=100, show_default=True, help="多少部离线后同时回来的手机。")
@click.option("--actions", default=20, show_default=True, help="每部手机存了多少条记录。")
@click.option("--photos", default=2, show_default=True, help="每部手机存了多少张照片。")
@click.option("--seed", default=1, show_default=True, help="合成数据和断线的种子。")
@click.option("--shell/--no-shell", default=True, show_default=True, help="测不测手机端外壳。")
@click.option("--json", "as_json", is_flag=True, help="只打印一个 JSON 对象。")
def bench_field(as_json: bool, **plan) -> None:
    """外勤手机离线后在坏线路上一起回来：有没有丢、有没有重、每条的处理器用时。"""
    from tongxin.bench import field

    figures = field.bench_field(**plan)
    if as_json:
        click.echo(json.dumps(figures, ensure_ascii=False))
        return
    for key, value in figures.items():
        click.echo(f"{key:>22}  {'—' if value is None else value}")


@bench.command("wall")
@click.option(
    "--database",
    type=click.Choice(["sqlite", "postgres"]),
    default="sqlite",
    show_default=True,
    help="用哪种数据库（自己起一个临时的）。",
)
@click.option("--repeats", default=10, show_default=True, help="每种情形测多少次。")
@click.option("--json", "as_json", is_flag=True, help="只打印一个 JSON 对象。")
def bench_wall(as_json: bool, **plan) -> None:
    """5145 个点位的挂图：第一次打开、再次打开、没有变化时服务器各用多少毫秒。"""
    from tongxin.bench import wall

    figures = wall.bench_wall(**plan)
    if as_json:
        click.echo(json.dumps(figures, ensure_ascii=False))
        return
    for key, value in figures.items():
        click.echo(f"{key:>22}  {value}")


COMMANDS = (verify, reseal, bench)
