"""`tongxin text train`, `classify` and `retrain`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tongxin.kit.errors import Invalid

from .frame import boot, need_tables, progress

if TYPE_CHECKING:
    from tongxin.kit.tables import Table
    from tongxin.language.topics import Model

ADDED = ("label", "confidence", "second", "third")
FILE = click.Path(dir_okay=False, exists=True, path_type=Path)
SAID = {
    "macro_f1": "宏平均 F1",
    "accuracy": "准确率",
    "top3": "前三命中率",
    "calibration_error": "置信度误差",
}


class NoSuchColumn(Invalid):
    """The table has no column of that name."""


def _table(file: Path, *columns: str) -> Table:
    """Open a table that has the columns.

    :raises NoSuchColumn: listing those it has
    """
    from tongxin.kit.tables import read_table

    table = read_table(file, name=file.name)
    for column in columns:
        if column not in table.header:
            raise NoSuchColumn(
                f"“{file.name}”里没有“{column}”这一列",
                remedy="有这些列：" + "、".join(table.header),
            )
    return table


def _rows(table: Table) -> Iterator[tuple[int, dict[str, Any]]]:
    yield from table.rows


def _models() -> Path:
    """Return the folder of models: beside the data, without asking a database."""
    var = os.environ.get("TONGXIN_VAR") or Path(__file__).parents[2] / "var"
    return Path(var) / "models"


def _model(path: Path | None) -> tuple[Model, str]:
    """Return the model asked for, else the one the platform uses, else the sample; and its name."""
    from tongxin.language.model_files import load_model
    from tongxin.texts.sample import sample_model

    if path is not None:
        return load_model(path), path.name
    used = _models() / "in-use.model"
    if used.exists():
        return load_model(used), "本系统在用的模型"
    return sample_model(_models()), "样例模型（按我们编写的示例文本训练）"


@click.command("train")
@click.argument("file", type=FILE)
@click.option("--text", "text", required=True, help="文字在哪一列。")
@click.option("--label", "label", required=True, help="类别在哪一列。")
@click.option(
    "--title", default="", help="标题在哪一列（可不写）；标题放在文字前面，开头的字分量更重。"
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="模型写到哪个文件（不写则只测量）。",
)
@click.option(
    "--folds", default=5, show_default=True, type=click.IntRange(2, 10), help="分几份轮流留出。"
)
@click.option("--json", "as_json", is_flag=True, help="只打印一个 JSON 对象。")
def train(
    file: Path, text: str, label: str, title: str, out: Path | None, folds: int, as_json: bool
) -> None:
    """按表里已有的类别训练，并如实测量：分五份轮流留出，相似的文字从不分在两边。"""
    from tongxin.language import training
    from tongxin.language.model_files import save_model

    texts, labels = [], []
    for _line, row in _rows(_table(file, text, label, *([title] if title else []))):
        texts.append(f"{row[title]}\n{row[text]}" if title else str(row[text]))
        labels.append(str(row[label]))
    with progress("训练") as move_to:
        model = training.train(texts, labels, folds=folds, progress=move_to)
    digest = save_model(model, out) if out else ""
    if as_json:
        found = {**model.figures, "file": str(out or ""), "sha256": digest}
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    _say_figures(model.figures)
    if out:
        click.echo(f"✓ 模型已写入 {out}（SHA-256 {digest[:16]}…）")


def _say_figures(figures: dict[str, Any]) -> None:
    click.echo(
        f"{figures['n']} 条，{len(figures['classes'])} 个类别，{figures['folds']} 份轮流留出；"
        f"其中互不相似的 {figures['groups']} 组"
        + f"，没有文字或类别的 {figures['skipped']} 条没有用"
        * bool(figures["skipped"])
    )
    for key, name in SAID.items():
        click.echo(f"  {name}　{figures[key]:.4f}")
    for one in sorted(figures["classes"], key=lambda one: -one["n"]):
        click.echo(
            f"  {one['f1']:.3f}  {one['label']}（{one['n']} 条，"
            f"查准 {one['precision']:.3f}，查全 {one['recall']:.3f}）"
        )


@click.command("classify")
@click.argument("file", type=FILE)
@click.option("--text", "text", required=True, help="文字在哪一列。")
@click.option("--title", default="", help="标题在哪一列（可不写）。")
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="写到哪个文件。"
)
@click.option("--model", "path", type=click.Path(path_type=Path), help="用哪个模型文件。")
def classify(file: Path, text: str, title: str, out: Path, path: Path | None) -> None:
    """给每一行加上类别、置信度、第二和第三可能。输入输出都可以是 CSV 或 XLSX。"""
    if out.suffix.lower() not in {".csv", ".xlsx"}:
        raise click.ClickException("输出文件名请以 .csv 或 .xlsx 结尾")
    table = _table(file, text, *([title] if title else []))
    model, name = _model(path)
    rows = [row for _line, row in _rows(table)]
    names = _added(table.header)
    with progress("分类", total=len(rows)) as move_to:
        found = _classified(rows, model, text, title, move_to)
        _write(out, [*table.header, *names], found)
    click.echo(f"✓ {len(rows)} 行已分类，写入 {out}（{name}）")


def _added(header: list[str]) -> list[str]:
    """Return the names of the columns added: none may stand there already."""
    return [name if name not in header else f"{name}_2" for name in ADDED]


def _classified(
    rows: list[dict[str, Any]], model: Model, text: str, title: str, move_to: Any
) -> Iterator[list[Any]]:
    texts = (f"{row[title]}\n{row[text]}" if title else str(row[text]) for row in rows)
    for done, (row, verdict) in enumerate(zip(rows, model.classify_all(texts), strict=True), 1):
        labels = [label for label, _sure in verdict.top] + [""] * 3
        sure = round(verdict.confidence, 4) if verdict.top else ""
        yield [*row.values(), labels[0], sure, labels[1], labels[2]]
        if done % 200 == 0 or done == len(rows):
            move_to(done)


def _write(out: Path, header: list[str], rows: Iterator[list[Any]]) -> None:
    from tongxin.kit.tables import write_csv, write_xlsx

    if out.suffix.lower() == ".xlsx":
        write_xlsx(out, header, rows, sheet="分类")
    else:
        write_csv(out, header, rows)


@click.command("retrain")
@click.option("--use", is_flag=True, help="比在用的好就启用；不写则只训练，由管理员在页面上启用。")
@click.option("--json", "as_json", is_flag=True, help="只打印一个 JSON 对象。")
def retrain(use: bool, as_json: bool) -> None:
    """用本系统已办结的单重新训练事项模型，与在用的模型在同一批留出文字上比较。"""
    boot(or_demo=True)
    need_tables()
    from django.utils.timezone import now

    from tongxin.texts import actions

    at = now()
    with progress("训练") as move_to:
        version = actions.train_now(at=at, by=None, progress=move_to)
    used = use and actions.is_better(version)
    if used:
        actions.put_in_use(version=version, at=now(), by=None)
    if as_json:
        found = {
            "version": version.pk,
            "figures": version.figures,
            "rival": version.rival,
            "used": used,
        }
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    _say_figures(version.figures)
    if version.rival:
        click.echo(f"在用的模型在同一批文字上：宏平均 F1 {version.rival['macro_f1']:.4f}")
    click.echo(f"✓ {version}" + ("已启用" if used else "已训练，没有启用"))


COMMANDS: tuple[click.Command, ...] = (train, classify, retrain)
