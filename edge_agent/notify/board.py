"""Messages to a topic of an MQTT broker: a board in the guard house, or whatever else listens there."""

import asyncio
import json

from config.channels import BrokerSettings
from edge_agent.notify.channel import NotSent
from edge_agent.notify.notice import Notice
from runtime.broker import Broker, BrokerError, Mail
from runtime.clock import Clock
from runtime.mqtt import NO_SUBSCRIBER, REFUSED, Connection

_KEEPALIVE_S = 30
_MOST = 4096


class Board:
    """One topic. A connection is made for each message: alarms are rare, and a broker may be away for days."""

    def __init__(self, settings: BrokerSettings, gateway: str, clock: Clock) -> None:
        self._settings, self._gateway, self._clock = settings, gateway, clock

    async def send(self, notice: Notice, message: str) -> None:
        """See ``Channel.send``. A message that nobody listens for is not sent."""
        settings = self._settings
        password = "" if settings.password is None else settings.password.reveal()
        broker = Broker(settings.host, settings.port, settings.tls, settings.username, password)
        connection = Connection(
            broker,
            f"{self._gateway}-notify",
            lambda _: None,
            keepalive_s=_KEEPALIVE_S,
            most=_MOST,
            timeout_s=settings.timeout_s,
        )
        opening = asyncio.ensure_future(connection.open())
        try:
            await asyncio.shield(opening)
            receipt = await asyncio.wait_for(connection.post(self._mail(notice, message)), settings.timeout_s)
        except BrokerError as error:
            raise NotSent(error.word) from error
        except TimeoutError as error:
            raise NotSent("timeout") from error
        except asyncio.CancelledError:
            await asyncio.wait((opening,))
            raise
        finally:
            await connection.close()
        if receipt >= REFUSED:
            raise NotSent("broker_refuses")
        if receipt == NO_SUBSCRIBER:
            raise NotSent("nobody_listens")

    async def close(self) -> None:
        """See ``Channel.close``; nothing is held between messages."""

    def _mail(self, notice: Notice, message: str) -> Mail:
        body = {
            "id": notice.id,
            "gateway": self._gateway,
            "kind": notice.kind.value,
            "level": notice.level.value,
            "alert": notice.alert,
            "device": notice.device,
            "place": notice.place,
            "at": notice.at,
            "message": message,
        }
        return Mail(self._settings.topic, json.dumps(body, ensure_ascii=False).encode(), "application/json")
