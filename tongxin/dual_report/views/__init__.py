"""Pages of report-in."""
