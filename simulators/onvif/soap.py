"""SOAP 1.2 as ONVIF speaks it, by hand: elements that escape what they hold, requests taken apart, faults."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

NAMESPACES: Final = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "wsa": "http://www.w3.org/2005/08/addressing",
    "wsse": "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd",
    "wsu": "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd",
    "wsnt": "http://docs.oasis-open.org/wsn/b-2",
    "d": "http://schemas.xmlsoap.org/ws/2005/04/discovery",
    "dn": "http://www.onvif.org/ver10/network/wsdl",
    "tt": "http://www.onvif.org/ver10/schema",
    "ter": "http://www.onvif.org/ver10/error",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tr2": "http://www.onvif.org/ver20/media/wsdl",
    "tev": "http://www.onvif.org/ver10/events/wsdl",
    "tmd": "http://www.onvif.org/ver10/deviceIO/wsdl",
    "timg": "http://www.onvif.org/ver20/imaging/wsdl",
    "tptz": "http://www.onvif.org/ver20/ptz/wsdl",
    "tse": "http://www.onvif.org/ver10/search/wsdl",
    "trc": "http://www.onvif.org/ver10/recording/wsdl",
    "tac": "http://www.onvif.org/ver10/accesscontrol/wsdl",
    "tdc": "http://www.onvif.org/ver10/doorcontrol/wsdl",
    "tns1": "http://www.onvif.org/ver10/topics",
    "tnshik": "http://www.hikvision.com/2011/event/topics",
    "tnsaxis": "http://www.axis.com/2009/event/topics",
}
_PREFIXES = {namespace: prefix for prefix, namespace in NAMESPACES.items()}
_DECLARED = "".join(f' xmlns:{prefix}="{namespace}"' for prefix, namespace in NAMESPACES.items())
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'


class Markup(str):
    """Text that is XML already and goes out as it is; any other text is escaped."""

    __slots__ = ()


NOTHING: Final = Markup("")


class SoapFault(Exception):
    """What the device answers instead: ``code`` is Sender or Receiver, ``subcodes`` name it (ONVIF Core 5.11.2)."""

    def __init__(self, reason: str, *subcodes: str, code: str = "Sender", status: int = 400) -> None:
        super().__init__(reason)
        self.reason, self.subcodes, self.code, self.status = reason, subcodes, code, status


def not_authorized() -> SoapFault:
    """Return what a wrong name, password, nonce or time is answered with."""
    return SoapFault("Sender not Authorized", "ter:NotAuthorized")


def no_such(what: str, subcode: str) -> SoapFault:
    """Return what a token that is not there is answered with."""
    return SoapFault(f"no such {what}", "ter:InvalidArgVal", subcode)


@dataclass(frozen=True, slots=True)
class Call:
    """A request taken apart: ``name`` as ``tds:GetServices``, its ``body`` element, the SOAP header, the ``path``."""

    name: str
    body: ElementTree.Element
    header: ElementTree.Element | None
    path: str

    def text(self, name: str, default: str = "") -> str:
        """Return the text of the body's child ``name`` (with prefix), ``default`` where it has none."""
        return (self.body.findtext(name, default, NAMESPACES) or default).strip()


def tag(name: str, *content: str, attributes: Mapping[str, str] | None = None) -> Markup:
    """Return the element ``name`` with ``content`` in it."""
    given = "".join(f" {key}={quoteattr(value)}" for key, value in (attributes or {}).items())
    inner = "".join(one if isinstance(one, Markup) else escape(one) for one in content)
    return Markup(f"<{name}{given}>{inner}</{name}>" if inner else f"<{name}{given}/>")


def join(*parts: str) -> Markup:
    """Return elements one after another."""
    return Markup("".join(parts))


def envelope(body: Markup, header: Markup = NOTHING) -> bytes:
    """Return the whole message; every namespace is declared on its first element."""
    head = f"<s:Header>{header}</s:Header>" if header else ""
    return f"{_XML}<s:Envelope{_DECLARED}>{head}<s:Body>{body}</s:Body></s:Envelope>".encode()


def fault(error: SoapFault) -> bytes:
    """Return the message that says ``error``."""
    inner = NOTHING
    for subcode in reversed(error.subcodes):
        inner = tag("s:Subcode", tag("s:Value", subcode), inner)
    reason = tag("s:Reason", tag("s:Text", error.reason, attributes={"xml:lang": "en"}))
    return envelope(tag("s:Fault", tag("s:Code", tag("s:Value", f"s:{error.code}"), inner), reason))


def prefixed(name: str) -> str:
    """Return ElementTree's ``{namespace}local`` with our prefix; unknown namespaces stay as they are."""
    namespace, _, local = name.removeprefix("{").partition("}")
    return f"{_PREFIXES[namespace]}:{local}" if namespace in _PREFIXES else name


def parse(message: bytes, path: str = "") -> Call:
    """Return the request in ``message``; ``SoapFault`` where it is none, or brings a document type with it."""
    try:
        if "<!" in message.decode("utf-8"):
            raise SoapFault("no document types here", "ter:WellFormed")
        root = ElementTree.fromstring(message)  # noqa: S314 - no document type, so no entity can be defined in it
    except (UnicodeDecodeError, ElementTree.ParseError) as error:
        raise SoapFault("not well formed", "ter:WellFormed") from error
    body = root.find("s:Body", NAMESPACES)
    if prefixed(root.tag) != "s:Envelope" or body is None or not len(body):
        raise SoapFault("no request in it", "ter:WellFormed")
    return Call(prefixed(body[0].tag), body[0], root.find("s:Header", NAMESPACES), path)
