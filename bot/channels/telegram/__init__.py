"""Telegram: what comes in, what goes out, and how the two are set up. ``service.py`` starts it all."""
