"""Units and members that report to the community: pacts, rosters, duty turns, posts to claim."""
