"""Holds a JSON report of an audit against its schema, and against the schema's own: a member that the
schema does not name is an error here, though readers pass over it. Prints what was held."""

import json
import sys

import jsonschema

VALIDATOR = jsonschema.Draft202012Validator


def close(schema):
    """A schema whose objects have no members but the named ones."""
    if isinstance(schema, list):
        return [close(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: close(value) for name, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and "type" in schema:
        closed["additionalProperties"] = False
    return closed


with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
with open(sys.argv[2], encoding="utf-8") as file:
    report = json.load(file)
VALIDATOR.check_schema(schema)
for error in sorted(VALIDATOR(close(schema)).iter_errors(report), key=str):
    print(f"{error.json_path}: {error.message}", file=sys.stderr)
    sys.exit(1)
print(f"{len(report['scopes'])} scopes, {len(report['findings'])} findings of {len({f['id'] for f in report['findings']})} kinds")
