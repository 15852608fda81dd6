"""表格导入导出 over HTTP."""

from ninja import Router

router = Router(tags=["spreadsheets"])
