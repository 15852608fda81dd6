"""Pages of organisation life: gate, form, one action, redirect."""
