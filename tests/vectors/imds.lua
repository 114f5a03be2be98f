-- The endpoint of the instance metadata service, from options, environment and profile.
-- Source: the IMDS endpoint tests of smithy-rs (https://github.com/smithy-lang/smithy-rs, Apache-2.0), November 2026.
--
-- A case has the environment variables, the text of the config file, the options endpoint and mode, and the URL
-- that tokens are requested from, or the error message of the AWS SDK for Rust.

return {
  {
    name = "all fields unset, default endpoint",
    variables = {},
    token_url = "http://169.254.169.254/latest/api/token",
  },
  {
    name = "environment variable endpoint override",
    variables = { AWS_EC2_METADATA_SERVICE_ENDPOINT = "http://override:456" },
    token_url = "http://override:456/latest/api/token",
  },
  {
    name = "profile endpoint override",
    variables = { AWS_CONFIG_FILE = "config" },
    config = "[default]\nec2_metadata_service_endpoint = http://override:456",
    token_url = "http://override:456/latest/api/token",
  },
  {
    name = "environment overrides profile",
    variables = { AWS_CONFIG_FILE = "config", AWS_EC2_METADATA_SERVICE_ENDPOINT = "http://override:456" },
    config = "[default]\nec2_metadata_service_endpoint = http://wrong:456",
    token_url = "http://override:456/latest/api/token",
  },
  {
    name = "invalid endpoint mode override",
    variables = { AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE = "error" },
    error = "`error` is not a valid endpoint mode",
  },
  {
    name = "ipv4 endpoint",
    variables = { AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE = "IPv4" },
    token_url = "http://169.254.169.254/latest/api/token",
  },
  {
    name = "ipv6 endpoint",
    variables = { AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE = "IPv6" },
    token_url = "http://[fd00:ec2::254]/latest/api/token",
  },
  {
    name = "case insensitive endpoint",
    variables = { AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE = "ipV6" },
    token_url = "http://[fd00:ec2::254]/latest/api/token",
  },
  {
    name = "ipv6 endpoint from config",
    variables = { AWS_CONFIG_FILE = "config" },
    config = "[default]\nec2_metadata_service_endpoint_mode = IPv6",
    token_url = "http://[fd00:ec2::254]/latest/api/token",
  },
  {
    name = "invalid config endpoint mode",
    variables = { AWS_CONFIG_FILE = "config" },
    config = "[default]\nec2_metadata_service_endpoint_mode = IPv7",
    error = "`IPv7` is not a valid endpoint mode",
  },
  {
    name = "explicit endpoint override",
    variables = { AWS_CONFIG_FILE = "config" },
    config = "[default]\nec2_metadata_service_endpoint_mode = IPv6",
    endpoint = "https://custom",
    token_url = "https://custom/latest/api/token",
  },
  {
    name = "explicit mode override",
    variables = { AWS_CONFIG_FILE = "config" },
    config = "[default]\nec2_metadata_service_endpoint_mode = IPv4",
    mode = "IPv6",
    token_url = "http://[fd00:ec2::254]/latest/api/token",
  },
  {
    name = "invalid uri",
    variables = { AWS_EC2_METADATA_SERVICE_ENDPOINT = "not a uri" },
    error = "invalid uri character",
  },
  {
    name = "environment variable overrides endpoint mode override",
    variables = { AWS_EC2_METADATA_SERVICE_ENDPOINT = "http://169.254.169.200" },
    mode = "IPv6",
    token_url = "http://169.254.169.200/latest/api/token",
  },
}
