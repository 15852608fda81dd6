"""Pages for the phone: residents, volunteers, grid workers."""
