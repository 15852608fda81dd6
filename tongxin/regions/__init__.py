"""Where: city, district, street, community, grid, building; their polygons; working calendars."""
