"""Validates documents against the Kubernetes API, using the classes of Debian's python3-kubernetes."""

import json
import types

import kubernetes.client

# Members that Kubernetes added after that package: https://kubernetes.io/docs/concepts/workloads/controllers/job/
NEWER = {"backoffLimitPerIndex"}


def known(value):
    """Returns a document without the members that are newer than the classes."""
    if isinstance(value, list):
        return [known(item) for item in value]
    if isinstance(value, dict):
        return {name: known(member) for name, member in value.items() if name not in NEWER}
    return value


def conforms(document):
    """Fails where a member is not of the API, is missing, or has another type: it does not come back then."""
    document, api = known(document), kubernetes.client.ApiClient()
    made = api.deserialize(types.SimpleNamespace(data=json.dumps(document)), "V1" + document["kind"])
    back = api.sanitize_for_serialization(made)
    assert back == document, (back, document)
