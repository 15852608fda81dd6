import os

from hypothesis import settings

# The same few examples in every run; a deeper search is asked for with HYPOTHESIS_EXAMPLES=5000.
DEEP = os.environ.get("HYPOTHESIS_EXAMPLES")
settings.register_profile(
    "kit", max_examples=int(DEEP or 60), derandomize=not DEEP, database=None, deadline=None
)
settings.load_profile("kit")
