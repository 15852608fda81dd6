"""`tongxin simulate`: a year of orders under four ways of dispatching, without any database."""

from __future__ import annotations

import json
from pathlib import Path

import click

from .frame import boot, progress

MOST_SEEDS = 20


@click.command()
@click.option(
    "--orders",
    default=197_000,
    show_default=True,
    type=click.IntRange(100, 2_000_000),
    help="一年多少张单子。",
)
@click.option(
    "--volunteers",
    default=24_000,
    show_default=True,
    type=click.IntRange(10, 200_000),
    help="多少名志愿者。",
)
@click.option("--seed", default=1, show_default=True, help="第一个随机种子。")
@click.option(
    "--seeds",
    default=1,
    show_default=True,
    type=click.IntRange(1, MOST_SEEDS),
    help="重复几个种子，给出范围。",
)
@click.option(
    "--every",
    "batch_hours",
    default=2.0,
    show_default=True,
    type=click.FloatRange(0.25, 12),
    help="批量派单隔几小时一次。",
)
@click.option(
    "--mode",
    "modes",
    multiple=True,
    type=click.Choice(["grab", "nearest", "rules", "batch"]),
    help="只算这些派法（可重复）。",
)
@click.option(
    "--arrivals",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="真实来件的 CSV，按其时间列估计到达规律。",
)
@click.option("--json", "as_json", is_flag=True, help="只打印一个 JSON 对象。")
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="另写一份带图的报告。"
)
def simulate(  # noqa: PLR0913, PLR0917 (one word for each option)
    orders: int, volunteers: int, seed: int, seeds: int, batch_hours: float,
    modes: tuple[str, ...], arrivals: Path | None, as_json: bool, html: Path | None,
) -> None:  # fmt: skip
    """模拟一年的派单：只抢单、就近派、按权重逐张派、按时批量派，比较等待、超时、路程和均衡。"""
    boot()
    from tongxin.dispatching import simulating
    from tongxin.dispatching.simulating import answers
    from tongxin.dispatching.simulating import arrivals as shapes

    try:
        shape = simulating.shape_of_file(arrivals) if arrivals else simulating.sample_shape()
    except shapes.NoTimes:
        raise click.ClickException(f"{arrivals} 里没有能读懂的时间列（至少一百行）") from None
    given = simulating.Assumptions(
        orders=orders, volunteers=volunteers, batch_hours=batch_hours,
        cells=max(volunteers // 80, 5),
    )  # fmt: skip
    chosen = tuple(mode for mode in simulating.MODES if not modes or mode in modes)
    with progress("模拟", total=orders) as move_to:
        found = answers.answer(
            given, seeds=list(range(seed, seed + seeds)), shape=shape, modes=chosen,
            progress=lambda mode, done: move_to(done, orders, f"模拟：{answers.MODE_WORDS[mode]}"),
        )  # fmt: skip
    if html:
        html.write_text(answers.report(found), encoding="utf-8")
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    _print(found, answers)
    if html:
        click.echo(f"\n报告：{html}")


def _print(found: dict, answers) -> None:
    from rich.console import Console
    from rich.table import Table

    shown = answers.table_of(found)
    table = Table(title=answers.lede_of(found))
    table.add_column("", overflow="fold")
    for column in shown["columns"]:
        table.add_column(column, justify="right", overflow="fold")
    for word, texts in shown["rows"]:
        table.add_row(word, *(text.rstrip("）").replace("（", "\n") for text in texts))
    console = Console()
    console.print(table)
    for note in answers.NOTES:
        console.print(f"· {note}")


COMMANDS = (simulate,)
