"""From a host's stream to the log.

``messages`` turns the wire into values, ``verify`` says which of them are new and true, ``event_time`` when they
happened, ``entries`` what is written; these are pure. ``admission`` knows who may stream, ``credits`` how much,
``refusals`` keeps account of who may not, ``writer`` commits in one thread, ``session`` is the life of one stream,
``service`` its gRPC face. ``enrolment`` stands on its own port; ``server`` builds both.
"""
