"""The ONVIF Events service (Core 9): PullPoint subscriptions, each at an address of its own."""

from simulators.onvif.events import notification, timestamp
from simulators.onvif.host import Host, Operations
from simulators.onvif.pullpoints import PullPoints, Subscription, seconds_of
from simulators.onvif.soap import NOTHING, Call, Markup, SoapFault, join, tag

SUBSCRIPTIONS = "/onvif/subscription/"
_LASTS_S = 60.0
_MOST_MESSAGES = 1024
_LONGEST_POLL_S = 60.0


class EventService:
    """``points`` hold what is told."""

    def __init__(self, host: Host, points: PullPoints) -> None:
        self._host, self._points = host, points
        self.operations: Operations = {
            "tev:GetServiceCapabilities": self._capabilities,
            "tev:GetEventProperties": self._properties,
            "tev:CreatePullPointSubscription": self._create,
            "tev:PullMessages": self._pull,
            "tev:SetSynchronizationPoint": self._synchronize,
            "wsnt:Renew": self._renew,
            "wsnt:Unsubscribe": self._end,
        }

    def _capabilities(self, call: Call) -> Markup:
        able = {"WSPullPointSupport": "true", "MaxPullPoints": "10", "PersistentNotificationStorage": "false"}
        return tag("tev:Capabilities", attributes=able)

    def _properties(self, call: Call) -> Markup:
        dialects = ("wsnt:TopicExpressionDialect", self._host.maker.dialect)
        content = "http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter"
        return join(
            tag("tev:TopicNamespaceLocation", "http://www.onvif.org/onvif/ver10/topics/topicns.xml"),
            tag("wsnt:FixedTopicSet", "true"),
            Markup('<wstop:TopicSet xmlns:wstop="http://docs.oasis-open.org/wsn/t-1"/>'),
            tag(*dialects),
            tag("tev:MessageContentFilterDialect", content),
            tag("tev:MessageContentSchemaLocation", "http://www.onvif.org/onvif/ver10/schema/onvif.xsd"),
        )

    def _create(self, call: Call) -> Markup:
        asked = call.text("tev:InitialTerminationTime")
        made = self._points.create(seconds_of(asked, self._host.time(), _LASTS_S))
        path = f"{SUBSCRIPTIONS}{made.number}"
        address = path if self._host.maker.relative else self._host.url(path)
        return join(tag("tev:SubscriptionReference", tag("wsa:Address", address)), self._times("wsnt", made))

    async def _pull(self, call: Call) -> Markup:
        subscription = self._meant(call)
        wait_s = min(_LONGEST_POLL_S, seconds_of(call.text("tev:Timeout"), self._host.time(), 0.0))
        limit = _number(call.text("tev:MessageLimit", "1"))
        told = await self._points.pull(subscription, wait_s, limit)
        messages = (notification(one, self._host.maker) for one in told)
        return join(self._times("tev", subscription), *messages)

    def _synchronize(self, call: Call) -> Markup:
        if not self._host.maker.synchronizes:
            raise SoapFault("not implemented", "ter:ActionNotSupported", code="Receiver", status=500)
        self._points.synchronize(self._meant(call))
        return NOTHING

    def _renew(self, call: Call) -> Markup:
        subscription = self._meant(call)
        self._points.renew(subscription, seconds_of(call.text("wsnt:TerminationTime"), self._host.time(), _LASTS_S))
        return self._times("wsnt", subscription, now_first=False)

    def _end(self, call: Call) -> Markup:
        self._points.end(self._meant(call))
        return NOTHING

    def _meant(self, call: Call) -> Subscription:
        number = call.path.removeprefix(SUBSCRIPTIONS)
        return self._points.find(int(number) if number.isdecimal() else 0)

    def _times(self, prefix: str, subscription: Subscription, *, now_first: bool = True) -> Markup:
        now = self._host.time()
        ends = timestamp(now + int(self._points.left(subscription) * 1e6))
        current, end = tag(f"{prefix}:CurrentTime", timestamp(now)), tag(f"{prefix}:TerminationTime", ends)
        return join(current, end) if now_first else join(end, current)


def _number(text: str) -> int:
    if not text.isdecimal() or not int(text) > 0:
        raise SoapFault("no number of messages", "ter:InvalidArgVal")
    return min(_MOST_MESSAGES, int(text))
