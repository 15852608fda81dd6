import io
import struct
import zipfile
import zlib
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import xlsxwriter

from tongxin.kit import tables
from tongxin.kit.tables import Limits, read_table, write_csv, write_xlsx

HEADER = ["姓名", "电话", "户数"]
DANGEROUS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "＝1+1"]


def csv_bytes(text, encoding="utf-8"):
    return text.encode(encoding)


def xlsx_bytes(rows, **parts):
    """A workbook by another hand than ours; `parts` replaces files inside it."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        page = book.add_worksheet()
        for line, row in enumerate(rows):
            page.write_row(line, 0, row)
    return repacked(out.getvalue(), **parts) if parts else out.getvalue()


def repacked(data, **parts):
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, parts.get(name.rsplit("/", 1)[-1].split(".")[0], old.read(name)))
    return out.getvalue()


def sheet_xml(cells):
    return (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{cells}</sheetData></worksheet>"
    )


def rows_of(data, name="网格员.csv", **options):
    return list(read_table(data, name=name, **options).rows)


def written(rows, header=HEADER, **options):
    out = io.BytesIO()
    write_xlsx(out, header, rows, **options)
    return out.getvalue()


class TestReadCsv:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
    def test_it_finds_the_encoding(self, encoding):
        table = read_table(
            csv_bytes("姓名,电话,户数\n王芳,13812345678,7\n", encoding), name="a.csv"
        )
        assert table.header == HEADER
        assert list(table.rows) == [(2, {"姓名": "王芳", "电话": "13812345678", "户数": "7"})]

    @pytest.mark.parametrize("mark", ["\t", ";", ","])
    def test_it_finds_the_separator(self, mark):
        assert rows_of(csv_bytes(f"姓名{mark}户数\n王芳{mark}7\n")) == [
            (2, {"姓名": "王芳", "户数": "7"})
        ]

    def test_it_reads_a_path(self, tmp_path):
        path = tmp_path / "a.csv"
        path.write_text("姓名\n王芳\n", encoding="utf-8")
        assert rows_of(path) == rows_of(str(path)) == [(2, {"姓名": "王芳"})]

    def test_it_counts_lines_as_an_editor_does(self):
        data = csv_bytes('\n姓名,备注\n王芳,"两\n行"\n\n , \n李强,x\n')
        assert [line for line, _ in rows_of(data)] == [3, 7]

    def test_it_fills_short_rows_and_drops_empty_columns(self):
        assert rows_of(csv_bytes("姓名,电话,,\n王芳\n")) == [(2, {"姓名": "王芳", "电话": ""})]

    def test_it_undoes_the_guard_of_its_own_files(self):
        assert rows_of(csv_bytes("姓名\n'=1+1\n'王芳'\n")) == [
            (2, {"姓名": "=1+1"}),
            (3, {"姓名": "'王芳'"}),
        ]

    @pytest.mark.parametrize(
        ("text", "refusal", "hint"),
        [
            ("", tables.BadHeader, "是空的"),
            ("\n \n", tables.BadHeader, "是空的"),
            ("姓名,,电话\n", tables.BadHeader, "第 B 列没有名称"),
            ("姓名,电话,姓名\n", tables.BadHeader, "“姓名”出现了两次"),
            ("姓名\n王芳,x\n", tables.BadCell, "第 2 行“B 列”"),
            ('姓名\n王芳\n"李强\n', tables.UnreadableTable, "第 3 行"),
            ("\0\1\2", tables.UnreadableTable, "另存为 .xlsx"),
        ],
    )
    def test_it_refuses_disorder_with_its_place(self, text, refusal, hint):
        with pytest.raises(refusal) as caught:
            rows_of(csv_bytes(text))
        assert hint in caught.value.message

    def test_rows_after_a_bad_one_can_be_asked_for(self):
        rows = tables.read_table(b"name\nWang,x\nLi\n", name="people.csv").rows
        with pytest.raises(tables.BadCell):
            next(rows)
        assert list(rows) == [(3, {"name": "Li"})]

    def test_it_refuses_what_is_no_text(self):
        with pytest.raises(tables.UnreadableTable):
            rows_of(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 50)

    @pytest.mark.parametrize("limits", [Limits(rows=2), Limits(cells=5), Limits(size=10)])
    def test_it_refuses_what_is_too_large(self, limits):
        data = csv_bytes("a,b\n1,2\n3,4\n5,6\n")
        assert len(rows_of(data, limits=Limits(rows=3, cells=6, size=100))) == 3
        with pytest.raises(tables.TableTooLarge):
            rows_of(data, limits=limits)


class TestReadXlsx:
    def test_it_gives_values_their_kind(self):
        out = io.BytesIO()
        with xlsxwriter.Workbook(out) as book:
            page = book.add_worksheet()
            day = book.add_format({"num_format": "yyyy-mm-dd"})
            page.write_row(0, 0, ["a", "b", "c", "d", "e", "f"])
            page.write_row(1, 0, [" 王芳 ", 7, 7.5, True])
            page.write_datetime(1, 4, datetime(2026, 11, 22, tzinfo=UTC).replace(tzinfo=None), day)
            page.write_formula(1, 5, "=1+1", None, 2)
        [(line, row)] = rows_of(out.getvalue(), name="a.xlsx")
        assert line == 2
        assert list(row.values()) == ["王芳", 7, 7.5, True, date(2026, 11, 22), 2]
        assert type(row["b"]) is type(row["f"]) is int

    def test_it_counts_lines_and_columns_as_the_sheet_does(self):
        data = xlsx_bytes([[], [], ["", "姓名"], ["", "王芳"], [], ["", "李强"]])
        with pytest.raises(tables.BadHeader) as caught:
            read_table(data, name="a.xlsx")
        assert "第 A 列" in caught.value.message
        data = xlsx_bytes([[], ["姓名"], [], ["王芳"]])
        assert rows_of(data) == [(4, {"姓名": "王芳"})]

    def test_it_reads_the_first_sheet_that_is_seen(self):
        out = io.BytesIO()
        with xlsxwriter.Workbook(out) as book:
            hidden, seen = book.add_worksheet(), book.add_worksheet()
            seen.activate()
            seen.set_first_sheet()
            hidden.hide()
            seen.write_column(0, 0, ["姓名", "王芳"])
        assert rows_of(out.getvalue()) == [(2, {"姓名": "王芳"})]

    def test_it_refuses_numbers_that_excel_has_cut_off(self):
        with pytest.raises(tables.BadCell) as caught:
            rows_of(xlsx_bytes([["身份证号"], [110105194912310021]]))
        assert caught.value.extra == {"line": 2, "column": "A 列"}
        assert "文本" in caught.value.message

    @pytest.mark.parametrize("limits", [Limits(rows=1), Limits(cells=3), Limits(unzipped=2000)])
    def test_it_refuses_what_is_too_large(self, limits):
        data = xlsx_bytes([["a", "b"], ["1", "2"], ["3", "4"]])
        assert len(rows_of(data, limits=Limits(rows=2, cells=6))) == 2
        with pytest.raises(tables.TableTooLarge):
            rows_of(data, limits=limits)

    @pytest.mark.parametrize("data", [b"PK\x03\x04", b"PK" + b"\0" * 500])
    def test_it_refuses_damage(self, data):
        with pytest.raises(tables.UnreadableTable) as caught:
            rows_of(data, name="名单.xlsx")
        assert "“名单.xlsx”打不开" in caught.value.message

    def test_it_refuses_a_file_cut_short(self):
        data = xlsx_bytes([["a"], ["1"]])
        for end in range(100, len(data), 500):
            with pytest.raises(tables.UnreadableTable):
                rows_of(data[:end])

    def test_it_refuses_other_kinds_of_workbook(self):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("Content.xml", "<x/>")
        with pytest.raises(tables.UnreadableTable):
            rows_of(out.getvalue())


class TestBombs:
    def test_it_refuses_a_bomb_before_reading_it(self):
        data = xlsx_bytes([["a"], ["1"]], sharedStrings=b"<a>" + b" " * 5_000_000)
        assert len(data) < 100_000
        with pytest.raises(tables.TableTooLarge):
            rows_of(data, limits=Limits(unzipped=3_000_000))

    def test_it_refuses_a_bomb_that_lies_about_its_size(self):
        large = b"<a>" + b" " * 3_000_000
        data = bytearray(xlsx_bytes([["a"], ["1"]], sharedStrings=large))
        truth = struct.pack("<L", len(large))
        assert truth in data
        lying = bytes(data).replace(truth, struct.pack("<L", 10))
        lying = lying.replace(
            struct.pack("<L", zlib.crc32(large)), struct.pack("<L", zlib.crc32(large[:10]))
        )
        with pytest.raises(tables.TableTooLarge):
            rows_of(lying, limits=Limits(unzipped=2_000_000))

    @pytest.mark.parametrize(
        "cells",
        [
            '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
            '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c\n t="n" r = \'xfd1048576\'/></row>',
            '<row r="1"><c><v>1</v></c></row><row r="1048576"><c><v>1</v></c></row>',
            '<row r="1"><c x=">" r="XFD1048576"><v>1</v></c></row>',
            "<row>" + " " * 600_000,
        ],
    )
    def test_it_refuses_cells_that_lie_far_apart(self, cells):
        with pytest.raises(tables.TableTooLarge):
            rows_of(xlsx_bytes([["a"]], sheet1=sheet_xml(cells).encode()))

    def test_it_sees_references_across_the_pieces_it_reads(self):
        far = '<c r="XFD1048576"/>'
        begin = sheet_xml("").index("</sheetData")
        for part in range(1, len(far), 4):
            filler, blanks = divmod(tables._PIECE - begin - part, len('<c r="A1"/>'))
            xml = sheet_xml('<c r="A1"/>' * filler + " " * blanks + far)
            assert xml.index(far) + part == tables._PIECE
            with pytest.raises(tables.TableTooLarge):
                rows_of(xlsx_bytes([["a"]], sheet1=xml.encode()))

    def test_it_reads_sheets_with_a_name_space_prefix(self):
        xml = sheet_xml(
            '<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2"><v>2</v></c></row>'
        )
        for tag in ("worksheet", "sheetData", "row", "c", "v"):
            xml = xml.replace(f"<{tag}", f"<x:{tag}").replace(f"</{tag}", f"</x:{tag}")
        data = xlsx_bytes([["a"]], sheet1=xml.replace("xmlns=", "xmlns:x=").encode())
        assert rows_of(data) == [(2, {"1": 2})]


class TestWriteXlsx:
    def test_it_is_read_back(self):
        rows = [["王芳", "13812345678", 7], ["李强", "", 2.5], [None, "x", Decimal("1.5")]]
        assert [list(row.values()) for _, row in rows_of(written(rows))] == [
            ["王芳", "13812345678", 7],
            ["李强", "", 2.5],
            ["", "x", 1.5],
        ]

    def test_it_shows_moments_in_local_time(self):
        moment = datetime(2026, 11, 21, 18, 30, tzinfo=UTC)
        [(_, row)] = rows_of(written([[moment, date(2026, 1, 2), True]]))
        assert row == {
            "姓名": datetime.fromisoformat("2026-11-22T02:30"),
            "电话": date(2026, 1, 2),
            "户数": "是",
        }

    @pytest.mark.parametrize("text", [*DANGEROUS, "http://example.org", "-5", "007"])
    def test_it_writes_text_as_text(self, text):
        data = written([[text]], header=["a"])
        assert rows_of(data) == [(2, {"a": text.strip()})]
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet
        assert "hyperlink" not in sheet

    def test_it_takes_any_name_of_a_sheet(self):
        assert rows_of(written([["a", "b", "c"]], sheet="滨海/新区[2026]:" + "长" * 40))

    def test_it_marks_what_a_cell_cannot_hold(self):
        [(_, row)] = rows_of(written([["字" * 40_000]]))
        assert len(row["姓名"]) == 32_767
        assert row["姓名"].endswith("…（已截断）")

    def test_it_writes_no_number_where_there_is_none(self):
        assert rows_of(written([["a", float("nan"), float("inf")]])) == [
            (2, {"姓名": "a", "电话": "", "户数": ""})
        ]

    def test_it_writes_to_a_path_with_widths(self, tmp_path):
        write_xlsx(tmp_path / "a.xlsx", HEADER, [["a", "b", 1]], sheet="名单", widths=[10, 20, 8])
        assert len(rows_of(tmp_path / "a.xlsx")) == 1

    def test_it_refuses_more_rows_than_a_sheet_holds(self, monkeypatch):
        monkeypatch.setattr("tongxin.kit.tables_out._SHEET_ROWS", 3)
        assert len(rows_of(written([["a"]] * 2))) == 2
        with pytest.raises(tables.TableTooLarge):
            written([["a"]] * 3)


class TestWriteCsv:
    def test_it_is_read_back(self):
        out = io.StringIO(newline="")
        write_csv(out, HEADER, [["王芳", "138", 7], *([text, "", None] for text in DANGEROUS)])
        names = [row["姓名"] for _, row in rows_of(out.getvalue().encode())]
        assert names == ["王芳", *(text.strip() for text in DANGEROUS)]

    @pytest.mark.parametrize("text", DANGEROUS)
    def test_it_guards_against_formulas(self, text):
        out = io.StringIO(newline="")
        write_csv(out, ["a"], [[text]])
        assert out.getvalue().splitlines()[1].lstrip('"').startswith("'")

    @pytest.mark.parametrize("value", ["-5", "+8613812345678", "王芳", -5, 1.5])
    def test_it_leaves_plain_values_alone(self, value):
        out = io.StringIO(newline="")
        write_csv(out, ["a"], [[value]])
        assert out.getvalue() == f"\ufeffa\r\n{value}\r\n"

    def test_it_shows_moments_in_local_time(self, tmp_path):
        write_csv(
            tmp_path / "a.csv", ["a"], [[datetime(2026, 11, 21, 18, 30, tzinfo=UTC)], [False]]
        )
        assert (tmp_path / "a.csv").read_text("utf-8-sig") == "a\n2026-11-22 02:30\n否\n"
