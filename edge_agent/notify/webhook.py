"""Messages to a web address: JSON, signed, the same key each time the same message is sent."""

import asyncio
import base64
import hashlib
import hmac
import json
import ssl
from typing import Any
from urllib.parse import quote_plus

import httpx
import msgspec

from config.channels import WebhookSettings
from edge_agent.notify.channel import NotSent
from edge_agent.notify.notice import Notice
from runtime.clock import Clock

TIMESTAMP, SIGNATURE, KEY = "X-Linli-Timestamp", "X-Linli-Signature", "Idempotency-Key"
"""Headers: seconds since the epoch; ``v1=`` and hex HMAC-SHA256 of ``timestamp.body``; the notice's id."""

_FINAL = (400, 413, 415, 422)
"""What is wrong with the message. All else is wrong with the address, the key or the server, and can be mended."""

_ANSWER_LIMIT = 64 * 1024
_LONGEST_WAIT_S = 3600.0


class Webhook:
    """One web address. Nothing that it says of a failure has the address in it: robots keep their key there."""

    def __init__(
        self,
        settings: WebhookSettings,
        gateway: str,
        site: str,
        clock: Clock,
        way: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._settings, self._gateway, self._site, self._clock = settings, gateway, site, clock
        self._way, self._client = way, None if way is None else httpx.AsyncClient(transport=way)

    async def send(self, notice: Notice, message: str) -> None:
        """See ``Channel.send``."""
        body = json.dumps(self._body(notice, message), ensure_ascii=False).encode()
        client = await self._open()
        try:
            async with client.stream(
                "POST",
                self._address(),
                content=body,
                headers=self._headers(notice, body),
                timeout=self._settings.timeout_s,
                follow_redirects=False,
            ) as answer:
                said = b""
                async for part in answer.aiter_bytes():
                    said += part
                    if len(said) > _ANSWER_LIMIT:
                        break
        except httpx.TimeoutException as error:
            raise NotSent("timeout") from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise NotSent("bad_address", final=True) from error
        except httpx.HTTPError as error:
            raise NotSent(_word(error)) from error
        self._judge(answer, said)

    async def close(self) -> None:
        """See ``Channel.close``."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _open(self) -> httpx.AsyncClient:
        """Return the client. Loading whom to trust takes a small box a while, in which doors may have to open."""
        if self._client is None:
            safe = self._settings.url.reveal().startswith("https:")
            context = await asyncio.to_thread(ssl.create_default_context) if safe else _nobody()
            self._client = httpx.AsyncClient(verify=context, trust_env=False)
        return self._client

    def _judge(self, answer: httpx.Response, said: bytes) -> None:
        """Return if the answer says that it was taken."""
        status = answer.status_code
        if 200 <= status < 300:
            if self._settings.format != "linli" and (code := _robot_error(said)):
                raise NotSent(f"errcode_{code}")
            return
        raise NotSent(f"http_{status}", final=status in _FINAL, retry_after_s=_retry_after(answer))

    def _address(self) -> str:
        url, secret = self._settings.url.reveal(), self._settings.secret
        if self._settings.format != "dingtalk" or secret is None:
            return url
        moment, key = str(self._clock.now() // 1000), secret.reveal()
        digest = hmac.new(key.encode(), f"{moment}\n{key}".encode(), hashlib.sha256).digest()
        return f"{url}&timestamp={moment}&sign={quote_plus(base64.b64encode(digest))}"

    def _headers(self, notice: Notice, body: bytes) -> dict[str, str]:
        headers = {"Content-Type": "application/json; charset=utf-8", KEY: notice.id}
        secret = self._settings.secret
        if secret is not None and self._settings.format == "linli":
            moment = str(self._clock.now() // 1_000_000)
            headers |= {TIMESTAMP: moment, SIGNATURE: signature(secret.reveal(), moment, body)}
        return headers

    def _body(self, notice: Notice, message: str) -> dict[str, Any]:
        if self._settings.format != "linli":  # both robots take the same
            return {"msgtype": "text", "text": {"content": message}}
        return {
            "id": notice.id,
            "gateway": self._gateway,
            "site": self._site,
            "kind": notice.kind.value,
            "level": notice.level.value,
            "alert": notice.alert,
            "rule": notice.rule,
            "device": notice.device,
            "place": notice.place,
            "at": notice.at,
            "count": notice.count,
            "text": notice.text,
            "message": message,
        }


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return what stands in the header ``SIGNATURE`` for a body sent at ``timestamp``."""
    signed = timestamp.encode() + b"." + body
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def _nobody() -> ssl.SSLContext:
    """Return what trusts nobody, for an address without TLS."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _robot_error(said: bytes) -> int:
    """Return the error that a robot tells within an answer of 200, 0 for none."""
    try:
        return int(msgspec.json.decode(said, type=dict[str, Any]).get("errcode", 0))
    except (msgspec.MsgspecError, TypeError, ValueError):
        return -1


def _retry_after(answer: httpx.Response) -> float | None:
    text = answer.headers.get("Retry-After", "")
    return min(float(text), _LONGEST_WAIT_S) if text.isdigit() else None


def _word(error: httpx.HTTPError) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "bad_certificate"
        cause = cause.__cause__ or cause.__context__
    return "cannot_connect" if isinstance(error, httpx.ConnectError) else "broken_off"
