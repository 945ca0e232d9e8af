"""The shape of a district's rules file, as its writer sees it: the gateway file's rule keys, and whom they are for."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from config.rule_form import RuleAddForm, RuleChangeForm
from config.site_form import Texts
from config.written import STRICT, OneOrMore, listed


class _Form(BaseModel):
    model_config = STRICT


class PersonForm(_Form):
    """One person, by code."""

    groups: Annotated[Texts, Field(description="所属人群 / groups")] = []
    gateway: Annotated[str, Field(description="所住小区的网关 / gateway of the community where this person lives")]


class DistrictChangeForm(RuleChangeForm):
    """What differs from a default rule of the collector, for those that it selects."""

    gateways: Annotated[Texts | None, Field(description="只管这些网关 / only these gateways")] = None


class DistrictAddForm(RuleAddForm):
    """A rule of the district's own, over the devices of one class."""

    gateways: Annotated[Texts | None, Field(description="只管这些网关 / only these gateways")] = None
    kind: Annotated[str, Field(alias="class", description="设备类 / device class")]
    about: Annotated[
        Literal["person_ref", "plate"] | None,
        Field(description="按人或按车判断 / judged for each person or vehicle that the events name"),
    ] = None


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
