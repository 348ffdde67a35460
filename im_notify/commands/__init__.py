"""The commands of the host, one module each, imported when they are run."""
