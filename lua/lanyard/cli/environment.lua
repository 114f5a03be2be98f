-- What `lanyard help environment` prints.

return [[
Where lanyard looks: an option, then the environment, then the profile of the AWS config files;
the first that says something counts. Names stand in that order, keys of a profile in small
letters. An empty variable is one that is not set.

Files and profile
  --profile, AWS_PROFILE, AWS_DEFAULT_PROFILE
      The profile; `default` unless one is named, and that one may be missing.
  AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE
      The files, instead of ~/.aws/config and ~/.aws/credentials. Where both have a profile's
      key, the credentials file counts.

Region and endpoints
  --region, AWS_REGION, AWS_DEFAULT_REGION, region
      The Region; where nothing says it, that of the EC2 instance.
  --endpoint-url, AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, services, endpoint_url
      The endpoint instead of AWS's. SERVICE is LIGHTSAIL, ECR, STS, IAM, ORGANIZATIONS,
      CLOUDTRAIL, SSO, SSO_OIDC or SIGNIN; `services` names a section [services NAME] with an
      endpoint_url for each.
  AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, ignore_configured_endpoint_urls
      true: only --endpoint-url counts.
  AWS_USE_FIPS_ENDPOINT, use_fips_endpoint
      true: AWS's endpoints with FIPS 140 modules.
  AWS_USE_DUALSTACK_ENDPOINT, use_dualstack_endpoint
      true: AWS's endpoints with IPv6.
  AWS_STS_REGIONAL_ENDPOINTS, sts_regional_endpoints
      legacy: STS's one global endpoint for the oldest Regions. Otherwise regional.

Calls
  AWS_RETRY_MODE, retry_mode
      standard, adaptive or legacy.
  AWS_MAX_ATTEMPTS, max_attempts
      The most attempts for a call, the first one too.
  --cli-connect-timeout, --cli-read-timeout
      Seconds until there must be a connection (5), and an answer (30); 0 is no limit.
  --ca-bundle, AWS_CA_BUNDLE, ca_bundle
      A file of certificates to trust instead of the system's.
  HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY
      The proxy for https and for http endpoints, for both, and the hosts called without one; in
      small letters too, which go before. Instance and container credentials never go through one.
  AWS_SDK_UA_APP_ID, sdk_ua_app_id
      A name that is added to the User-Agent.

Credentials, the first that has some; a --profile goes before the environment
  AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN (AWS_SECURITY_TOKEN)
  AWS_CREDENTIAL_EXPIRATION, AWS_ACCOUNT_ID
      Keys of the environment, when they expire, and whose they are.
  aws_access_key_id, aws_secret_access_key, aws_session_token, aws_account_id
      Keys of a profile.
  role_arn, source_profile or credential_source, role_session_name, duration_seconds,
  external_id, mfa_serial
      A role to assume, with whose keys, and how.
  sso_session, sso_start_url, sso_region, sso_account_id, sso_role_name, sso_registration_scopes
      IAM Identity Center, after aws sso login.
  login_session
      What aws login left. AWS_LOGIN_CACHE_DIRECTORY is where, instead of ~/.aws/login/cache.
  credential_process
      A program that prints credentials.
  AWS_WEB_IDENTITY_TOKEN_FILE with AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME,
  web_identity_token_file with role_arn and role_session_name
      A role for a token of another identity provider.
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, AWS_CONTAINER_CREDENTIALS_FULL_URI,
  AWS_CONTAINER_AUTHORIZATION_TOKEN, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE
      The endpoint of ECS tasks and EKS pods.
  AWS_EC2_METADATA_DISABLED
      true: the EC2 instance is not asked for credentials or a Region.
  AWS_EC2_METADATA_SERVICE_ENDPOINT, ec2_metadata_service_endpoint,
  AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE, ec2_metadata_service_endpoint_mode,
  AWS_METADATA_SERVICE_TIMEOUT, metadata_service_timeout,
  AWS_METADATA_SERVICE_NUM_ATTEMPTS, metadata_service_num_attempts
      Where the instance is asked, IPv4 or IPv6, for how many seconds and how often.

Lanyard's own
  --rules, LANYARD_RULES
      The file of rules that is asked before each change, instead of ./.lanyard/rules.lua.
  LANYARD_PATH
      Folders of scripts that are commands, with colons between.
  XDG_CONFIG_HOME, XDG_STATE_HOME, TMPDIR
      Your scripts are in lanyard/scripts of the first (~/.config), the journal is in lanyard of
      the second (~/.local/state); temporary files are in the third.
  LANYARD_HISTORY
      The file that lanyard history reads where none is named.
  LANYARD_DEBUG
      1: as --debug everywhere.
  NO_COLOR, TERM
      Anything in NO_COLOR, or TERM=dumb: no colours.

Not read, since they are for services or formats that lanyard does not have: AWS_DEFAULTS_MODE,
AWS_DEFAULT_OUTPUT, AWS_PAGER, cli_*, s3, AWS_SIGV4A_SIGNING_REGION_SET,
AWS_REQUEST_CHECKSUM_CALCULATION, AWS_ACCOUNT_ID_ENDPOINT_MODE, and the like.
]]
