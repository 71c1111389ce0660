"""The Gapwatch agent: one package, one program, one process per privilege.

The path of an event is the path of the folders: ``kernel`` (bytes of udev, netlink, fanotify and /proc made into
values), ``guard`` (answers permission events and captures who), ``sensors`` (kernel values into events), ``enrich``
(who, what with, which mark), ``watch`` (the process that runs them), ``inspector`` (the caged reader of documents),
``spool`` and ``transport`` inside ``link`` (the process that keeps and sends).
"""

__version__ = "0.1.0"
