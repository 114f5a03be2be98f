"""Prints, for the services of botocore's models, what botocore sends for generated inputs, and what it reads from generated
replies. One line of JSON per service; protocols.lua compares. Arguments: names of services or protocols; none: all."""

import base64
import datetime
import io
import json
import random
import sys
from urllib.parse import urlencode
from xml.sax.saxutils import escape, quoteattr

import botocore.loaders
import botocore.parsers
import botocore.serialize
from botocore.model import ServiceModel
from botocore.awsrequest import HeadersDict

DEEPEST = 4
SUPPORTED = {"json", "rest-json", "query", "ec2", "rest-xml"} | (
    {"smithy-rpc-v2-cbor"} if "smithy-rpc-v2-cbor" in botocore.serialize.SERIALIZERS else set())
UTC = datetime.timezone.utc
SHORT = "x-1"


def number(shape, rng):
    return rng.choice([0, 1, -7, 2147483647] + ([9007199254740993] if shape.type_name == "long" else []))


class Values:
    """Generates values of shapes. `full` has all members, otherwise only required ones."""

    def __init__(self, seed, full):
        self.rng = random.Random(seed)
        self.full = full

    def string(self, shape, where):
        if shape.metadata.get("enum"):
            return self.rng.choice(shape.metadata["enum"])
        if where in ("uri", "host"):
            return SHORT if where == "host" else "a b/c&d-é"
        if where in ("header", "headers"):
            return "plain text"
        return self.rng.choice(["", "x", " a<b>&\"c'", "é\u2028€", "line\nbreak", "a+b=c%20&"])

    def of(self, shape, depth=0, where=None):
        kind = shape.type_name
        if getattr(shape, "is_document_type", False):
            return {"any": [1, "x", True]}
        if kind == "structure":
            return self.structure(shape, depth)
        if kind == "list":
            size = 0 if depth >= DEEPEST else 1 if where in ("header", "headers") else self.rng.choice([0, 1, 2])
            if shape.serialization.get("flattened"):
                size = max(size, 1)  # botocore names an empty one after its member, and an item after its trait
            return [self.of(shape.member, depth + 1, where) for _ in range(size)]
        if kind == "map":
            size = 0 if depth >= DEEPEST else self.rng.choice([0, 1, 2])
            names = shape.key.metadata.get("enum") or ["one", "two-2"]
            return {name: self.of(shape.value, depth + 1, where) for name in names[:size]}
        if kind == "string":
            return self.string(shape, where)
        if kind in ("integer", "long"):
            return number(shape, self.rng)
        if kind in ("float", "double"):
            # CBOR has floats of 32 bits, in which botocore sends a float
            return self.rng.choice([0.5, -2.25] if kind == "float" else [0.5, -2.25, 1e21, 0.1])
        if kind == "boolean":
            return self.rng.choice([True, False])
        if kind == "blob":
            return self.rng.choice([b"", b"\x00\xffbytes", b"x"])
        if kind == "timestamp":
            return datetime.datetime.fromtimestamp(self.rng.choice([0, 1576540098, 1700000000]), UTC)
        raise ValueError(kind)

    def structure(self, shape, depth):
        members = [name for name in shape.members if self.full or name in shape.required_members]
        if depth >= DEEPEST:
            members = [name for name in members if name in shape.required_members and depth < DEEPEST + 3]
        if getattr(shape, "is_tagged_union", False) and shape.members:
            members = [self.rng.choice(list(shape.members))]
        value = {}
        for name in members:
            member = shape.members[name]
            if member.serialization.get("eventstream"):
                continue
            where = "host" if member.serialization.get("hostLabel") else member.serialization.get("location")
            if member.serialization.get("jsonvalue") and where == "header":
                value[name] = {"any": 1}
            else:
                value[name] = self.of(member, depth + 1, where)
        return value


def plain(value):
    """Converts a value for JSON: bytes as base64, times as seconds."""
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            value = value.replace(tzinfo=UTC)
        return value.timestamp()
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return {float("inf"): "Infinity", float("-inf"): "-Infinity"}.get(value, "NaN")
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if key != "ResponseMetadata"}
    if isinstance(value, list) and value and hasattr(value[0], "tag"):
        return value[0].text or ""  # two members of S3 have one name; botocore returns the elements themselves
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "read"):
        return plain(value.read())
    return value


def text_of(body):
    if isinstance(body, dict):
        body = urlencode(body, doseq=True).replace("+", "%20").replace("%7E", "~")
    if isinstance(body, str):
        body = body.encode()
    return base64.b64encode(bytes(body or b"")).decode()


def query_of(query):
    if isinstance(query, dict):
        query = [(key, value) for key, value in query.items()]
    fields = []
    for key, value in query or []:
        for item in value if isinstance(value, (list, tuple)) else [value]:
            fields.append([key, str(item)])
    return fields


def header_of(value):
    if value in ("True", "False"):  # before botocore 1.37
        return value.lower()
    return value.decode() if isinstance(value, bytes) else str(value)


def request_of(serializer, operation, params):
    request = serializer.serialize_to_request(params, operation)
    return {
        "method": request["method"],
        "path": request["url_path"],
        "query": query_of(request["query_string"]),
        "headers": {key: header_of(value) for key, value in request["headers"].items()},
        "body": text_of(request["body"]),
        "host_prefix": request.get("host_prefix"),
    }


# ---------------------------------------------------------------------------------------------
# Replies in XML: written here from the rules of the protocols, not by botocore

def xml_text(shape, value):
    if shape.type_name == "boolean":
        return str(value).lower()
    if shape.type_name == "blob":
        return base64.b64encode(value).decode()
    if shape.type_name == "timestamp":
        form = shape.serialization.get("timestampFormat", "iso8601")
        if form == "unixTimestamp":
            return str(int(value.timestamp()))
        if form == "rfc822":
            return value.strftime("%a, %d %b %Y %H:%M:%S GMT")
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, str):
        return escape(value).replace("\n", "&#10;")
    return str(value)


def xml_structure(shape, value):
    attributes, parts = "", []
    for name, item in value.items():
        member = shape.members[name]
        if "location" in member.serialization:
            continue
        wire = member.serialization.get("name", name)
        if member.serialization.get("flattened") and member.type_name == "list":
            wire = member.member.serialization.get("name", wire)
        if member.serialization.get("xmlAttribute"):
            attributes += " " + wire + "=" + quoteattr(item)
            prefix = wire.partition(":")[0]
            attributes += " xmlns:" + prefix + '="http://www.w3.org/2001/XMLSchema-instance"'
        else:
            parts.append(xml_element(member, item, wire))
    return attributes, "".join(parts)


def xml_element(shape, value, wire):
    kind, flattened = shape.type_name, shape.serialization.get("flattened")
    if kind == "structure":
        attributes, text = xml_structure(shape, value)
        return f"<{wire}{attributes}>{text}</{wire}>"
    if kind == "list":
        name = wire if flattened else shape.member.serialization.get("name", "member")
        text = "".join(xml_element(shape.member, item, name) for item in value)
        return text if flattened else f"<{wire}>{text}</{wire}>"
    if kind == "map":
        entry = wire if flattened else "entry"
        text = "".join(
            f"<{entry}>" + xml_element(shape.key, key, shape.key.serialization.get("name", "key"))
            + xml_element(shape.value, item, shape.value.serialization.get("name", "value")) + f"</{entry}>"
            for key, item in value.items())
        return text if flattened else f"<{wire}>{text}</{wire}>"
    return f"<{wire}>{xml_text(shape, value)}</{wire}>"


def header_text(shape, value):
    if shape.type_name == "list":
        return ", ".join(header_text(shape.member, item) for item in value)
    if shape.type_name == "timestamp" and "timestampFormat" not in shape.serialization:
        return value.strftime("%a, %d %b %Y %H:%M:%S GMT")
    return str(value) if isinstance(value, str) else xml_text(shape, value)


def headers_of(shape, value):
    headers, status = {}, 200
    for name, item in value.items():
        member = shape.members[name]
        where = member.serialization.get("location")
        if where == "header" and not member.serialization.get("jsonvalue"):
            headers[member.serialization.get("name", name)] = header_text(member, item)
        elif where == "headers":
            for key, text in item.items():
                headers[member.serialization.get("name", "") + key] = header_text(member.value, text)
    return headers, status


def xml_reply(protocol, operation, value):
    shape, name = operation.output_shape, operation.name
    if protocol == "query":
        wrapper = shape.serialization.get("resultWrapper", name + "Result")
        body = xml_element(shape, value, wrapper)
        body = f'<{name}Response xmlns="https://x.example/">{body}<ResponseMetadata><RequestId>r</RequestId>' \
               f"</ResponseMetadata></{name}Response>"
        return {}, 200, body
    if protocol == "ec2":
        _, text = xml_structure(shape, value)
        return {}, 200, f"<{name}Response><requestId>r</requestId>{text}</{name}Response>"
    headers, status = headers_of(shape, value)
    payload = shape.serialization.get("payload")
    if payload:
        member = shape.members[payload]
        item = value.get(payload, {} if member.type_name == "structure" else None)
        if member.type_name in ("blob", "string"):
            return headers, status, item.decode("latin-1") if isinstance(item, bytes) else item or "{}"
        return headers, status, xml_element(member, item, member.serialization.get("name", payload))
    return headers, status, xml_element(shape, value, name + "Result")


# ---------------------------------------------------------------------------------------------
# Replies in JSON and CBOR

def json_value(shape, value):
    kind = shape.type_name
    if getattr(shape, "is_document_type", False):
        return value
    if kind == "structure":
        return {shape.members[name].serialization.get("name", name): json_value(shape.members[name], item)
                for name, item in value.items() if "location" not in shape.members[name].serialization}
    if kind == "list":
        return [json_value(shape.member, item) for item in value]
    if kind == "map":
        return {key: json_value(shape.value, item) for key, item in value.items()}
    if kind == "timestamp" and shape.serialization.get("timestampFormat", "unixTimestamp") == "unixTimestamp":
        return value.timestamp()
    return xml_text(shape, value) if kind in ("timestamp", "blob") and isinstance(value, (bytes, datetime.datetime)) else value


def cbor_reply(operation, value):
    body = bytearray()
    serializer = botocore.serialize.create_serializer("smithy-rpc-v2-cbor", include_validation=False)
    serializer._serialize_data_item(body, value, operation.output_shape)
    return {"smithy-protocol": "rpc-v2-cbor"}, 200, bytes(body)


def json_reply(protocol, operation, value):
    shape = operation.output_shape
    if protocol == "json":
        return {}, 200, json.dumps(json_value(shape, value))
    headers, status = headers_of(shape, value)
    payload = shape.serialization.get("payload")
    if payload and shape.members[payload].type_name in ("blob", "string"):
        item = value.get(payload)
        return headers, status, item.decode("latin-1") if isinstance(item, bytes) else item or "{}"
    if payload:
        return headers, status, json.dumps(json_value(shape.members[payload], value.get(payload, {})))
    return headers, status, json.dumps(json_value(shape, value))


# ---------------------------------------------------------------------------------------------

def reply_of(protocol, parser, operation, value):
    if protocol == "smithy-rpc-v2-cbor":
        headers, status, body = cbor_reply(operation, value)
    else:
        make = json_reply if "json" in protocol else xml_reply
        headers, status, body = make(protocol, operation, value)
    shape = operation.output_shape
    payload = shape.serialization.get("payload")
    is_blob = protocol.startswith("rest-") and payload and shape.members[payload].type_name == "blob"
    raw = body if isinstance(body, bytes) else body.encode("latin-1" if is_blob else "utf-8")
    raw = raw or (b"x" if is_blob else raw)
    response = {"headers": HeadersDict(headers), "status_code": status,
                "body": io.BytesIO(raw) if is_blob else raw,  # botocore streams every payload of bytes
                "context": {"operation_name": operation.name}}
    parsed = parser.parse(response, shape)
    if "Expires" in headers:
        parsed["ExpiresString"] = headers["Expires"]  # botocore's client adds it
    return {
        "reply": {"status": status, "headers": {key.lower(): text for key, text in headers.items()},
                  "body": base64.b64encode(raw).decode()},
        "output": plain(parsed),
    }


def error_replies(protocol, parser, operation, values):
    """Replies with the errors of an operation in XML, with what botocore reads: code, message and members."""
    entries = []
    for shape in operation.error_shapes:
        code = shape.metadata.get("error", {}).get("code", shape.name)
        value = {name: item for name, item in values.of(shape).items() if name.lower() not in ("message", "code")}
        headers, _ = headers_of(shape, value)
        _, text = xml_structure(shape, value)
        body = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>m &amp; n</Message>{text}</Error>"
        if operation.service_model.service_name != "s3":
            body = f"<ErrorResponse>{body}<RequestId>r</RequestId></ErrorResponse>"
        response = {"headers": HeadersDict(headers), "status_code": 400, "body": body.encode(),
                    "context": {"operation_name": operation.name}}
        parsed = parser.parse(response, operation.output_shape)
        if operation.service_model.shape_for_error_code(parsed["Error"]["Code"]) is not None:
            members = plain(parser.parse(response, shape))
            members.pop("Error", None)
            entries.append({
                "shape": shape.name, "code": parsed["Error"]["Code"], "message": parsed["Error"]["Message"], "members": members,
                "reply": {"status": 400, "headers": {key.lower(): item for key, item in headers.items()},
                          "body": base64.b64encode(body.encode()).decode()},
            })
    return entries


def has_events(shape):
    return shape is not None and any(member.serialization.get("eventstream") for member in shape.members.values())


def service_of(loader, name, protocol):
    data = loader.load_service_model(name, "service-2")
    model = ServiceModel(data, service_name=name)
    serializer = botocore.serialize.create_serializer(protocol, include_validation=False)
    parser = botocore.parsers.create_parser(protocol)
    cases = []
    for name_of_operation in model.operation_names:
        operation = model.operation_model(name_of_operation)
        if has_events(operation.input_shape) or has_events(operation.output_shape):
            continue
        for full in (False, True):
            values = Values(name_of_operation + str(full), full)
            case = {"operation": name_of_operation, "kind": "full" if full else "minimal"}
            if operation.input_shape is not None:
                params = values.of(operation.input_shape)
                case["params"] = plain(params)
            else:
                params, case["params"] = {}, {}
            try:
                case["request"] = request_of(serializer, operation, params)
            except Exception as error:  # botocore cannot write this input
                case["failed"] = repr(error)
            if operation.output_shape is not None:
                case.update(reply_of(protocol, parser, operation, values.of(operation.output_shape)))
            if protocol in ("query", "rest-xml") and full:
                case["errors"] = error_replies(protocol, parser, operation, values)
            cases.append(case)
    data["metadata"]["protocol"] = protocol
    return {"service": name, "model": data, "cases": cases}


def without_documentation(value):
    if isinstance(value, dict):
        return {key: without_documentation(item) for key, item in value.items()
                if key != "documentation" or not isinstance(item, str)}
    return [without_documentation(item) for item in value] if isinstance(value, list) else value


def main(chosen):
    loader = botocore.loaders.create_loader()
    for name in loader.list_available_services("service-2"):
        data = loader.load_service_model(name, "service-2")
        model = ServiceModel(data, service_name=name)
        protocols = {model.metadata["protocol"], *model.metadata.get("protocols", [])} & SUPPORTED
        for protocol in sorted(protocols):
            if not chosen or name in chosen or protocol in chosen:
                service = service_of(loader, name, protocol)
                service["model"] = without_documentation({key: service["model"][key]
                                                          for key in ("metadata", "operations", "shapes")})
                print(json.dumps(service, default=plain), flush=True)


main(sys.argv[1:])
