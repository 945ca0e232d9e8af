"""Asking one camera in SOAP: who we are, by its own clock; what may be asked again, and what never is."""

import datetime
from typing import Final

from drivers.api.errors import AnswerLost, CorruptAnswer, DeviceRefused, DriverError, NotSupported, Timeout
from drivers.onvif.events.tree import Node
from drivers.onvif.target import Target
from drivers.onvif.wire.addresses import on_camera
from drivers.onvif.wire.reading import text
from drivers.onvif.wire.soap import MEDIA, NAMESPACES, NotAuthorised, Operation, answer_of, user_token
from drivers.onvif.wire.web import Answer, BrokenOff, Question, Web
from runtime.clock import Clock

DEVICE: Final = "/onvif/device_service"

_CLOCK: Final = Operation("tds:GetSystemDateAndTime")
_SERVICES: Final = Operation("tds:GetServices", "<tds:IncludeCapability>false</tds:IncludeCapability>")
_PROOF: Final = "GetDeviceInformation"
_CAPABILITIES: Final = Operation("tds:GetCapabilities", "<tds:Category>All</tds:Category>")
_OLD: Final = {"Events": "tev", "Media": "trt", "PTZ": "tptz", "DeviceIO": "tmd", "Search": "tse", "Recording": "trc"}
"""The elements of GetCapabilities, for cameras that know no GetServices."""

_CLOCKS_AGREE_S: Final = 2.0
"""A refused token is made anew only where the camera's clock turned out to differ by more from what was thought."""


class Asking:
    """One camera. ``offset_s`` is its clock less ours, ``None`` until it was asked."""

    def __init__(self, target: Target, clock: Clock, timeout_s: float) -> None:
        self.offset_s: float | None = None
        self.web = Web(target, clock)
        self._target, self._clock, self._timeout_s = target, clock, timeout_s
        self._services: dict[str, str] | None = None
        self._references: dict[str, str] = {}

    async def read(self, operation: Operation, address: str = "") -> Node:
        """Return what answers a question; it is asked again once where the connection broke off."""
        address = address or await self.service(operation.service)
        try:
            said, _ = await self._answered(operation, address, command=False)
        except BrokenOff:
            said, _ = await self._answered(operation, address, command=False)
        return said

    async def read_once(self, operation: Operation) -> tuple[Node, bytes]:
        """Return what answers a question that costs the camera something each time, and the answer as it came."""
        return await self._answered(operation, await self.service(operation.service), command=False)

    async def do(self, operation: Operation) -> None:
        """Have it do something, once: where the answer is lost, so is the knowledge whether it did (``AnswerLost``).

        Where it says that it does not believe us it did nothing, and only then it is told again.
        """
        await self._answered(operation, await self.service(operation.service), command=True)

    async def wait(self, operation: Operation, address: str, wait_s: float) -> Answer:
        """Return the answer to a question that may take ``wait_s`` longer than others, as it came, asked once; and
        once more where our token was refused for its time alone.
        """
        answer = await self._post(operation, address, wait_s=wait_s, command=False)
        if answer.status == 200:
            return answer
        try:
            answer_of(answer.body, answer.status, operation)
        except NotAuthorised:
            if await self._was_late(operation):
                answer = await self._post(operation, address, wait_s=wait_s, command=False)
        except DriverError:
            pass  # whoever asked judges it
        return answer

    async def service(self, prefix: str) -> str:
        """Return where the camera has the service of ``NAMESPACES[prefix]``; ``NotSupported`` where it has none."""
        if prefix == "tds":
            return self._target.place.base + DEVICE
        if self._services is None:
            self._services = await self._listed()
        if (found := self._services.get(NAMESPACES[prefix])) is None:
            raise NotSupported(f"the camera has no service {NAMESPACES[prefix]}")
        return found

    def forget(self) -> None:
        """Ask anew where its services are when the next is needed: they may have moved."""
        self._services = None

    def refer(self, address: str, references: str) -> None:
        """Send ``references`` (XML) with everything to ``address``; only the newest subscription is remembered."""
        self._references = {address: references}

    async def know_clock(self) -> float:
        """Ask what time it is there and return its clock less ours, in seconds (a camera tells whole seconds)."""
        before = self._clock.now()
        said = await self.read(_CLOCK)
        ours = (before + self._clock.now()) / 2
        self.offset_s = (_moment(said) - ours) / 1e6
        return self.offset_s

    async def _answered(self, operation: Operation, address: str, *, command: bool) -> tuple[Node, bytes]:
        answer = await self._post(operation, address, command=command)
        try:
            return self._judged(answer, operation, command=command), answer.body
        except NotAuthorised as error:
            if not await self._was_late(operation):
                self._refused(operation, error)
                raise
        answer = await self._post(operation, address, command=command)
        return self._judged(answer, operation, command=command), answer.body

    def _refused(self, operation: Operation, error: NotAuthorised) -> None:
        """Anything else may merely not be for this user; what it is it tells everybody whose password it believes."""
        if operation.name == _PROOF:
            self._target.lockout.refused(self._clock.monotonic(), str(error))

    async def _post(self, operation: Operation, address: str, *, command: bool, wait_s: float = 0.0) -> Answer:
        if operation is not _CLOCK:
            self._target.lockout.check(self._clock.monotonic())
        token = await self._token(operation)
        body = operation.envelope(address, token, self._references.get(address, ""))
        headers = {"Content-Type": f'{MEDIA}; action="{operation.action}"'}
        question = Question("POST", address, body, headers, fresh=command)
        try:
            return await self.web.ask(question, self._timeout_s + wait_s)
        except (Timeout, CorruptAnswer) as error:
            if command and question.sent:
                raise AnswerLost(
                    f"{operation.name} was sent, and no answer says whether it was done: {error}"
                ) from error
            raise

    @staticmethod
    def _judged(answer: Answer, operation: Operation, *, command: bool) -> Node:
        try:
            return answer_of(answer.body, answer.status, operation)
        except CorruptAnswer as error:
            if command:
                raise AnswerLost(f"{operation.name} was sent, and its answer cannot be read: {error}") from error
            raise

    async def _token(self, operation: Operation) -> str:
        """Return who we are, where that is not told by HTTP digest."""
        password = self._target.password
        if operation is _CLOCK or not self._target.user or password is None:
            return ""
        if self.offset_s is None:
            await self._guess_clock()
        if self.web.digested:
            return ""
        return user_token(self._target.user, password.reveal(), self._clock.now() + int((self.offset_s or 0.0) * 1e6))

    async def _guess_clock(self) -> None:
        """Ask for its clock; one that does not say is taken to go like ours."""
        try:
            await self.know_clock()
        except (NotSupported, DeviceRefused, CorruptAnswer, NotAuthorised):
            self.offset_s = 0.0

    async def _was_late(self, operation: Operation) -> bool:
        """Tell whether its clock has changed since it was asked, so that a token was refused for its time alone."""
        before = self.offset_s
        if before is None or operation is _CLOCK:
            return False
        await self._guess_clock()
        return abs((self.offset_s or 0.0) - before) > _CLOCKS_AGREE_S

    async def _listed(self) -> dict[str, str]:
        """Return addresses by namespace, all on the camera itself."""
        home = self._target.place.base + DEVICE
        try:
            said = await self.read(_SERVICES)
        except (NotSupported, DeviceRefused):
            said = await self.read(_CAPABILITIES)
            pairs = [(NAMESPACES[prefix], text(one, "XAddr")) for tag, prefix in _OLD.items() for one in said.all(tag)]
        else:
            pairs = [(text(one, "Namespace"), text(one, "XAddr")) for one in said.all("Service")]
        return {namespace: on_camera(address, self._target.place, home) for namespace, address in pairs if address}


def _moment(said: Node) -> float:
    """Return the camera's UTC in microseconds; ``CorruptAnswer`` where it tells none."""
    utc = said.child("SystemDateAndTime", "UTCDateTime")
    date, time = (utc.child("Date"), utc.child("Time")) if utc is not None else (None, None)
    if date is None or time is None:
        raise CorruptAnswer("it does not tell its time in UTC")
    try:
        year, month, day = (int(text(date, tag)) for tag in ("Year", "Month", "Day"))
        hour, minute, second = (int(text(time, tag)) for tag in ("Hour", "Minute", "Second"))
        return datetime.datetime(year, month, day, hour, minute, min(second, 59), tzinfo=datetime.UTC).timestamp() * 1e6
    except (ValueError, OverflowError) as error:
        raise CorruptAnswer("it tells a time that there is not") from error
