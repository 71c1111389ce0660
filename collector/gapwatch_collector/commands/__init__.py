"""What the command line can do, one file a subject. Each has ``add`` (its part of the parser) and its handlers.

A handler takes the parsed options and returns an exit code; what it cannot do it raises as a CollectorError, which
``cli`` turns into a sentence. Imports that are heavy or that only one command needs happen inside the handlers.
"""
