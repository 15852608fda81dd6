"""What people fill in about programmes, tasks, targets, benchmarks, promises and problems."""
