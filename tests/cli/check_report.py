"""Validates a JSON audit report against its schema, and the schema against its metaschema. A member that the schema
does not name is an error here, although readers of a report ignore it. Prints a summary.

    check_report.py SCHEMA REPORT [--spoil]
    check_report.py --refused SCHEMA REPORT...

With --spoil, replaces each member of the report in turn with a value of every other type: it is an error if the
schema accepts one of them. With --refused, it is an error if the schema accepts one of the reports."""

import copy
import json
import sys

import jsonschema

VALIDATOR = jsonschema.Draft202012Validator


def close(schema):
    """Returns a copy of the schema that rejects unnamed members of objects."""
    if isinstance(schema, list):
        return [close(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: close(value) for name, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and "type" in schema:
        closed["additionalProperties"] = False
    return closed


OTHERS = ["", 1, True, None, [], {}]


def members_of(value):
    """Yields each list or object in a value with each of its indexes or names."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield value, name
        yield from members_of(member)


def spoil(validator, report):
    count = 0
    spoiled = copy.deepcopy(report)
    for container, name in list(members_of(spoiled)):
        good = container[name]
        for other in OTHERS:
            if type(other) is not type(good):
                container[name] = other
                count += 1
                if validator.is_valid(spoiled):
                    sys.exit(f"{name}: the schema accepts {other!r} instead of {good!r}")
        container[name] = good
    return count


def once(pairs):
    """Builds an object and rejects duplicate names, of which Python would silently use the last."""
    names = [name for name, _ in pairs]
    assert len(set(names)) == len(names), names
    return dict(pairs)


def load(path, **options):
    with open(path, encoding="utf-8") as file:
        return json.load(file, **options)


def load_schema(path):
    schema = load(path, object_pairs_hook=once)
    VALIDATOR.check_schema(schema)
    return schema


def check(schema, report):
    for error in sorted(VALIDATOR(close(schema)).iter_errors(report), key=str):
        print(f"{error.json_path}: {error.message}", file=sys.stderr)
        sys.exit(1)
    if "--spoil" in sys.argv:
        print(f"{spoil(VALIDATOR(schema), report)} invalid members are rejected")
    print(f"{len(report['scopes'])} scopes, {len(report['findings'])} findings of {len({f['id'] for f in report['findings']})} kinds")


def check_refused(schema, paths):
    for path in paths:
        if VALIDATOR(close(schema)).is_valid(load(path)):
            sys.exit(f"{path}: the schema accepts it")
    print(f"{len(paths)} reports are rejected")


if sys.argv[1] == "--refused":
    check_refused(load_schema(sys.argv[2]), sys.argv[3:])
else:
    check(load_schema(sys.argv[1]), load(sys.argv[2]))
