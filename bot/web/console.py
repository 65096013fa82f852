"""The staff console."""

from bot.web.access import Route

ROUTES: list[Route] = []
