"""The Gapwatch collector.

The path of an event is the path of the folders: ``ingest`` (verify, commit, ack), ``store`` (the log and everything
kept), ``facts`` (an event plus registers and history), ``rules`` (Sigma over facts), ``evaluate`` (alerts in one
transaction with the cursor), ``console`` (the officer's day). ``authority`` keeps the keys: offline root, online CA,
officers.
"""
