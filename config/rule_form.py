"""The shape of the section ``rules`` of a gateway file; its conditions are in the language of rule expressions."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from config.site_form import Texts
from config.written import STRICT, Duration, HoldFor, Level, OneOrMore, Sentence, listed


class _Form(BaseModel):
    model_config = STRICT


class ActionForm(_Form):
    """What the gateway does by itself when the alert is raised."""

    command: Annotated[str, Field(description="命令 / command", examples=["pulse_unlock"])]
    devices: Annotated[
        list[str] | None,
        Field(min_length=1, description="谁执行, 不写就是报警的那台 / who does it"),
    ] = None
    args: Annotated[dict[str, int], Field(description="参数 / arguments")] = {}


class EscalateForm(_Form):
    """When a standing alert gets another level: after a time, or once something holds."""

    after: Annotated[Duration | None, Field(gt=0, description="告警多久以后 / so long after it was raised")] = None
    when: Annotated[str | None, Field(description="什么条件下 / once this holds")] = None
    to: Annotated[Level, Field(description="升到哪一级 / to this level")]


Actions = Annotated[list[ActionForm], BeforeValidator(listed), OneOrMore()]
Escalations = Annotated[list[EscalateForm], BeforeValidator(listed), OneOrMore()]


class RuleForm(_Form):
    """What a change and a rule of one's own have in common."""

    when: Annotated[str | None, Field(description="成立条件 / condition")] = None
    hold: Annotated[HoldFor | None, Field(alias="for", description="持续多久或几次 / must hold for")] = None
    clear: Annotated[str | None, Field(description="解除条件 / condition to clear")] = None
    clear_for: Annotated[Duration | None, Field(ge=0, description="解除条件持续多久 / clear must hold for")] = None
    level: Annotated[Level | None, Field(description="级别 / level")] = None
    latch: Annotated[bool | None, Field(description="人工复位前保持 / stays until a person resets")] = None
    repeat: Annotated[Duration | None, Field(ge=60, le=604800, description="多久再提醒 / told again so often")] = None
    between: Annotated[
        Texts | None, Field(description="只在这些时段或时间表内 / only within these", examples=["23:00-05:00"])
    ] = None
    enabled: Annotated[bool | None, Field(description="是否启用 / in effect")] = None
    devices: Annotated[list[str] | None, Field(min_length=1, description="只管这些设备 / only these devices")] = None
    people: Annotated[Texts | None, Field(description="只管这些人或人群的设备 / only these people's")] = None
    place: Annotated[Texts | None, Field(description="只管这些位置的设备 / only at these places")] = None
    say: Annotated[Sentence | None, Field(description="报警的话 / sentence to say")] = None
    action: Annotated[Actions | None, Field(description="报警时网关自己做什么 / done by the gateway itself")] = None
    escalate: Annotated[Escalations | None, Field(description="何时升级 / when it gets another level")] = None
    record: Annotated[bool | None, Field(description="false: 只动作, 不报警 / false: acts and tells nobody")] = None
    reason: Annotated[str | None, Field(description="为什么这样改 / why")] = None
    author: Annotated[str | None, Field(max_length=60, description="谁改的 / by whom")] = None


class RuleChangeForm(RuleForm):
    """What differs from a default rule."""


class RuleAddForm(RuleForm):
    """A rule of this site's own."""

    when: Annotated[str, Field(description="成立条件 / condition")]
    level: Annotated[Level, Field(description="级别 / level")]
    say: Annotated[Sentence, Field(description="报警的话 / sentence to say")]


Changes = Annotated[list[RuleChangeForm], BeforeValidator(listed), OneOrMore()]


class RulesForm(_Form):
    """Which rules are in effect."""

    use: Annotated[Literal["defaults", "none"], Field(description="是否用默认规则 / start from the defaults")] = (
        "defaults"
    )
    change: Annotated[dict[str, Changes], Field(description="调整默认规则 / changes to defaults")] = {}
    add: Annotated[dict[str, RuleAddForm], Field(description="新增规则 / rules of your own")] = {}
