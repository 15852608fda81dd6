"""Key tasks, cascading targets, benchmarks, promises, hard problems, and their schedules."""
