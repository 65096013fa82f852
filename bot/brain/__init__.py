"""What runs inside Rasa's own environment (Python 3.10). Imports nothing from the rest of ``bot``."""
