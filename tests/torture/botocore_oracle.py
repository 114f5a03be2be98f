"""Reads set-ups as lines of JSON and prints, for each, what the installed botocore makes of it.

A set-up has `environment` (all variables) and, optionally, `profile`, as given by --profile. AWS_PROFILE and AWS_REGION have
the meaning that version 2 of the AWS CLI gives them: they come before AWS_DEFAULT_PROFILE and AWS_DEFAULT_REGION, which are the
only names of this botocore.
"""

import json
import logging
import os
import sys

import botocore.credentials
import botocore.loaders
import botocore.session

logging.disable(logging.CRITICAL)
LOADER = botocore.loaders.create_loader()


def session_of(setup):
    os.environ.clear()
    os.environ.update(setup["environment"])
    for name in ("PROFILE", "REGION"):
        value = os.environ.pop("AWS_" + name, None)
        if value:
            os.environ["AWS_DEFAULT_" + name] = value
    session = botocore.session.Session(profile=setup.get("profile"))
    session.register_component("data_loader", LOADER)
    # A client of ECR needs no bearer token, but botocore reads the sign-in for one, and fails if it is invalid.
    session.get_auth_token = lambda **_: None
    return session


def source_of(credentials):
    if type(credentials) is botocore.credentials.Credentials:
        return credentials.access_key
    return "chain"


def identity_of(session):
    credentials = botocore.credentials.create_credential_resolver(session).load_credentials()
    if credentials is None:
        return "none"
    method = credentials.method
    if method in ("assume-role", "assume-role-with-web-identity"):
        fetcher = credentials._refresh_using.__self__
        name = "own" if fetcher._using_default_session_name else fetcher._role_session_name
        words = [method, fetcher._role_arn.rpartition("/")[2], name]
        if method == "assume-role":
            words.append(source_of(fetcher._source_credentials))
        return " ".join(words)
    if method == "sso":
        return "sso"
    return credentials.access_key + (" with token" if credentials.token else "")


class Sent(BaseException):
    pass


def endpoint_of(session):
    """Returns the URL that a request of ECR is about to be sent to: client.meta has an older one."""
    client = session.create_client(
        "ecr", region_name=session.get_config_variable("region") or "us-east-1",
        aws_access_key_id="a", aws_secret_access_key="s")

    def send(request, **_):
        raise Sent(request.url)

    client.meta.events.register("before-send", send)
    try:
        client.describe_repositories()
    except Sent as sent:
        return sent.args[0].rstrip("/")


def attempt(read):
    try:
        return read()
    except Exception as error:
        return "error: %s" % type(error).__name__


def read(setup):
    session = session_of(setup)
    error = attempt(session.get_scoped_config)
    if isinstance(error, str):
        return {"failed": error}
    return {
        "region": session.get_config_variable("region") or "none",
        "endpoint": attempt(lambda: endpoint_of(session)),
        "certificates": session.get_config_variable("ca_bundle") or os.environ.get("REQUESTS_CA_BUNDLE") or "none",
        "identity": attempt(lambda: identity_of(session)),
    }


for line in sys.stdin:
    print(json.dumps(read(json.loads(line))), flush=True)
