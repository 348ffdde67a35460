"""Hands alerts from a program on this machine to its relay: over a socket, a folder, or at once."""
