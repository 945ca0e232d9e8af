"""The JSON Schema of a gateway file, generated from its form, so that editors complete and check while one types."""

import json
from pathlib import Path
from typing import Any

from config.form import GatewayForm

SCHEMA_FILE = Path(__file__).parent / "schema" / "gateway.schema.json"
"""The generated file, kept with the project; a test holds it to the form."""


def gateway_schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12) of a gateway file. ``!secret name`` passes as a custom tag in editors."""
    schema = GatewayForm.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Linli gateway file",
        **{key: value for key, value in schema.items() if key != "title"},
    }


def schema_text() -> str:
    """Return the schema as it is written to ``SCHEMA_FILE``."""
    return json.dumps(gateway_schema(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
