"""How the gateway protocol lies on an MQTT broker: one small tree of topics, and the words beside a message's body."""

ROOT = "linli/v1"
"""Every topic begins with it."""

REQUESTS = ("hello", "chunks", "status", "listen", "lists", "pictures")
"""What a gateway asks on ``request_topic``; ``listen`` asks for the commands that wait, every ``LISTEN_S``."""

LISTEN_S = 5.0
"""A gateway that hears commands says so this often."""

SILENCE_S = 12.0
"""So long after the last sign of it either side takes the other for gone."""

SHARED_GROUP = "linli-collector"
"""Name of the shared subscription, so that each request is answered by one of several collectors."""

METHOD = "MQTT"
"""What stands for the method in a request's token; the topic is the path."""

AUTHORIZATION = "authorization"
"""User property of a request: ``Bearer`` and its token."""

STATUS = "status"
"""User property of an answer: what HTTP would say, ``200`` or a refusal."""

RETRY_AFTER = "retry-after"
"""User property of an answer: seconds to wait."""


def request_topic(gateway: str, subject: str) -> str:
    """Return where ``gateway`` asks about ``subject``; also the ``path`` of its tokens."""
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


def asked_on(topic: str) -> tuple[str, str]:
    """Return the gateway and the subject of a request topic; two empty texts where it is not one."""
    root, _, rest = topic.rpartition(f"{ROOT}/")
    gateway, _, subject = rest.partition("/")
    return (gateway, subject) if not root and topic.startswith(ROOT) and subject in REQUESTS else ("", "")
