"""Reads a SARIF log into the classes generated from its schema. A member that the schema does not have, or a required
member that is missing, is an error. Prints the locations of the results."""

import json
import sys

import sarif_om

CLASSES = {
    "runs": sarif_om.Run, "tool": sarif_om.Tool, "driver": sarif_om.ToolComponent, "rules": sarif_om.ReportingDescriptor,
    "shortDescription": sarif_om.MultiformatMessageString, "defaultConfiguration": sarif_om.ReportingConfiguration,
    "results": sarif_om.Result, "message": sarif_om.Message, "locations": sarif_om.Location,
    "physicalLocation": sarif_om.PhysicalLocation, "artifactLocation": sarif_om.ArtifactLocation, "region": sarif_om.Region,
    "logicalLocations": sarif_om.LogicalLocation, "invocations": sarif_om.Invocation,
    "toolExecutionNotifications": sarif_om.Notification, "help": sarif_om.MultiformatMessageString,
}
LEVELS = {"none", "note", "warning", "error"}


def build(kind, value):
    if isinstance(value, list):
        return [build(kind, item) for item in value]
    names = {field.metadata["schema_property_name"]: field.name for field in kind.__attrs_attrs__}
    members = {}
    for name, member in value.items():
        if name not in names:
            sys.exit(f"{kind.__name__} has no {name}")
        plain = name in ("properties", "partialFingerprints") or not isinstance(member, (dict, list))
        members[names[name]] = member if plain else build(CLASSES[name], member)
    return kind(**members)


def location_of(location):
    if location.physical_location is None:
        return location.logical_locations[0].fully_qualified_name
    uri, where = location.physical_location.artifact_location.uri, location.physical_location.region
    if where is None:
        return uri
    assert where.start_line >= 1 and where.start_column >= 1
    start = f"{uri}:{where.start_line}:{where.start_column}"
    if where.end_line is None:
        assert where.byte_offset >= 0 and where.byte_length >= 0
        return start
    assert where.start_line <= where.end_line and where.end_column >= 1
    return f"{start}-{where.end_line}:{where.end_column}"


with open(sys.argv[1], encoding="utf-8") as file:
    log = build(sarif_om.SarifLog, json.load(file))
assert log.version == "2.1.0", log.version
for run in log.runs:
    rules = run.tool.driver.rules
    assert run.column_kind in ("utf16CodeUnits", "unicodeCodePoints")
    assert len({rule.id for rule in rules}) == len(rules)
    assert all(rule.default_configuration.level in LEVELS for rule in rules)
    for invocation in run.invocations or []:
        assert invocation.execution_successful in (True, False)
        assert all(note.level in LEVELS and note.message.text for note in invocation.tool_execution_notifications)
    locations = []
    for result in run.results:
        assert rules[result.rule_index].id == result.rule_id and result.level in LEVELS and result.message.text
        locations.append(f"{result.rule_id} at {location_of(result.locations[0])}")
    print(f"{len(log.runs)} run, {len(locations)} result: {', '.join(locations)}")
