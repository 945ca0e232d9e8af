"""SOAP 1.2 for the few things that are asked of a camera: envelopes written, answers and faults taken apart."""

import base64
import datetime
import hashlib
import secrets
import uuid
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from drivers.api.errors import CorruptAnswer, DeviceRefused, DriverError, Misconfigured, NotSupported
from drivers.onvif.events.tree import Node, tree

NAMESPACES: Final = {
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "tev": "http://www.onvif.org/ver10/events/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tr2": "http://www.onvif.org/ver20/media/wsdl",
    "tmd": "http://www.onvif.org/ver10/deviceIO/wsdl",
    "tdc": "http://www.onvif.org/ver10/doorcontrol/wsdl",
    "tptz": "http://www.onvif.org/ver20/ptz/wsdl",
    "tse": "http://www.onvif.org/ver10/search/wsdl",
    "trc": "http://www.onvif.org/ver10/recording/wsdl",
    "wsnt": "http://docs.oasis-open.org/wsn/b-2",
    "tt": "http://www.onvif.org/ver10/schema",
}
MEDIA: Final = "application/soap+xml; charset=utf-8"

_SOAP: Final = "http://www.w3.org/2003/05/soap-envelope"
_ADDRESSING: Final = "http://www.w3.org/2005/08/addressing"
_WSS: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
_PULLS: Final = "http://www.onvif.org/ver10/events/wsdl/PullPointSubscription"
_MANAGES: Final = "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager"
_ACTIONS: Final = {
    "tev:CreatePullPointSubscription": "http://www.onvif.org/ver10/events/wsdl/EventPortType/CreatePullPointSubscriptionRequest",
    "tev:PullMessages": f"{_PULLS}/PullMessagesRequest",
    "tev:SetSynchronizationPoint": f"{_PULLS}/SetSynchronizationPointRequest",
    "wsnt:Renew": f"{_MANAGES}/RenewRequest",
    "wsnt:Unsubscribe": f"{_MANAGES}/UnsubscribeRequest",
}
"""What is sent with WS-Addressing, for subscriptions are found by it on some makers' cameras."""

_ACTIONS_AT: Final = {"tmd": "http://www.onvif.org/ver10/deviceio/wsdl"}
"""Where a service's actions do not begin as its namespace is written."""

_LONGEST_REASON: Final = 120
_FAULTS: Final[dict[str, type[Misconfigured | NotSupported]]] = {
    "NotAuthorized": Misconfigured,
    "FailedAuthentication": Misconfigured,
    "OperationProhibited": Misconfigured,
    "ActionNotSupported": NotSupported,
    "OptionalActionNotImplemented": NotSupported,
    "UnknownAction": NotSupported,
}
"""By the last part of a fault's code; all others are the device's refusal."""


class NotAuthorised(Misconfigured):
    """Name or password are not believed, or may not do this."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One request: ``name`` with its prefix (``tds:GetServices``), the XML within its element, and the prefix of the
    service that has it where that is another one (DeviceIO takes the Device service's elements).
    """

    name: str
    inner: str = ""
    at: str = ""

    @property
    def service(self) -> str:
        """Return the prefix of the service that has it."""
        return self.at or self.name.partition(":")[0]

    @property
    def action(self) -> str:
        """Return its SOAP action."""
        home = _ACTIONS_AT.get(self.service) or NAMESPACES[self.service]
        return _ACTIONS.get(self.name) or f"{home}/{self.name.partition(':')[2]}"

    def envelope(self, address: str, token: str = "", references: str = "") -> bytes:
        """Return the whole message to ``address``, with a security ``token`` and a subscription's ``references``."""
        declared = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
        head = token + references
        if self.name in _ACTIONS:
            head += (
                f'<a:Action s:mustUnderstand="1">{self.action}</a:Action>'
                f"<a:MessageID>urn:uuid:{uuid.uuid4()}</a:MessageID><a:To>{escape(address)}</a:To>"
            )
        return (
            f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{_SOAP}" xmlns:a="{_ADDRESSING}"{declared}>'
            f"<s:Header>{head}</s:Header><s:Body><{self.name}>{self.inner}</{self.name}></s:Body></s:Envelope>"
        ).encode()


def element(name: str, text: str, **attributes: str) -> str:
    """Return one element that holds ``text``, escaped."""
    given = "".join(f' {key}="{escape(value, {chr(34): "&quot;"})}"' for key, value in attributes.items())
    return f"<{name}{given}>{escape(text)}</{name}>"


def within(name: str, inner: str, **attributes: str) -> str:
    """Return one element that holds other elements."""
    return element(name, "", **attributes).replace(f"></{name}>", f">{inner}</{name}>")


def moment(at_us: int) -> str:
    """Return a time as xs:dateTime in UTC, in whole seconds."""
    return datetime.datetime.fromtimestamp(at_us // 1_000_000, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def duration(seconds: float) -> str:
    """Return ``seconds`` as xs:duration."""
    return f"PT{max(1, round(seconds))}S"


def user_token(user: str, password: str, at_us: int) -> str:
    """Return a UsernameToken for one message at ``at_us`` by the camera's clock: the password goes out as a digest."""
    nonce = secrets.token_bytes(16)
    created = moment(at_us)
    # SHA-1 is what the profile of 2004 says.
    made = hashlib.sha1(nonce + created.encode() + password.encode(), usedforsecurity=False).digest()
    return (
        f'<w:Security xmlns:w="{_WSS}wssecurity-secext-1.0.xsd" s:mustUnderstand="1"><w:UsernameToken>'
        + element("w:Username", user)
        + element("w:Password", _base64(made), Type=f"{_WSS}username-token-profile-1.0#PasswordDigest")
        + element("w:Nonce", _base64(nonce), EncodingType=f"{_WSS}soap-message-security-1.0#Base64Binary")
        + f'<u:Created xmlns:u="{_WSS}wssecurity-utility-1.0.xsd">{created}</u:Created></w:UsernameToken></w:Security>'
    )


def answer_of(body: bytes, status: int, operation: Operation) -> Node:
    """Return the element that answers ``operation``; the error that a fault means; ``CorruptAnswer`` for no answer."""
    try:
        said = _content(tree(body))
    except CorruptAnswer:
        if status == 200:
            raise
        raise _refused_without_words(status, operation) from None
    if said.tag == "Fault":
        raise _fault(said, status, operation)
    if status != 200:
        raise _refused_without_words(status, operation)
    if said.tag != f"{operation.name.partition(':')[2]}Response":
        raise CorruptAnswer(f"{said.tag[:60]} instead of an answer to {operation.name}")
    return said


def _content(root: Node) -> Node:
    body = root.child("Body")
    if root.tag != "Envelope" or body is None or not body.children:
        raise CorruptAnswer("no SOAP message")
    return body.children[0]


def _fault(said: Node, status: int, operation: Operation) -> DriverError:
    codes = [one.text.strip().rpartition(":")[2] for one in said.all("Value")]
    codes += [one.text.strip().rpartition(":")[2] for one in said.all("faultcode")]
    text = next((one.text.strip() for tag in ("Text", "faultstring") for one in said.all(tag)), "")
    words = _plain(" ".join((*codes[1:], text) if len(codes) > 1 else (*codes, text)))
    if "NotAuthorized" in codes or "FailedAuthentication" in codes or status in (401, 403):
        return NotAuthorised(f"{operation.name}: the camera does not believe name and password ({words})")
    kind = next((_FAULTS[code] for code in codes if code in _FAULTS), None)
    if kind is not None:
        return kind(f"{operation.name}: {words}")
    return DeviceRefused(f"{operation.name}: {words}", status)


def _refused_without_words(status: int, operation: Operation) -> DriverError:
    if status in (401, 403):
        return NotAuthorised(f"{operation.name}: the camera does not believe name and password (HTTP {status})")
    if status in (404, 405, 501):
        kind = Misconfigured if operation.service == "tds" else NotSupported
        return kind(f"{operation.name}: there is no such ONVIF service (HTTP {status})")
    if status < 300 or status >= 500:
        return CorruptAnswer(f"{operation.name}: HTTP {status} and no SOAP message")
    return DeviceRefused(f"{operation.name}: HTTP {status}", status)


def _plain(text: str) -> str:
    """Return a stranger's words as they may stand in a log: one line, visible, short."""
    return "".join(one if one.isprintable() else " " for one in text)[:_LONGEST_REASON].strip()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
