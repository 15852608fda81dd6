"""Operations of supervision: plan, teams, subjects, sites, coverage and report."""
