"""The agent's durable memory (contracts C1 to C4): what was observed is kept here until the collector committed it.

``port`` says what a spool does, ``schema`` is its database, ``store`` appends, reads and forgets, ``eviction`` decides
what goes first when space runs out and accounts for it, ``room`` keeps free pages ahead of need, ``reserve`` is what is
given up when the disk is full, ``recovery`` opens a spool and starts a new one when the old one cannot be trusted, with
what ``remains`` reads of it. ``thread`` keeps all of it off the event loop.
"""
