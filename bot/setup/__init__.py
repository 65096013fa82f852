"""What ``bot/install.py`` is made of. Standard library only, and any Python from 3.8 on can run it."""
