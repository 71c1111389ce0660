"""The agent's side of the wire: who it is, what it sends next, and the one connection it ever opens (C10).

``target`` turns the collector's address into a connection, ``identity`` keeps the host's keys and certificate,
``enrolment`` obtains and renews that certificate, ``sender`` decides (pure), ``messages`` turns spool items into signed
messages, ``channel`` is the stream around them. ``witness`` watches the collector's log; ``stream_records`` records
that and the collector's clock. ``ports`` says what the process around it must offer, ``state_file`` replaces small
files whole, ``waiting`` waits for several things at once.
"""
