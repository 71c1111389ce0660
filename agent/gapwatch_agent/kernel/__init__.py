"""Mechanism: what udev, netlink, fanotify, sysfs and /proc say, as frozen values.

No policy, no protobuf, no asyncio.
"""
