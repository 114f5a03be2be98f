"""Resolves the endpoints of calls with botocore's clients.

    endpoint_oracle.py DATA INPUT

INPUT is a JSON list of cases: service, region, operation, input, account, and settings (endpoint_url, fips, dualstack,
account_id_endpoint_mode, sts, s3). The output is a JSON list of { url, headers, schemes } or { error }.
"""
import json
import os
import sys

for name in list(os.environ):
    if name.startswith("AWS_"):
        del os.environ[name]
os.environ["AWS_CONFIG_FILE"] = "/nonexistent"
os.environ["AWS_SHARED_CREDENTIALS_FILE"] = "/nonexistent"

import botocore.config
import botocore.session
from botocore.exceptions import BotoCoreError

session = botocore.session.Session()
results = []
with open(sys.argv[2]) as file:
    cases = json.load(file)
for case in cases:
    settings = case["settings"]
    session.set_config_variable("sts_regional_endpoints", settings.get("sts", "regional"))
    try:
        client = session.create_client(
            case["service"], region_name=case["region"], endpoint_url=settings.get("endpoint_url"),
            aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="secret", aws_account_id=case.get("account"),
            config=botocore.config.Config(
                use_fips_endpoint=settings.get("fips", False) or None,
                use_dualstack_endpoint=settings.get("dualstack", False) or None,
                account_id_endpoint_mode=settings.get("account_id_endpoint_mode"), s3=settings.get("s3") or None))
        operation = client.meta.service_model.operation_model(case["operation"])
        url, headers, properties = client._resolve_endpoint_ruleset(operation, case["input"], {
            "client_region": client.meta.region_name, "client_config": client.meta.config, "auth_type": operation.auth_type})
        results.append({"url": url, "headers": headers, "schemes": properties.get("authSchemes")})
    except BotoCoreError as error:
        results.append({"error": str(error), "kind": type(error).__name__})
json.dump(results, sys.stdout)
