"""The process that keeps and sends: no capabilities, a user of its own, one outgoing connection (C10).

``intake`` reads what ``watch`` hands over, ``listener`` owns the local socket and the group commit, ``heartbeat`` says
what is waiting, ``policy`` decides what a signed policy is worth, ``membership`` obtains and renews the certificate,
``status`` is the snapshot a person may ask for, ``run`` puts them together.
"""
