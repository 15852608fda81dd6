"""Service centres and their rooms: area, signs, rules, services, bookings."""
