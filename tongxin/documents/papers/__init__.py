"""Documents as they are printed: one sheet of words, drawn as DOCX and as PDF (GB/T 9704-2012)."""

from tongxin.ui.faces import NoChineseFont

from .pdf import first_page, pages_of, pdf_of
from .sheet import Sheet, sheet_of
from .word import docx_of

__all__ = ["NoChineseFont", "Sheet", "docx_of", "first_page", "pages_of", "pdf_of", "sheet_of"]
