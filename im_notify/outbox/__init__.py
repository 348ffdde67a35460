"""Durable state: what was accepted is on disk before anybody is told so."""
