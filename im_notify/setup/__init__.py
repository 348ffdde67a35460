"""A first configuration and a unit for systemd, out of a few answers."""
