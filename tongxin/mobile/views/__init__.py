"""Pages of the phone: the app's shell, and the desks of devices and conflicts."""
