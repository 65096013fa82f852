"""The staff console: signing in, the queue, and one page for each case.

``pages.py`` shows, ``actions.py`` changes, ``live.py`` keeps a page up to date, ``views.py`` reads what a page needs.
Each page has one part, ``#live``, that is drawn from one template wherever it is needed: in the page, as the answer to
a form, and in the stream. ``learning.py`` and ``learning_actions.py`` are the editors' part.
"""

from bot.web.console.actions import ROUTES as ACTIONS
from bot.web.console.learning import ROUTES as LEARNING
from bot.web.console.learning_actions import ROUTES as EDITING
from bot.web.console.live import ROUTES as STREAMS
from bot.web.console.pages import ROUTES as PAGES
from bot.web.console.signin import ROUTES as SIGNING_IN

ROUTES = [*SIGNING_IN, *PAGES, *ACTIONS, *STREAMS, *LEARNING, *EDITING]
