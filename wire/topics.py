"""Where the gateway protocol's messages go on an MQTT broker: one small tree, the same on both sides."""

ROOT = "linli/v1"
"""Every topic begins with it."""

REQUESTS = ("hello", "chunks", "status", "listen")
"""What a gateway asks on ``request_topic``; ``listen`` asks for the commands that wait, every few seconds."""

SHARED_GROUP = "linli-collector"
"""Name of the shared subscription, so that each request is answered by one of several collectors."""


def request_topic(gateway: str, subject: str) -> str:
    """Return where ``gateway`` asks about ``subject``; also the ``path`` of its tokens (method ``MQTT``)."""
    return f"{ROOT}/{gateway}/{subject}"


def answer_topic(gateway: str) -> str:
    """Return where answers to ``gateway``'s requests are published (its response topic)."""
    return f"{ROOT}/{gateway}/answer"


def downlink_topic(gateway: str) -> str:
    """Return where ``Downlink`` messages for ``gateway`` are published."""
    return f"{ROOT}/{gateway}/downlink"


def shared_filter(subject: str) -> str:
    """Return the filter by which collectors together hear every gateway's requests about ``subject``."""
    return f"$share/{SHARED_GROUP}/{ROOT}/+/{subject}"


def gateway_of(topic: str) -> str:
    """Return the gateway that a request topic belongs to; empty where it is not one."""
    parts = topic.split("/")
    root = ROOT.split("/")
    if len(parts) != len(root) + 2 or parts[: len(root)] != root or parts[-1] not in REQUESTS:
        return ""
    return parts[len(root)]
