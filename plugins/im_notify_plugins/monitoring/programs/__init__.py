"""Programs that run a command for each alert: what each says by environment, words and stdin."""
