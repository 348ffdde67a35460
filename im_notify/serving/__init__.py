"""Wires doors, outbox and loops together, and runs them until a signal comes."""
