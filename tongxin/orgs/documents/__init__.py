"""The life log as documents that are printed and filed: Word, and PDF."""

from .pdf import NoChineseFont, book_pdf
from .word import book_docx

__all__ = ["NoChineseFont", "book_docx", "book_pdf"]
