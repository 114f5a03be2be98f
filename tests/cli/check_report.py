"""Holds a JSON report of an audit against its schema, and against the schema's own: a member that the
schema does not name is an error here, though readers pass over it. Prints what was held.

    check_report.py SCHEMA REPORT [--spoil]

With --spoil every member of the report is given, one by one, a value of each other type: a schema that takes one
of them is an error."""

import copy
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


OTHERS = ["", 1, True, None, [], {}]


def places(value):
    """Each list or object in a value with each of its indexes or names."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield value, name
        yield from places(member)


def spoil(validator, report):
    count = 0
    spoiled = copy.deepcopy(report)
    for container, name in list(places(spoiled)):
        good = container[name]
        for other in OTHERS:
            if type(other) is not type(good):
                container[name] = other
                count += 1
                if validator.is_valid(spoiled):
                    sys.exit(f"{name}: the schema takes {other!r} for {good!r}")
        container[name] = good
    return count


with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
with open(sys.argv[2], encoding="utf-8") as file:
    report = json.load(file)
VALIDATOR.check_schema(schema)
for error in sorted(VALIDATOR(close(schema)).iter_errors(report), key=str):
    print(f"{error.json_path}: {error.message}", file=sys.stderr)
    sys.exit(1)
if "--spoil" in sys.argv:
    print(f"{spoil(VALIDATOR(schema), report)} wrong members are refused")
print(f"{len(report['scopes'])} scopes, {len(report['findings'])} findings of {len({f['id'] for f in report['findings']})} kinds")
