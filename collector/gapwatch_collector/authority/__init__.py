"""The keys and certificates of one zone.

``files`` writes secrets once and for the owner only, ``certificates`` says what each certificate looks like,
``creation`` makes a whole set, ``keys`` loads what the online collector needs, ``policy`` signs and checks what
officers decide. The root's and the officers' keys belong on a machine without a network; the collector works with the
online CA alone.
"""
