"""The shape of what a gateway file says of the site around the devices: people by code, when is when, and lists."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from config.written import STRICT, Keeping, OneOrMore, Size, listed

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Texts = Annotated[list[str], BeforeValidator(listed), OneOrMore()]
"""One text, or a list of them."""


class _Form(BaseModel):
    model_config = STRICT


class PersonForm(_Form):
    """Somebody who is looked after: a code, never a name."""

    groups: Annotated[Texts, Field(description="属于哪些人群 / groups", examples=["独居老人"])] = []
    place: Annotated[str, Field(max_length=60, description="住在哪里 / where")] = ""


class PrivacyForm(_Form):
    """What of people may leave this box."""

    whereabouts: Annotated[
        Literal["local", "alarms", "share"],
        Field(description="人在哪里: 不出本机, 只随告警, 照常上传 / where people are: kept here, with alarms, shared"),
    ] = "local"


class PicturesForm(_Form):
    """The pictures that cameras give with what they tell, as they are kept on this box."""

    keep: Annotated[
        Keeping, Field(ge=0, le=31_536_000, description="抓拍在本机留多久, 0 不留 / how long they are kept, 0 for not")
    ] = 2_592_000.0
    max_size: Annotated[Size, Field(ge=10_000_000, description="抓拍最多占多少 / largest size of them all")] = (
        2_000_000_000
    )
    personal: Annotated[
        Literal["keep", "mask", "drop"],
        Field(description="拍到的车牌和人脸: 原样留, 打码留, 不留图 / plates and faces: kept, masked, no picture"),
    ] = "keep"


class ScheduleForm(_Form):
    """When a schedule is on: at these hours of these days, or once from a moment to another."""

    hours: Annotated[Texts | None, Field(description="一天里的时段 / hours", examples=["23:00-05:00"])] = None
    days: Annotated[list[Day] | None, Field(min_length=1, description="星期几 / days of the week")] = None
    holidays: Annotated[bool | None, Field(description="节假日算不算 / on public holidays too")] = None
    from_: Annotated[str | None, Field(alias="from", description="从何时 / from", examples=["2026-12-01 08:00"])] = None
    to: Annotated[str | None, Field(description="到何时 / until", examples=["2026-12-01 18:00"])] = None


class ListForm(_Form):
    """A list that is kept in a file; one with a kind is of number plates."""

    file: Annotated[str, Field(min_length=1, description="CSV 文件 / CSV file")]
    kind: Annotated[
        Literal["white", "visitor", "black"] | None,
        Field(description="车牌名单的用途: 白名单、访客、黑名单 / what a list of plates is for"),
    ] = None


class _OrFile:
    """In the editors' schema the file's name may stand for the whole."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "string"}, handler(schema)]}


def _of_file(given: Any) -> Any:
    return {"file": given} if isinstance(given, str) else given


List = Annotated[ListForm, BeforeValidator(_of_file), _OrFile()]
