"""What agent and collector share, and the only thing they share.

``record`` is the chained record of contract C4, ``kinds`` numbers what a record can say, ``events`` says it in frozen
values, ``codec`` turns those values into payload bytes and back, ``v1`` is the wire (generated from ``v1/*.proto``),
``wire`` names its services and limits, ``identity`` reads who a certificate speaks for.
"""
