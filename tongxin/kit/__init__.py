"""Plain Python tools that every floor may use: no Django, no clock, no tables."""
