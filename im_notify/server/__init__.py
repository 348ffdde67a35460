"""The HTTP edge of the relay: doors, answers, health; nothing is answered before it is stored."""
