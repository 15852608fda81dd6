"""A volume as a book: cover, foreword, contents with page numbers, parts, pictures, figures."""

from .book import Book, Chapter, Part, Picture, bound
from .pdf import page_numbers, pages_of, pdf_of
from .word import docx_of

__all__ = [
    "Book", "Chapter", "Part", "Picture", "bound", "docx_of", "page_numbers", "pages_of", "pdf_of",
]  # fmt: skip
