"""Reads of report-in that have more than one user."""
