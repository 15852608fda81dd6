"""`tongxin text train` and `classify`: on any file, without a database."""

import json

import pytest

from tongxin.cli.tests.test_cli import run
from tongxin.kit.tables import read_table, write_csv, write_xlsx
from tongxin.language.model_files import save_model
from tongxin.language.tests.test_topics import lesson
from tongxin.language.training import train


@pytest.fixture
def labelled(tmp_path):
    path = tmp_path / "留言.csv"
    write_csv(path, ["内容", "部门"], zip(*lesson(), strict=True))
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "small.model"
    save_model(train(*lesson()), path)
    return path


def rows_of(path):
    table = read_table(path, name=path.name)
    return table.header, [row for _line, row in table.rows]


class TestTrain:
    def test_it_prints_what_it_measured(self, labelled, tmp_path):
        out = tmp_path / "our.model"
        said = run(
            "text", "train", str(labelled), "--text", "内容", "--label", "部门", "--out", str(out)
        )
        assert "60 条，3 个类别，5 份轮流留出" in said.stdout
        assert "宏平均 F1" in said.stdout
        assert out.exists()

    def test_as_json(self, labelled):
        said = run("text", "train", str(labelled), "--text", "内容", "--label", "部门", "--json")
        figures = json.loads(said.stdout)
        assert figures["n"] == 60
        assert {"macro_f1", "calibration_error", "folds", "groups"} <= set(figures)

    def test_a_missing_column_is_named_with_those_there_are(self, labelled):
        said = run("text", "train", str(labelled), "--text", "正文", "--label", "部门", exit_code=1)
        assert "没有“正文”这一列" in said.stderr
        assert "有这些列：内容、部门" in said.stderr

    def test_one_label_is_refused(self, tmp_path):
        path = tmp_path / "one.csv"
        write_csv(path, ["内容", "部门"], [(text, "水务局") for text in lesson()[0]])
        said = run("text", "train", str(path), "--text", "内容", "--label", "部门", exit_code=1)
        assert "只有“水务局”一个类别" in said.stderr

    def test_an_empty_file(self, tmp_path):
        path = tmp_path / "none.csv"
        path.write_text("内容,部门\n", encoding="utf-8")
        said = run("text", "train", str(path), "--text", "内容", "--label", "部门", exit_code=1)
        assert "只有 0 条" in said.stderr


class TestClassify:
    TEXTS = ("厨房水管漏水", "", "半夜工地施工太吵", "😀", "=路灯不亮")

    def check(self, path, out):
        header, rows = rows_of(out)
        assert header == ["编号", "内容", "label", "confidence", "second", "third"]
        assert [row["label"] for row in rows] == ["水", "", "噪声", "", "灯"]
        assert float(rows[0]["confidence"]) > 0.5
        assert rows[1]["confidence"] == rows[1]["second"] == ""
        assert {rows[0]["label"], rows[0]["second"], rows[0]["third"]} == {"水", "灯", "噪声"}

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
    def test_csv_of_any_encoding(self, model, tmp_path, encoding):
        path, out = tmp_path / "in.csv", tmp_path / "out.csv"
        texts = ["厨房水管漏水", "", "半夜工地施工太吵", "。", "=路灯不亮"]
        lines = ["编号,内容", *(f"{n},{text}" for n, text in enumerate(texts))]
        path.write_text("\n".join(lines), encoding=encoding)
        run(
            "text",
            "classify",
            str(path),
            "--text",
            "内容",
            "--out",
            str(out),
            "--model",
            str(model),
        )
        self.check(path, out)
        assert "'=路灯不亮" in out.read_text(encoding="utf-8-sig")  # never a formula

    def test_xlsx(self, model, tmp_path):
        path, out = tmp_path / "in.xlsx", tmp_path / "out.xlsx"
        write_xlsx(path, ["编号", "内容"], enumerate(self.TEXTS))
        said = run(
            "text",
            "classify",
            str(path),
            "--text",
            "内容",
            "--out",
            str(out),
            "--model",
            str(model),
        )
        self.check(path, out)
        assert "5 行已分类" in said.stdout

    def test_columns_that_are_there_already_are_kept(self, model, tmp_path):
        path, out = tmp_path / "in.csv", tmp_path / "out.csv"
        write_csv(path, ["text", "label"], [("路灯不亮", "旧")])
        run(
            "text",
            "classify",
            str(path),
            "--text",
            "text",
            "--out",
            str(out),
            "--model",
            str(model),
        )
        header, rows = rows_of(out)
        assert header == ["text", "label", "label_2", "confidence", "second", "third"]
        assert (rows[0]["label"], rows[0]["label_2"]) == ("旧", "灯")

    def test_the_platforms_model_is_used_without_a_database(self, model, tmp_path, monkeypatch):
        monkeypatch.setenv("TONGXIN_VAR", str(tmp_path))
        (tmp_path / "models").mkdir()
        (tmp_path / "models" / "in-use.model").write_bytes(model.read_bytes())
        path, out = tmp_path / "in.csv", tmp_path / "out.csv"
        write_csv(path, ["内容"], [("路灯不亮",)])
        said = run("text", "classify", str(path), "--text", "内容", "--out", str(out))
        assert "本系统在用的模型" in said.stdout
        assert rows_of(out)[1][0]["label"] == "灯"

    def test_else_the_sample(self, tmp_path, monkeypatch):
        monkeypatch.setenv("TONGXIN_VAR", str(tmp_path))
        path, out = tmp_path / "in.csv", tmp_path / "out.csv"
        write_csv(path, ["内容"], [("楼道灯坏了，摸黑上楼",)])
        said = run("text", "classify", str(path), "--text", "内容", "--out", str(out))
        assert "样例模型" in said.stdout
        assert rows_of(out)[1][0]["label"] == "0401 楼道灯维修"

    @pytest.mark.parametrize(
        ("name", "content", "sentence"),
        [("none.model", None, "读不到"), ("bad.model", b"x", "不是同心的文本模型文件")],
    )
    def test_a_broken_or_missing_model(self, tmp_path, name, content, sentence):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        path = tmp_path / "in.csv"
        write_csv(path, ["内容"], [("路灯不亮",)])
        said = run(
            "text", "classify", str(path), "--text", "内容",
            "--out", str(tmp_path / "out.csv"), "--model", str(tmp_path / name), exit_code=1,
        )  # fmt: skip
        assert sentence in said.stderr
        assert not (tmp_path / "out.csv").exists()

    def test_a_missing_column_and_a_strange_ending(self, model, tmp_path):
        path = tmp_path / "in.csv"
        write_csv(path, ["内容"], [("路灯不亮",)])
        words = ("text", "classify", str(path), "--model", str(model))
        said = run(*words, "--text", "文字", "--out", str(tmp_path / "o.csv"), exit_code=1)
        assert "有这些列：内容" in said.stderr
        said = run(*words, "--text", "内容", "--out", str(tmp_path / "o.pdf"), exit_code=1)
        assert ".csv 或 .xlsx" in said.stderr
