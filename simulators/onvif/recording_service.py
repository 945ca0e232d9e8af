"""The ONVIF Recording and Search services of a camera with a card in it: one job, and how far back it goes."""

from simulators.onvif.events import timestamp
from simulators.onvif.host import Host, Operations
from simulators.onvif.soap import Call, Markup, join, no_such, tag

JOB = "RecordingJob_1"
_RECORDING = "Recording_1"
_DAY_US = 86_400_000_000


class RecordingService:
    """``days``: so much lies on the card; ``state`` of its job is Active, PartiallyActive, Idle or Error."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.days = 30.0
        self.state = "Active"
        self.operations: Operations = {
            "tse:GetRecordingSummary": self._summary,
            "trc:GetRecordingJobs": self._jobs,
            "trc:GetRecordingJobState": self._job,
        }

    def _summary(self, call: Call) -> Markup:
        now = self._host.time()
        parts = (
            ("DataFrom", timestamp(now - int(self.days * _DAY_US))),
            ("DataUntil", timestamp(now)),
            ("NumberRecordings", "1"),
        )
        return tag("tse:Summary", *(tag(f"tt:{name}", text) for name, text in parts))

    def _jobs(self, call: Call) -> Markup:
        mode = "Idle" if self.state == "Idle" else "Active"
        parts = (("RecordingToken", _RECORDING), ("Mode", mode), ("Priority", "1"))
        set_up = tag("tt:JobConfiguration", *(tag(f"tt:{name}", text) for name, text in parts))
        return tag("trc:JobItem", tag("tt:JobToken", JOB), set_up)

    def _job(self, call: Call) -> Markup:
        if call.text("trc:JobToken") != JOB:
            raise no_such("job", "ter:NoRecordingJob")
        return tag("trc:State", join(tag("tt:RecordingToken", _RECORDING), tag("tt:State", self.state)))
