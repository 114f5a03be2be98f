-- The URL of a container's credentials, for each environment.
-- Source: the ECS provider tests of smithy-rs (https://github.com/smithy-lang/smithy-rs, Apache-2.0), November 2026.
--
-- A case has the environment variables, and the url or a part of the error message of the AWS SDK for Rust.

return {
  {
    name = "all fields unset provider is not enabled",
    variables = {},
    error = "No environment variables were set to configure ECS provider",
  },
  {
    name = "relative URI",
    variables = { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI = "/credentials" },
    url = "http://169.254.170.2/credentials",
  },
  {
    name = "invalid full uri",
    variables = { AWS_CONTAINER_CREDENTIALS_FULL_URI = "/credentials" },
    error = "URI did not specify a host",
  },
  {
    name = "full uri HTTPS",
    variables = { AWS_CONTAINER_CREDENTIALS_FULL_URI = "https://mypersonalsite/credentials" },
    url = "https://mypersonalsite/credentials",
  },
  {
    name = "full uri HTTPS with port",
    variables = { AWS_CONTAINER_CREDENTIALS_FULL_URI = "https://mypersonalsite:8080/credentials" },
    url = "https://mypersonalsite:8080/credentials",
  },
  {
    name = "localhost",
    variables = { AWS_CONTAINER_CREDENTIALS_FULL_URI = "http://localhost:8080/credentials" },
    url = "http://localhost:8080/credentials",
  },
  {
    name = "ecs task role",
    variables = { AWS_CONTAINER_CREDENTIALS_FULL_URI = "http://169.254.170.2/credentials" },
    url = "http://169.254.170.2/credentials",
  },
  {
    name = "eks pod identity ipv4",
    variables = { AWS_CONTAINER_CREDENTIALS_FULL_URI = "http://169.254.170.23/v1/credentials" },
    url = "http://169.254.170.23/v1/credentials",
  },
  {
    name = "eks pod identity ipv6",
    variables = { AWS_CONTAINER_CREDENTIALS_FULL_URI = "http://[fd00:ec2::23]/v1/credentials" },
    url = "http://[fd00:ec2::23]/v1/credentials",
  },
  {
    name = "relative takes precedence over full",
    variables = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI = "http://localhost:8080/credentials",
      AWS_CONTAINER_CREDENTIALS_RELATIVE_URI = "/credentials",
    },
    url = "http://169.254.170.2/credentials",
  },
  {
    name = "support query params",
    variables = { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI = "/credentials?a=1" },
    url = "http://169.254.170.2/credentials?a=1",
  },
}
