"""stdin/stdout <-> TCP: one guest connection to one host-loopback address (QEMU guestfwd cmd:)."""

import os
import select
import socket
import sys

s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
peers = {0: s.sendall, s.fileno(): lambda b: os.write(1, b)}
while True:
    for fd in select.select(list(peers), [], [])[0]:
        data = os.read(fd, 65536)
        if not data:
            sys.exit(0)
        peers[fd](data)
