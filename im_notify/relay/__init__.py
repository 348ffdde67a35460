"""Sends what the outbox holds, confirms it, and falls back: the only place that retries."""
