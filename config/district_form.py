"""The shape of a district's rules file, as its writer sees it: the gateway file's rule keys, and whom they are for."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from config.catalog import Level
from config.written import Duration, OneOrMore, Sentence, listed

Names = Annotated[list[str], BeforeValidator(listed), Field(min_length=1), OneOrMore()]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class PersonForm(_Form):
    """One person, by code."""

    groups: Annotated[Names, Field(description="所属人群 / groups")] = []
    gateway: Annotated[str, Field(description="所住小区的网关 / gateway of the community where this person lives")]


class DistrictRuleForm(_Form):
    """What a rule of the district's file may say."""

    when: Annotated[str | None, Field(description="成立条件 / condition")] = None
    hold: Annotated[Duration | None, Field(alias="for", ge=0, description="持续多久才报警 / must hold for")] = None
    clear: Annotated[str | None, Field(description="解除条件 / condition to clear")] = None
    clear_for: Annotated[Duration | None, Field(ge=0, description="解除条件持续多久 / clear must hold for")] = None
    level: Annotated[Level | None, Field(description="级别 / level")] = None
    latch: Annotated[bool | None, Field(description="人工复位前保持 / stays until a person resets")] = None
    repeat: Annotated[Duration | None, Field(ge=0, description="多久再报一次 / told again every")] = None
    between: Annotated[Names | None, Field(description="只在这些时段 / only in these daily spans")] = None
    enabled: Annotated[bool | None, Field(description="是否启用 / in effect")] = None
    say: Annotated[Sentence | None, Field(description="报警的话 / sentence to say")] = None
    gateways: Annotated[Names | None, Field(description="只管这些网关 / only these gateways")] = None
    devices: Annotated[Names | None, Field(description="只管这些 网关/设备 / only these GATEWAY/DEVICE")] = None
    place: Annotated[Names | None, Field(description="只管这些位置 / only these places")] = None
    people: Annotated[Names | None, Field(description="只管这些人 / only these people or groups")] = None
    reason: Annotated[str | None, Field(description="为什么这样改 / why")] = None
    author: Annotated[str | None, Field(description="谁改的 / who changed it")] = None


class DistrictChangeForm(DistrictRuleForm):
    """What differs from a default rule, for those that it selects."""


class DistrictAddForm(DistrictRuleForm):
    """A rule of the district's own, over the devices of one class."""

    kind: Annotated[str, Field(alias="class", description="设备类 / device class")]
    about: Annotated[
        Literal["person_ref", "plate"] | None,
        Field(description="按人或按车判断 / judged for each person or vehicle that the events name"),
    ] = None
    when: Annotated[str, Field(description="成立条件 / condition")]
    level: Annotated[Level, Field(description="级别 / level")]
    say: Annotated[Sentence, Field(description="报警的话 / sentence to say")]


Changes = Annotated[list[DistrictChangeForm], BeforeValidator(listed), OneOrMore()]


class DistrictRulesForm(_Form):
    """Changes to the collector's default rules, and rules of the district's own."""

    change: Annotated[dict[str, Changes], Field(description="调整默认规则 / changes to defaults")] = {}
    add: Annotated[dict[str, DistrictAddForm], Field(description="新增规则 / rules of your own")] = {}


class DistrictForm(_Form):
    """A district's rules file."""

    version: Annotated[Literal[1], Field(description="文件格式版本, 现在是 1 / version of this format")]
    timezone: Annotated[str, Field(description="时区 / time zone")] = "Asia/Shanghai"
    people: Annotated[dict[str, PersonForm], Field(description="人员 (只写编号) / people, by code only")] = {}
    rules: Annotated[DistrictRulesForm, Field(description="规则 / rules")] = DistrictRulesForm()
