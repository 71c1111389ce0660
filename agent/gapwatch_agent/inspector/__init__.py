"""Says of any file whether it is marked, on which axis, which level and period, where, how surely - or why it cannot.

``examine`` is the whole judgement as one function over a descriptor; ``readers`` turn bytes into fragments of text,
``marks`` decides, ``cage`` is what the child may do, ``child`` runs one file in it, ``service`` is the process.
"""
