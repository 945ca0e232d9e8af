"""A client of cameras that knows nothing of the simulator: httpx, and SOAP written by hand from the specification."""

import base64
import datetime
import hashlib
import re
import secrets
from types import TracebackType
from typing import Self
from xml.etree import ElementTree

import httpx

NS = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://www.w3.org/2005/08/addressing",
    "wsnt": "http://docs.oasis-open.org/wsn/b-2",
    "tt": "http://www.onvif.org/ver10/schema",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tr2": "http://www.onvif.org/ver20/media/wsdl",
    "tev": "http://www.onvif.org/ver10/events/wsdl",
    "tmd": "http://www.onvif.org/ver10/deviceIO/wsdl",
    "timg": "http://www.onvif.org/ver20/imaging/wsdl",
    "tdc": "http://www.onvif.org/ver10/doorcontrol/wsdl",
    "tac": "http://www.onvif.org/ver10/accesscontrol/wsdl",
}
_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_DIGEST = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"


class Refused(Exception):
    """The device answered with a SOAP fault: HTTP status and the innermost subcode."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status, self.code = status, code


class Client:
    """``wsse`` sends a UsernameToken whose Created is ``ahead_s`` off; else HTTP digest does it."""

    def __init__(
        self,
        address: str,
        *,
        user: str = "admin",
        password: str = "pretend-1",  # noqa: S107 - of a device that does not exist
        wsse: bool = True,
        ahead_s: float = 0.0,
        verify: bool = True,
    ) -> None:
        self.address, self.user, self.password = address, user, password
        self.wsse, self.ahead_s = wsse, ahead_s
        auth = None if wsse else httpx.DigestAuth(user, password)
        self.http = httpx.AsyncClient(
            auth=auth, verify=verify and address.startswith("https"), timeout=5.0, trust_env=False
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.aclose()

    async def post(self, path: str, body: str, token: str | None = None) -> httpx.Response:
        """Send ``body`` in an envelope to ``path`` (or a whole address) and return the raw answer."""
        declared = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in NS.items())
        token = token if token is not None else self.token() if self.wsse else ""
        message = f"<s:Envelope{declared}><s:Header>{token}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
        url = path if "://" in path else self.address + path
        headers = {"Content-Type": "application/soap+xml; charset=utf-8"}
        return await self.http.post(url, content=message.encode(), headers=headers)

    async def ask(self, path: str, body: str) -> ElementTree.Element:
        """Return the answer's element; ``Refused`` for a fault."""
        answer = await self.post(path, body)
        root = ElementTree.fromstring(answer.content)  # noqa: S314 - our own simulator said it
        found = root.find("s:Body", NS)
        assert found is not None
        if found[0].tag == f"{{{NS['s']}}}Fault":
            raise Refused(
                answer.status_code, [one.text or "" for one in found.iterfind(".//s:Subcode/s:Value", NS)][-1]
            )
        assert answer.status_code == 200
        return found[0]

    def token(self) -> str:
        """Return a fresh UsernameToken."""
        nonce = secrets.token_bytes(16)
        moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=self.ahead_s)
        created = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        made = hashlib.sha1(nonce + created.encode() + self.password.encode(), usedforsecurity=False)
        digest = base64.b64encode(made.digest()).decode()
        return (
            f'<w:Security xmlns:w="{_WSSE}"><w:UsernameToken><w:Username>{self.user}</w:Username>'
            f'<w:Password Type="{_DIGEST}">{digest}</w:Password><w:Nonce>{base64.b64encode(nonce).decode()}</w:Nonce>'
            f'<u:Created xmlns:u="{_WSU}">{created}</u:Created></w:UsernameToken></w:Security>'
        )

    async def device(self, name: str, inner: str = "") -> ElementTree.Element:
        """Ask the device service."""
        return await self.ask("/onvif/device_service", f"<tds:{name}>{inner}</tds:{name}>")

    async def door(self, name: str) -> ElementTree.Element:
        """Command the only door."""
        return await self.ask("/onvif/doorcontrol_service", f"<tdc:{name}><tdc:Token>Door_1</tdc:Token></tdc:{name}>")

    async def relay(self, state: str) -> ElementTree.Element:
        """Set the only relay."""
        inner = f"<tds:RelayOutputToken>Relay_1</tds:RelayOutputToken><tds:LogicalState>{state}</tds:LogicalState>"
        return await self.device("SetRelayOutputState", inner)

    async def subscribe(self, lasts: str = "PT60S") -> str:
        """Return the address of a new subscription, as the device says it."""
        inner = f"<tev:InitialTerminationTime>{lasts}</tev:InitialTerminationTime>"
        path, name = "/onvif/event_service", "tev:CreatePullPointSubscription"
        made = await self.ask(path, f"<{name}>{inner}</{name}>")
        return made.findtext("tev:SubscriptionReference/a:Address", "", NS)

    async def pull(self, address: str, timeout: str = "PT1S", limit: int = 100) -> list[dict[str, str]]:
        """Return events as flat dictionaries: ``topic``, ``dialect``, ``operation``, ``time``, and all simple items."""
        inner = f"<tev:Timeout>{timeout}</tev:Timeout><tev:MessageLimit>{limit}</tev:MessageLimit>"
        answer = await self.ask(address, f"<tev:PullMessages>{inner}</tev:PullMessages>")
        return [_flat(one) for one in answer.iterfind("wsnt:NotificationMessage", NS)]


def _flat(message: ElementTree.Element) -> dict[str, str]:
    topic, inner = message.find("wsnt:Topic", NS), message.find("wsnt:Message/tt:Message", NS)
    assert topic is not None
    assert inner is not None
    flat = {
        "topic": topic.text or "",
        "dialect": topic.get("Dialect", ""),
        "operation": inner.get("PropertyOperation", ""),
        "time": inner.get("UtcTime", ""),
    }
    flat |= {item.get("Name", ""): item.get("Value", "") for item in inner.iterfind(".//tt:SimpleItem", NS)}
    number = inner.findtext(".//tt:PlateNumber", None, NS)
    return flat if number is None else {**flat, "PlateNumber": number}


def short(event: dict[str, str]) -> str:
    """Return the last part of an event's topic."""
    return re.split(r"[/:]", event["topic"])[-1]
