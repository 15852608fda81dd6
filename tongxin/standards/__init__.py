"""Programmes of branch building: goals by field and year, the standard frame, who meets it and why."""
