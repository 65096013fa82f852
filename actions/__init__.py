"""Custom actions: what the dialogue can do. Each is thin and calls ``bot.knowledge`` or ``bot.policy``."""
