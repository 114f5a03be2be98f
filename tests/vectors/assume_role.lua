-- The steps from a profile to its credentials: static keys, a role with its source, a web identity, a sign-in.
-- Source: the assume-role tests of smithy-rs (https://github.com/smithy-lang/smithy-rs, Apache-2.0), November 2026.
--
-- A case has the profiles and sso-session sections of the config file, and the steps of profile A in their order,
-- named as in lanyard.aws.credentials.profile, or the error message of the AWS SDK for Rust. The values of an sso
-- step include the values of its sso-session section.

return {
  {
    name = "basic test case, a role_arn backed by a static credential",
    profiles = {
      A = { role_arn = "arn:aws:iam::123456789:role/RoleA", source_profile = "B" },
      B = { aws_access_key_id = "abc123", aws_secret_access_key = "def456", aws_account_id = "123456789001" },
    },
    steps = {
      { kind = "keys", access_key_id = "abc123", secret_access_key = "def456", account_id = "123456789001" },
      { kind = "assume", role_arn = "arn:aws:iam::123456789:role/RoleA" },
    },
  },
  {
    name = "ignore explicit credentials when source profile is specified",
    profiles = {
      A = {
        aws_access_key_id = "abc123",
        aws_secret_access_key = "def456",
        role_arn = "arn:aws:iam::123456789:role/RoleA",
        source_profile = "B",
      },
      B = { aws_access_key_id = "ghi890", aws_secret_access_key = "jkl123" },
    },
    steps = {
      { kind = "keys", access_key_id = "ghi890", secret_access_key = "jkl123" },
      { kind = "assume", role_arn = "arn:aws:iam::123456789:role/RoleA" },
    },
  },
  {
    name = "load role_session_name for the AssumeRole provider",
    profiles = {
      A = {
        role_arn = "arn:aws:iam::123456789:role/RoleA",
        role_session_name = "my_session_name",
        source_profile = "B",
      },
      B = { aws_access_key_id = "abc123", aws_secret_access_key = "def456" },
    },
    steps = {
      { kind = "keys", access_key_id = "abc123", secret_access_key = "def456" },
      { kind = "assume", role_arn = "arn:aws:iam::123456789:role/RoleA", session_name = "my_session_name" },
    },
  },
  {
    name = "load external id for the AssumeRole provider",
    profiles = {
      A = {
        role_arn = "arn:aws:iam::123456789:role/RoleA",
        external_id = "my_external_id",
        source_profile = "B",
      },
      B = { aws_access_key_id = "abc123", aws_secret_access_key = "def456" },
    },
    steps = {
      { kind = "keys", access_key_id = "abc123", secret_access_key = "def456" },
      { kind = "assume", role_arn = "arn:aws:iam::123456789:role/RoleA", external_id = "my_external_id" },
    },
  },
  {
    name = "self referential profile (first load base creds, then use for the role)",
    profiles = {
      A = {
        aws_access_key_id = "abc123",
        aws_secret_access_key = "def456",
        role_arn = "arn:aws:iam::123456789:role/RoleA",
        source_profile = "A",
      },
    },
    steps = {
      { kind = "keys", access_key_id = "abc123", secret_access_key = "def456" },
      { kind = "assume", role_arn = "arn:aws:iam::123456789:role/RoleA" },
    },
  },
  {
    name = "Load credentials from a credential_source",
    profiles = {
      A = { role_arn = "arn:aws:iam::123456789:role/RoleA", credential_source = "Ec2InstanceMetadata" },
    },
    steps = {
      { kind = "source", source = "Ec2InstanceMetadata" },
      { kind = "assume", role_arn = "arn:aws:iam::123456789:role/RoleA" },
    },
  },
  {
    name = "role_arn without source source_profile",
    profiles = { A = { role_arn = "arn:aws:iam::123456789:role/RoleA" } },
    error = "profile must contain `source_profile`",
  },
  {
    name = "source profile and credential source both present",
    profiles = {
      A = {
        role_arn = "arn:aws:iam::123456789:role/RoleA",
        credential_source = "Environment",
        source_profile = "B",
      },
      B = { aws_access_key_id = "!23", aws_secret_access_key = "456" },
    },
    error = "profile contained both source_profile and credential_source",
  },
  {
    name = "partial credentials error (missing secret)",
    profiles = { A = { role_arn = "arn:foo", source_profile = "B" }, B = { aws_access_key_id = "abc123" } },
    error = "profile missing aws_secret_access_key",
  },
  {
    name = "partial credentials error (missing access key)",
    profiles = { A = { role_arn = "arn:foo", source_profile = "B" }, B = { aws_secret_access_key = "abc123" } },
    error = "profile missing aws_access_key_id",
  },
  {
    name = "missing credentials error (empty source profile)",
    profiles = { A = { role_arn = "arn:foo", source_profile = "B" }, B = {} },
    error = "profile `B` did not contain credential information",
  },
  {
    name = "profile only contains configuration",
    profiles = { A = { ec2_metadata_service_endpoint_mode = "IPv6" } },
    error = "profile `A` did not contain credential information",
  },
  {
    name = "missing source profile",
    profiles = { A = { role_arn = "arn:foo", source_profile = "B" } },
    error = "could not find source profile B referenced from A",
  },
  {
    name = "missing root profile (should never happen in practice)",
    profiles = {},
    error = "No profiles were defined",
  },
  {
    name = "multiple chained assume role profiles",
    profiles = {
      A = { role_arn = "arn:aws:iam::123456789:role/RoleA", source_profile = "B" },
      B = { role_arn = "arn:aws:iam::123456789:role/RoleB", source_profile = "C" },
      C = { aws_access_key_id = "mno456", aws_secret_access_key = "pqr789" },
    },
    steps = {
      { kind = "keys", access_key_id = "mno456", secret_access_key = "pqr789" },
      { kind = "assume", role_arn = "arn:aws:iam::123456789:role/RoleB" },
      { kind = "assume", role_arn = "arn:aws:iam::123456789:role/RoleA" },
    },
  },
  {
    name = "chained assume role profiles with static credentials (ignore assume role when static credentials present)",
    profiles = {
      A = {
        role_arn = "arn:aws:iam::123456789:role/RoleA",
        aws_access_key_id = "bug_if_returned",
        aws_secret_access_key = "bug_if_returned",
        source_profile = "B",
      },
      B = {
        role_arn = "arn:aws:iam::123456789:role/RoleB",
        source_profile = "C",
        aws_access_key_id = "profile_b_key",
        aws_secret_access_key = "profile_b_secret",
      },
      C = { aws_access_key_id = "bug_if_returned", aws_secret_access_key = "bug_if_returned" },
    },
    steps = {
      { kind = "keys", access_key_id = "profile_b_key", secret_access_key = "profile_b_secret" },
      { kind = "assume", role_arn = "arn:aws:iam::123456789:role/RoleA" },
    },
  },
  {
    name = "assume role profile infinite loop",
    profiles = {
      A = { role_arn = "arn:aws:iam::123456789:role/RoleA", source_profile = "B" },
      B = { role_arn = "arn:aws:iam::123456789:role/RoleB", source_profile = "A" },
    },
    error = "profile formed an infinite loop",
  },
  {
    name = "infinite loop with static credentials",
    profiles = {
      A = {
        role_arn = "arn:aws:iam::123456789:role/RoleA",
        aws_access_key_id = "bug_if_returned",
        aws_secret_access_key = "bug_if_returned",
        source_profile = "B",
      },
      B = { role_arn = "arn:aws:iam::123456789:role/RoleB", source_profile = "A" },
    },
    error = "profile formed an infinite loop",
  },
  {
    name = "web identity role",
    profiles = {
      A = { role_arn = "arn:aws:iam::123456789:role/RoleA", web_identity_token_file = "/var/token.jwt" },
    },
    steps = {
      { kind = "web_identity", role_arn = "arn:aws:iam::123456789:role/RoleA", token_file = "/var/token.jwt" },
    },
  },
  {
    name = "web identity role with session name",
    profiles = {
      A = {
        role_arn = "arn:aws:iam::123456789:role/RoleA",
        web_identity_token_file = "/var/token.jwt",
        role_session_name = "some_session_name",
      },
    },
    steps = {
      {
        kind = "web_identity",
        role_arn = "arn:aws:iam::123456789:role/RoleA",
        token_file = "/var/token.jwt",
        session_name = "some_session_name",
      },
    },
  },
  {
    name = "web identity role",
    profiles = { A = { web_identity_token_file = "/var/token.jwt" } },
    error = "`role_arn` was missing",
  },
  {
    name = "web identity token as source profile",
    profiles = {
      A = { role_arn = "arn:aws:iam::123456789:role/RoleA", source_profile = "B" },
      B = {
        role_arn = "arn:aws:iam::123456789:role/RoleB",
        web_identity_token_file = "/var/token.jwt",
        role_session_name = "some_session_name",
      },
    },
    steps = {
      {
        kind = "web_identity",
        role_arn = "arn:aws:iam::123456789:role/RoleB",
        token_file = "/var/token.jwt",
        session_name = "some_session_name",
      },
      { kind = "assume", role_arn = "arn:aws:iam::123456789:role/RoleA" },
    },
  },
  {
    name = "SSO credentials profile selected",
    profiles = {
      A = {
        sso_account_id = "0123",
        sso_region = "us-east-7",
        sso_role_name = "testrole",
        sso_start_url = "https://foo.bar",
      },
    },
    steps = {
      {
        kind = "sso",
        values = {
          sso_account_id = "0123",
          sso_region = "us-east-7",
          sso_role_name = "testrole",
          sso_start_url = "https://foo.bar",
        },
      },
    },
  },
  {
    name = "invalid SSO credentials configuration: missing account ID",
    profiles = {
      A = { sso_region = "us-east-7", sso_role_name = "testrole", sso_start_url = "https://foo.bar" },
    },
    error = "if `sso_role_name` is set, then `sso_account_id` must also be set",
  },
  {
    name = "invalid SSO credentials configuration: missing role name",
    profiles = {
      A = { sso_region = "us-east-7", sso_account_id = "012345678901", sso_start_url = "https://foo.bar" },
    },
    error = "if `sso_account_id` is set, then `sso_role_name` must also be set",
  },
  {
    name = "invalid SSO token configuration: sso_region must be in sso-session",
    profiles = { A = { sso_session = "A", sso_region = "us-east-7" } },
    sso_sessions = { A = { sso_start_url = "https://foo.bar" } },
    error = "`sso_region` can only be specified in the [sso-session] config when a session name is given",
  },
  {
    name = "SSO token profile selected",
    profiles = { A = { sso_session = "foo" } },
    sso_sessions = { foo = { sso_region = "us-east-7", sso_start_url = "https://foo.bar" } },
    steps = {
      {
        kind = "sso",
        values = { sso_session = "foo", sso_region = "us-east-7", sso_start_url = "https://foo.bar" },
      },
    },
  },
  {
    name = "invalid SSO token configuration: sso-session not found",
    profiles = { A = { sso_session = "oops" } },
    error = "sso-session named `oops` (referenced by profile `A`) was not found",
  },
}
