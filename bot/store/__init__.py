"""The store: tables, migrations and every SQL statement of the project.

``Store`` opens the database and hands out transactions; the modules beside it hold the statements, one module a table
group. They take a ``Connection`` or ``Transaction`` as their first argument and return frozen dataclasses.
"""

from sqlalchemy.exc import SQLAlchemyError as DatabaseError

from bot.store.engine import Store, Transaction

__all__ = ["DatabaseError", "Store", "Transaction"]
