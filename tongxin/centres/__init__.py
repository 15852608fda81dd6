"""A centre's day: one window, delegated services, figures of use, booking by residents."""
