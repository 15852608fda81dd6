"""The frame: layouts, components, template tags and browser modules. No tables."""
