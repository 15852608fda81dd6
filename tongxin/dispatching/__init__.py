"""Who could take an order, the best plan for all of them, and what a district would gain: advice, never an act."""
