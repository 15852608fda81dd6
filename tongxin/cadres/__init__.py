"""Emergency mode and the cadres sent into the communities: allocation, secondment, daily rating."""
