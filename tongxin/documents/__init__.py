"""Official documents: written from templates, numbered, approved in steps, issued as DOCX and PDF."""
