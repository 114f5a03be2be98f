"""Prints random requests and replies of random operations of AWS's services, and what the installed botocore makes of them, as lines of
JSON: the operation with its shapes; `params` and the `request` that botocore serializes; a `reply`, and the `result` that it parses.

Usage: protocol_botocore_oracle.py COUNT SEED. Bytes are {"__blob": base64}, and floats that JSON does not have {"__float": name}.
"""

import base64
import datetime
import json
import logging
import math
import random
import struct
import sys
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape, quoteattr

import botocore
import botocore.loaders
import botocore.parsers
import botocore.serialize
from botocore.model import ServiceModel

logging.disable(logging.CRITICAL)
LOADER = botocore.loaders.Loader(include_default_search_paths=False, extra_search_paths=[botocore.loaders.Loader.BUILTIN_DATA_PATH])
IN_ORDER = False  # the entries of a map have numbers
UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
UNICODE = "aZ09 -_.~%&?=+/:;,<>\"'\\é\u6c34\U0001f600"
ASCII = "aZ09-_.~%&?=+/:;<>'"
PER_SERVICE = 10  # reading a model takes most of the time
PROTOCOLS = ["json", "rest-json", "rest-xml", "query", "ec2", "smithy-rpc-v2-cbor"]


# ---- random values ----

def text(letters, least=0):
    return "".join(random.choice(letters) for _ in range(random.randint(least, 8)))


def scalar(shape, letters, least):
    kind = shape.type_name
    if kind == "string":
        return random.choice(shape.enum) if shape.enum else text(letters, least)
    if kind in ("integer", "long"):
        return random.choice([0, -1, random.randint(-2**31, 2**31 - 1), random.randint(-2**63, 2**63 - 1) if kind == "long" else 7])
    if kind in ("float", "double"):
        return random.choice([0.5, random.randint(-10**6, 10**6) / 8, float(random.randint(0, 99)), 1e20, 5e-7])
    if kind == "boolean":
        return random.random() < 0.5
    if kind == "timestamp":
        return EPOCH + datetime.timedelta(seconds=random.randint(0, 2**31))
    return bytes(random.randrange(256) for _ in range(random.randint(least, 12)))


def document(depth=2):
    kind = random.randrange(6 if depth else 4)
    if kind == 4:
        return [document(depth - 1) for _ in range(random.randint(0, 2))]
    if kind == 5:
        return {text("abc", 1): document(depth - 1) for _ in range(random.randint(0, 2))}
    return [True, 12, 1.5, "x y"][kind]


def value(shape, depth, letters=UNICODE, least=0):
    kind = shape.type_name
    if kind == "structure":
        return document() if shape.is_document_type else structure(shape, depth)
    if kind == "list":
        least = 1 if shape.serialization.get("location") or shape.serialization.get("flattened") else 0
        count = random.randint(least, 3) if depth > 0 else least
        return [value(shape.member, depth - 1, letters, 1 if letters == ASCII else 0) for _ in range(count)]
    if kind == "map":
        count = random.randint(1, 3) if depth > 0 and not IN_ORDER else 1
        return {text("abcxyz", 1) if letters == ASCII else scalar(shape.key, letters, 1): value(shape.value, depth - 1, letters) for _ in range(count)}
    return scalar(shape, letters, least)


def member_value(member, depth):
    where = member.serialization
    if where.get("jsonvalue") and where.get("location") == "header":
        return {"a": [1, "b"]}
    if member.metadata.get("hostLabel") or where.get("hostLabel"):
        return text("abc019", 1)
    if where.get("location") in ("header", "headers"):
        return value(member, depth, ASCII, 1)
    return value(member, depth, UNICODE, 1 if where.get("location") in ("uri", "querystring") else 0)


def structure(shape, depth):
    names = list(shape.members)
    if getattr(shape, "is_tagged_union", False):
        names = [random.choice(names)] if names else []
    elif depth < 0:
        names = []
    else:
        names = [name for name in names if random.random() < (0.6 if len(names) < 12 else 6 / len(names)) or
                 name == shape.serialization.get("payload") or shape.members[name].serialization.get("location") == "uri" or shape.members[name].metadata.get("idempotencyToken") or
                 shape.members[name].serialization.get("hostLabel")]
    return {name: member_value(shape.members[name], depth - 1) for name in names}


# ---- what a service sends ----

def stamp(moment, form):
    if form == "rfc822":
        return moment.strftime("%a, %d %b %Y %H:%M:%S GMT")
    seconds = int((moment - EPOCH).total_seconds())
    return seconds if form == "unixTimestamp" else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def to_text(shape, item, default):
    kind = shape.type_name
    if kind == "timestamp":
        return str(stamp(item, shape.serialization.get("timestampFormat", default)))
    if kind == "boolean":
        return "true" if item else "false"
    if kind == "blob":
        return base64.b64encode(item).decode()
    return str(item)


def wire_name(member, name):
    return member.serialization.get("name", name)


def to_tree(shape, item, blob, time):
    kind = shape.type_name
    if kind == "structure" and not shape.is_document_type:
        return {wire_name(shape.members[name], name): to_tree(shape.members[name], child, blob, time) for name, child in item.items()
                if not shape.members[name].serialization.get("location")}
    if kind == "list":
        return [to_tree(shape.member, child, blob, time) for child in item]
    if kind == "map":
        return {name: to_tree(shape.value, child, blob, time) for name, child in item.items()}
    if kind == "blob":
        return blob(item)
    return time(shape, item) if kind == "timestamp" else item


def to_json(shape, item):
    return json.dumps(to_tree(shape, item, lambda data: base64.b64encode(data).decode(),
                              lambda s, moment: stamp(moment, s.serialization.get("timestampFormat", "unixTimestamp")))).encode()


class Tag:
    def __init__(self, moment):
        self.seconds = int((moment - EPOCH).total_seconds())


def cbor_head(major, number):
    for info, (limit, form) in enumerate([(2**8, "B"), (2**16, "H"), (2**32, "I"), (2**64, "Q")], 24):
        if number < 24:
            return bytes([major << 5 | number])
        if number < limit:
            return bytes([major << 5 | info]) + struct.pack(">" + form, number)


def to_cbor(item):
    if isinstance(item, bool):
        return b"\xf5" if item else b"\xf4"
    if isinstance(item, int):
        return cbor_head(0, item) if item >= 0 else cbor_head(1, -1 - item)
    if isinstance(item, float):
        return b"\xfb" + struct.pack(">d", item)
    if isinstance(item, Tag):
        return b"\xc1" + to_cbor(item.seconds)
    if isinstance(item, bytes):
        return cbor_head(2, len(item)) + item
    if isinstance(item, str):
        return cbor_head(3, len(item.encode())) + item.encode()
    if isinstance(item, list):
        return b"\x9f" + b"".join(map(to_cbor, item)) + b"\xff"
    return cbor_head(5, len(item)) + b"".join(to_cbor(name) + to_cbor(child) for name, child in item.items())


def xml_elements(shape, name, item):
    """The elements of a member or item."""
    where, kind = shape.serialization, shape.type_name
    if kind == "list":
        inner = shape.member.serialization.get("name", "member")
        if where.get("flattened"):
            return "".join(xml_elements(shape.member, name, child) for child in item)
        return "<%s>%s</%s>" % (name, "".join(xml_elements(shape.member, inner, child) for child in item), name)
    if kind == "map":
        key, val = shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value")
        entries = ["<%s>%s</%s>%s" % (key, escape(entry), key, xml_elements(shape.value, val, child)) for entry, child in item.items()]
        if where.get("flattened"):
            return "".join("<%s>%s</%s>" % (name, entry, name) for entry in entries)
        return "<%s>%s</%s>" % (name, "".join("<entry>%s</entry>" % entry for entry in entries), name)
    if kind == "structure":
        attributes, inner = xml_members(shape, item)
        return "<%s%s>%s</%s>" % (name, attributes, inner, name)
    return "<%s>%s</%s>" % (name, escape(to_text(shape, item, "iso8601")), name)


def xml_members(shape, item):
    attributes, inner = "", ""
    for name, child in item.items():
        member = shape.members[name]
        if member.serialization.get("location"):
            continue
        if member.serialization.get("xmlAttribute"):
            attribute = wire_name(member, name)
            space = ' xmlns:%s="http://www.w3.org/2001/XMLSchema-instance"' % attribute.split(":")[0] if ":" in attribute else ""
            attributes += "%s %s=%s" % (space, attribute, quoteattr(to_text(member, child, "iso8601")))
        else:
            own = wire_name(member, name)
            if member.type_name == "list" and member.serialization.get("flattened"):
                own = member.member.serialization.get("name", own)
            inner += xml_elements(member, own, child)
    return attributes, inner


def body_of(protocol, operation, shape, item):
    if protocol in ("json", "rest-json"):
        return to_json(shape, item)
    if protocol == "smithy-rpc-v2-cbor":
        return to_cbor(to_tree(shape, item, bytes, lambda _, moment: Tag(moment)))
    inner = xml_members(shape, item)[1] if shape.type_name == "structure" else ""
    if protocol == "query":
        wrapper = shape.serialization.get("resultWrapper")
        inner = "<%s>%s</%s>" % (wrapper, inner, wrapper) if wrapper else inner
        inner += "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"
    if protocol == "ec2":
        inner += "<requestId>r</requestId>"
    root = shape.name if protocol == "rest-xml" else operation.name + "Response"
    return ("<%s>%s</%s>" % (root, inner, root)).encode()


def headers_of(shape, item):
    headers = {}
    for name, child in item.items():
        member = shape.members[name]
        where = member.serialization.get("location")
        own = wire_name(member, name)
        if where == "headers":
            for suffix, entry in child.items():
                headers[own + suffix] = entry
        elif where == "header" and member.serialization.get("jsonvalue"):
            headers[own] = base64.b64encode(json.dumps(child).encode()).decode()
        elif where == "header" and member.type_name == "list":
            headers[own] = ", ".join(to_text(member.member, entry, "rfc822") for entry in child)
        elif where == "header":
            headers[own] = to_text(member, child, "rfc822")
    return headers


def reply_of(protocol, operation, item):
    shape = operation.output_shape
    headers, payload = {}, None
    if protocol == "smithy-rpc-v2-cbor":
        headers["smithy-protocol"] = "rpc-v2-cbor"
    if protocol.startswith("rest"):
        headers.update(headers_of(shape, item))
        payload = shape.serialization.get("payload")
    if payload:
        member, child = shape.members[payload], item.get(payload)
        if child is None:
            body = b""
        elif member.type_name in ("blob", "string"):
            body = child if isinstance(child, bytes) else child.encode()
        else:
            body = body_of(protocol, operation, member, child)
    else:
        body = body_of(protocol, operation, shape, item)
    return {"status_code": operation.http.get("responseCode", 200) if protocol.startswith("rest") else 200, "headers": headers, "body": body}


# ---- cases ----

def plain(item):
    if isinstance(item, (bytes, bytearray)):
        return {"__blob": base64.b64encode(item).decode()}
    if isinstance(item, datetime.datetime):
        return (item.astimezone(UTC) - EPOCH).total_seconds()
    if isinstance(item, float) and not math.isfinite(item):
        return {"__float": {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(item)]}
    if isinstance(item, dict):
        return {name: plain(child) for name, child in item.items() if name != "ResponseMetadata"}
    if isinstance(item, list):
        return [plain(child) for child in item]
    return item


def closure(model, operation):
    """The shapes of an operation, without documentation."""
    shapes, open_names = {}, [operation.get(part, {}).get("shape") for part in ("input", "output")]
    while open_names:
        name = open_names.pop()
        if name is None or name in shapes:
            continue
        shape = dict(model["shapes"][name])
        shape.pop("documentation", None)
        if "members" in shape:
            shape["members"] = {key: {k: v for k, v in member.items() if k != "documentation"} for key, member in shape["members"].items()}
        shapes[name] = shape
        open_names += [member["shape"] for member in shape.get("members", {}).values()]
        open_names += [shape[part]["shape"] for part in ("member", "key", "value") if part in shape]
    return shapes


def request_of(protocol, operation, params):
    request = botocore.serialize.create_serializer(protocol, include_validation=False).serialize_to_request(params, operation)
    body = request["body"]
    if isinstance(body, dict):
        body = urlencode(body, doseq=True, quote_via=quote).encode()
    elif isinstance(body, str):
        body = body.encode()
    query = request.get("query_string") or {}
    if isinstance(query, dict):
        fields = [(name, item) for name, items in query.items() for item in (items if isinstance(items, list) else [items])]
        query = "&".join("%s=%s" % (quote(str(name), safe="-._~"), quote(str(item), safe="-._~")) for name, item in fields)
    return {"method": request["method"], "path": request["url_path"], "query": query, "headers": dict(request["headers"]),
            "host_prefix": request.get("host_prefix"), "body": base64.b64encode(body or b"").decode()}


def case_of(model, service, protocol):
    model_object = ServiceModel(model, service)
    name = random.choice(model_object.operation_names)
    operation = model_object.operation_model(name)
    if operation.has_event_stream_input or operation.has_event_stream_output:
        return None
    case = {"service": service, "protocol": protocol, "metadata": model["metadata"], "shapes": closure(model, model["operations"][name]),
            "operation": {key: part for key, part in model["operations"][name].items() if key not in ("documentation", "errors")}}
    params = structure(operation.input_shape, 4) if operation.input_shape else {}
    case["params"], case["request"] = plain(params), request_of(protocol, operation, params)
    if operation.output_shape:
        item = structure(operation.output_shape, 4)
        reply = reply_of(protocol, operation, item)
        headers = {key.lower(): str(header) for key, header in reply["headers"].items()}
        case["reply"] = {"status": reply["status_code"], "headers": headers, "body": base64.b64encode(reply["body"]).decode()}
        reply["headers"] = botocore.awsrequest.HeadersDict(reply["headers"])
        reply["context"] = {"operation_name": name}
        case["result"] = plain(botocore.parsers.create_parser(protocol).parse(reply, operation.output_shape))
    return case


def main(count, seed):
    global IN_ORDER
    random.seed(seed)
    services = {}
    for service in LOADER.list_available_services("service-2"):
        metadata = LOADER.load_service_model(service, "service-2")["metadata"]
        services.setdefault(metadata["protocol"], []).append(service)
    print(json.dumps({"version": botocore.__version__}))
    known = [protocol for protocol in PROTOCOLS if protocol in services]
    for i in range(count // PER_SERVICE):
        protocol = known[i % len(known)]
        service = random.choice(services[protocol])
        model = LOADER.load_service_model(service, "service-2")
        IN_ORDER = protocol in ("query", "ec2")
        for _ in range(PER_SERVICE):
            try:
                case = case_of(model, service, protocol)
                line = json.dumps(case)
            except TypeError:  # botocore returns an element of its XML parser for an empty document
                continue
            except UnicodeDecodeError:  # botocore reads a payload of bytes as a text
                continue
            if case:
                print(line)


main(int(sys.argv[1]), int(sys.argv[2]))
