"""What crosses the apps: home pages, the desk, the map, the worker loop."""
