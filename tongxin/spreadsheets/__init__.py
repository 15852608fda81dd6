"""Spreadsheets in and out of every register: mapping, preview, verdicts, undo, and the way back."""
