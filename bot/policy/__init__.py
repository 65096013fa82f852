"""Policies as data: read, check, decide, explain, what would change, notice, decision record.

Everything here is a pure function over data. Nothing touches a database, a clock or the network; files are read only by
``read`` and its helpers, and the date, the ids and the calendar are passed in.
"""
