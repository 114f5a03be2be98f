"""Evaluates cases with botocore's own evaluator of endpoint rule sets.

    endpoint_oracle.py DATA INPUT

INPUT is a JSON list of { service, params }; the output is a JSON list of { endpoint } { error },
{ unknown } for a parameter that the rule set does not have, or { raised }.
"""
import json
import sys

from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError
from botocore.loaders import Loader

loader = Loader(extra_search_paths=[sys.argv[1]], include_default_search_paths=False)
partitions = loader.load_data("partitions")
providers = {}
results = []
with open(sys.argv[2]) as file:
    cases = json.load(file)
for case in cases:
    name = case["service"]
    if name not in providers:
        providers[name] = EndpointProvider(
            loader.load_service_model(name, "endpoint-rule-set-1"), partitions)
    provider = providers[name]
    unknown = sorted(set(case["params"]) - set(provider.ruleset.parameters))
    if unknown:
        results.append({"unknown": unknown[0]})
        continue
    try:
        found = provider.resolve_endpoint(**case["params"])
        result = {"url": found.url}
        if found.headers:
            result["headers"] = found.headers
        if found.properties:
            result["properties"] = found.properties
        results.append({"endpoint": result})
    except EndpointProviderError as error:
        results.append({"error": error.kwargs.get("msg", str(error))})
    except (KeyError, TypeError) as error:  # a parameter that is not set: its use, and the message about it
        results.append({"raised": repr(error)})
json.dump(results, sys.stdout)
