"""Plan, visit, answer, finding: going somewhere by plan with a checklist."""
