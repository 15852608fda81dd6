"""Pages: what is similar, 我也是, merging side by side, hot topics."""
