"""Validates documents against the Kubernetes API, with the classes of Debian's python3-kubernetes."""

import json
import types

import kubernetes.client

# Members newer than that package: https://kubernetes.io/docs/concepts/workloads/controllers/job/
NEWER = {"backoffLimitPerIndex"}


def known(value):
    """Returns a document without members that are newer than the classes."""
    if isinstance(value, list):
        return [known(item) for item in value]
    if isinstance(value, dict):
        return {name: known(member) for name, member in value.items() if name not in NEWER}
    return value


def conforms(document):
    """Fails if a member is unknown or has the wrong type: it is lost when the document is converted and back."""
    document, api = known(document), kubernetes.client.ApiClient()
    converted = api.deserialize(types.SimpleNamespace(data=json.dumps(document)), "V1" + document["kind"])
    back = api.sanitize_for_serialization(converted)
    assert back == document, (back, document)
