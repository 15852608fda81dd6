"""Tasks to all grids of an area at once, and the list that guards communities from too many."""
