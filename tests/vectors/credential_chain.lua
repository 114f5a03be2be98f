-- The search for credentials on recorded machines: environment, files and HTTP exchanges.
-- Source: the provider chain tests of smithy-rs (https://github.com/smithy-lang/smithy-rs, Apache-2.0), November 2026.
--
-- A case has the environment variables, the files by their path below /, the HTTP exchanges in their order, and
-- the credentials or a part of the error message of the AWS SDK for Rust. An exchange has the method, url, headers
-- and form fields of the request, whether the request is signed, and the reply. Headers that say nothing about
-- credentials are left out.

local ANY = true -- the field is required; its recorded value is from another machine than the files of the case

return {
  {
    name = "e2e_fips_and_dual_stack_sso",
    variables = {
      HOME = "/home", AWS_REGION = "us-west-2", AWS_PROFILE = "sso-test", AWS_USE_FIPS_ENDPOINT = "true",
      AWS_USE_DUALSTACK_ENDPOINT = "true",
    },
    files = {
      ["home/.aws/config"] =
        "[profile sso-test]\n"
        .. "sso_start_url = https://ssotest.awsapps.com/start\n"
        .. "sso_region = us-east-2\n"
        .. "sso_account_id = 123456789\n"
        .. "sso_role_name = MySsoRole\n"
        .. "region = us-east-2\n",
      ["home/.aws/sso/cache/dace00cba5f8355ec9d274ceb2bcebdfbeed0e12.json"] =
        "{\n"
        .. '  "accessToken": "a-token",\n'
        .. '  "expiresAt": "2080-10-16T03:56:45Z",\n'
        .. '  "startUrl": "https://ssotest.awsapps.com/start"\n'
        .. "}\n",
    },
    exchanges = {
      {
        method = "GET",
        url =
          "https://portal.sso-fips.us-east-2.api.aws/federation/credentials?account_id=123456789&"
          .. "role_name=MySsoRole",
        headers = { ["x-amz-sso_bearer_token"] = "a-token" },
        reply = {
          status = 200,
          headers = { ["content-type"] = "application/json" },
          body =
            '{"roleCredentials":{"accessKeyId":"ASIARCORRECT","secretAccessKey":"secretkeycorrect",'
            .. '"sessionToken":"tokencorrect","expiration":1234567890000}}',
        },
      },
    },
    credentials = {
      access_key_id = "ASIARCORRECT", secret_access_key = "secretkeycorrect", session_token = "tokencorrect",
      account_id = "123456789", expires = 1234567890,
    },
  },
  {
    name = "ecs_assume_role",
    variables = {
      HOME = "/home",
      AWS_CONTAINER_CREDENTIALS_RELATIVE_URI = "/v2/credentials/52b19262-e7aa-4f56-a1cd-b958dcde8f3b",
    },
    files = {
      ["home/.aws/config"] =
        "[default]\n"
        .. "region = us-east-1\n"
        .. "role_arn = arn:aws:iam::130633740322:role/imds-chained-role-test\n"
        .. "credential_source = EcsContainer\n",
    },
    exchanges = {
      {
        method = "GET",
        url = "http://169.254.170.2/v2/credentials/52b19262-e7aa-4f56-a1cd-b958dcde8f3b",
        headers = { accept = "application/json" },
        reply = {
          status = 200,
          headers = { ["content-type"] = "application/json" },
          body =
            '{"RoleArn":"arn:aws:iam::123456789:role/ecs-task-role","AccessKeyId":"ASIARTEST",'
            .. '"SecretAccessKey":"SECRETTEST","Token":"tokenEaCXVzLXdlc3QtMiJGMEQCIHt47W18eF4dYfSlmKGiwuJnqmIS3LM'
            .. "XNYfODBCEhcnaAiAnuhGOpcdIDxin4QFzhtgaCR2MpcVqR8NFJdMgOt0/xyrnAwhhEAEaDDEzNDA5NTA2NTg1NiIM9M9GT+c5U"
            .. "fV/8r7PKsQDUa9xE9Eprz5N+jgxbFSD2aJR2iyXCcP9Q1cOh4fdZhyw2WNmq9XnIa2tkzrreiQ5R2t+kzergJHO1KRZPfesarf"
            .. "J879aWJCSocsEKh7xXwwzTsVXrNo5eWkpwTh64q+Ksz15eoaBhtrvnGvPx6SmXv7SToi/DTHFafJlT/T9jITACZvZXSE9zfLka"
            .. "26Rna3rI4g0ugowha//j1f/c1XuKloqshpZvMKc561om9Y5fqBv1fRiS2KhetGTcmz3wUqNQAk8Dq9oINS7cCtdIO0atqCK69U"
            .. "aKeJ9uKY8mzY9dFWw2IrkpOoXmA9r955iU0NOz/95jVJiPZ/8aE8vb0t67gQfzBUCfky+mGSGWAfPRXQlFa5AEulCTHPd7IcTV"
            .. "CtasG033oKEKgB8QnTxvM2LaPlwaaHo7MHGYXeUKbn9NRKd8m1ShwmAlr4oKp1vQp6cPHDTsdTfPTzh/ZAjUPs+ljQbAwqXbPQ"
            .. "dUUPpOk0vltY8k6Im9EA0pf80iUNoqrixpmPsR2hzI/ybUwdh+QhvCSBx+J8KHqF6X92u4qAVYIxLy/LGZKT9YC6Kr9Gywn+Ro"
            .. "+EK/xl3axHPzNpbjRDJnbW3HrMw5LmmiwY6pgGWgmD6IOq4QYUtu1uhaLQZyoI5o5PWn+d3kqqxifu8D0ykldB3lQGdlJ2rjKJ"
            .. "jCdx8fce1SoXao9cc4hiwn39hUPuTqzVwv2zbzCKmNggIpXP6gqyRtUCakf6tI7ZwqTb2S8KF3t4ElIP8i4cPdNoI0JHSC+sT4"
            .. 'LDPpUcX1CjGxfvo55mBHJedW3LXve8TRj4UckFXT1gLuTnzqPMrC5AHz4TAt+uv","Expiration" : '
            .. '"2009-02-13T23:31:30Z"}',
        },
      },
      {
        method = "POST", url = "https://sts.us-east-1.amazonaws.com/",
        headers = { ["content-type"] = "application/x-www-form-urlencoded" },
        signed = true,
        form = { Action = "AssumeRole", Version = "2011-06-15", RoleArn = ANY, RoleSessionName = ANY },
        reply = {
          status = 200,
          headers = {
            ["content-type"] = "text/xml", ["x-amzn-requestid"] = "d9d47248-fd55-4686-ad7c-0fb7cd1cddd7",
          },
          body =
            '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n'
            .. "  <AssumeRoleResult>\n"
            .. "    <AssumedRoleUser>\n"
            .. "      <AssumedRoleId>AROAR42TAWARILN3MNKUT:assume-role-from-profile-1632246085998</AssumedRoleId>\n"
            .. "      <Arn>arn:aws:sts::130633740322:assumed-role/imds-chained-role-test/assume-role-from-profile-"
            .. "1632246085998</Arn>\n"
            .. "    </AssumedRoleUser>\n"
            .. "    <Credentials>\n"
            .. "      <AccessKeyId>ASIARCORRECT</AccessKeyId>\n"
            .. "      <SecretAccessKey>secretkeycorrect</SecretAccessKey>\n"
            .. "      <SessionToken>tokencorrect</SessionToken>\n"
            .. "      <Expiration>2021-09-21T18:41:26Z</Expiration>\n"
            .. "    </Credentials>\n"
            .. "  </AssumeRoleResult>\n"
            .. "  <ResponseMetadata>\n"
            .. "    <RequestId>d9d47248-fd55-4686-ad7c-0fb7cd1cddd7</RequestId>\n"
            .. "  </ResponseMetadata>\n"
            .. "</AssumeRoleResponse>\n",
        },
      },
    },
    credentials = {
      access_key_id = "ASIARCORRECT", secret_access_key = "secretkeycorrect", session_token = "tokencorrect",
      account_id = "130633740322", expires = 1632249686,
    },
  },
  {
    name = "ecs_credentials",
    variables = {
      HOME = "/home", AWS_REGION = "us-east-1",
      AWS_CONTAINER_CREDENTIALS_RELATIVE_URI = "/v2/credentials/52b19262-e7aa-4f56-a1cd-b958dcde8f3b",
    },
    exchanges = {
      {
        method = "GET",
        url = "http://169.254.170.2/v2/credentials/52b19262-e7aa-4f56-a1cd-b958dcde8f3b",
        headers = { accept = "application/json" },
        reply = {
          status = 200,
          headers = { ["content-type"] = "application/json" },
          body =
            '{"RoleArn":"arn:aws:iam::123456789:role/ecs-task-role","AccessKeyId":"ASIARCORRECT",'
            .. '"SecretAccessKey":"secretkeycorrect","Token":"tokencorrect","AccountId":"012345678901",'
            .. '"Expiration" : "2009-02-13T23:31:30Z"}',
        },
      },
    },
    credentials = {
      access_key_id = "ASIARCORRECT", secret_access_key = "secretkeycorrect", session_token = "tokencorrect",
      account_id = "012345678901", expires = 1234567890,
    },
  },
  {
    name = "ecs_credentials_invalid_profile",
    variables = {
      HOME = "/home", AWS_REGION = "us-east-1",
      AWS_CONTAINER_CREDENTIALS_RELATIVE_URI = "/v2/credentials/52b19262-e7aa-4f56-a1cd-b958dcde8f3b",
    },
    files = {
      ["home/.aws/config"] = "# a profile that isn't the `default` profile\n[profile notdefault]\na = b\n",
    },
    exchanges = {
      {
        method = "GET",
        url = "http://169.254.170.2/v2/credentials/52b19262-e7aa-4f56-a1cd-b958dcde8f3b",
        headers = { accept = "application/json" },
        reply = {
          status = 200,
          headers = { ["content-type"] = "application/json" },
          body =
            '{"RoleArn":"arn:aws:iam::123456789:role/ecs-task-role","AccessKeyId":"ASIARCORRECT",'
            .. '"SecretAccessKey":"secretkeycorrect","Token":"tokencorrect","AccountId":"012345678901",'
            .. '"Expiration" : "2009-02-13T23:31:30Z"}',
        },
      },
    },
    credentials = {
      access_key_id = "ASIARCORRECT", secret_access_key = "secretkeycorrect", session_token = "tokencorrect",
      account_id = "012345678901", expires = 1234567890,
    },
  },
  {
    name = "eks_pod_identity_credentials",
    variables = {
      HOME = "/home", AWS_REGION = "us-east-1",
      AWS_CONTAINER_CREDENTIALS_FULL_URI = "http://169.254.170.23/v1/credentials",
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE = "/token.jwt",
    },
    files = { ["token.jwt"] = "sometoken" },
    exchanges = {
      {
        method = "GET", url = "http://169.254.170.23/v1/credentials",
        headers = { accept = "application/json" },
        reply = {
          status = 200,
          headers = { ["content-type"] = "application/json" },
          body =
            '{"RoleArn":"arn:aws:iam::123456789:role/eks-pod-identity-role","AccessKeyId":"ASIARCORRECT",'
            .. '"SecretAccessKey":"secretkeycorrect","Token":"tokencorrect","AccountId":"012345678901",'
            .. '"Expiration" : "2009-02-13T23:31:30Z"}',
        },
      },
    },
    credentials = {
      access_key_id = "ASIARCORRECT", secret_access_key = "secretkeycorrect", session_token = "tokencorrect",
      account_id = "012345678901", expires = 1234567890,
    },
  },
  {
    name = "eks_pod_identity_no_token_file",
    variables = {
      HOME = "/home", AWS_REGION = "us-east-1",
      AWS_CONTAINER_CREDENTIALS_FULL_URI = "http://169.254.170.23/v1/credentials",
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE = "/token.jwt",
    },
    error = "No such file or directory (os error 2)",
  },
  {
    name = "environment_variables",
    variables = {
      HOME = "/home", AWS_ACCESS_KEY_ID = "foo", AWS_SECRET_ACCESS_KEY = "bar", AWS_ACCOUNT_ID = "123456789001",
      EXPOSE_SECRETS_FOR_TESTS = "",
    },
    credentials = { access_key_id = "foo", secret_access_key = "bar", account_id = "123456789001" },
  },
  {
    name = "environment_variables_blank",
    variables = {
      HOME = "/home", AWS_ACCESS_KEY_ID = " ", AWS_SECRET_ACCESS_KEY = " ", AWS_PROFILE = "some_profile",
    },
    files = {
      ["home/.aws/config"] =
        "[default]\n"
        .. "region = us-east-1\n"
        .. "aws_access_key_id = incorrect_key\n"
        .. "aws_secret_access_key = incorrect_secret\n"
        .. "\n"
        .. "[profile some_profile]\n"
        .. "region = us-east-2\n"
        .. "aws_access_key_id = correct_key\n"
        .. "aws_secret_access_key = correct_secret\n",
    },
    credentials = { access_key_id = "correct_key", secret_access_key = "correct_secret" },
  },
  {
    name = "imds_assume_role",
    variables = { HOME = "/home" },
    files = {
      ["home/.aws/config"] =
        "[default]\n"
        .. "region = us-east-1\n"
        .. "role_arn = arn:aws:iam::130633740322:role/imds-chained-role-test\n"
        .. "credential_source = Ec2InstanceMetadata\n",
    },
    exchanges = {
      {
        method = "PUT", url = "http://169.254.169.254/latest/api/token",
        headers = { ["x-aws-ec2-metadata-token-ttl-seconds"] = "21600" },
        reply = {
          status = 200,
          headers = { ["content-type"] = "text/plain", ["x-aws-ec2-metadata-token-ttl-seconds"] = "21600" },
          body = "imdssesiontoken==",
        },
      },
      {
        method = "GET", url = "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
        headers = { ["x-aws-ec2-metadata-token"] = "imdssesiontoken==" },
        reply = {
          status = 200,
          headers = { ["content-type"] = "text/plain", ["x-aws-ec2-metadata-token-ttl-seconds"] = "21600" },
          body = "imds-assume-role-test",
        },
      },
      {
        method = "GET",
        url = "http://169.254.169.254/latest/meta-data/iam/security-credentials/imds-assume-role-test",
        headers = { ["x-aws-ec2-metadata-token"] = "imdssesiontoken==" },
        reply = {
          status = 200,
          headers = { ["content-type"] = "text/plain", ["x-aws-ec2-metadata-token-ttl-seconds"] = "21600" },
          body =
            "{\n"
            .. '  "Code" : "Success",\n'
            .. '  "LastUpdated" : "2021-09-21T17:31:21Z",\n'
            .. '  "Type" : "AWS-HMAC",\n'
            .. '  "AccessKeyId" : "ASIARSTSBASE",\n'
            .. '  "SecretAccessKey" : "secretbase",\n'
            .. '  "Token" : "tokenbase",\n'
            .. '  "Expiration" : "2021-09-21T23:33:13Z"\n'
            .. "}",
        },
      },
      {
        method = "POST", url = "https://sts.us-east-1.amazonaws.com/",
        headers = { ["content-type"] = "application/x-www-form-urlencoded" },
        signed = true,
        form = { Action = "AssumeRole", Version = "2011-06-15", RoleArn = ANY, RoleSessionName = ANY },
        reply = {
          status = 200,
          headers = {
            ["content-type"] = "text/xml", ["x-amzn-requestid"] = "d9d47248-fd55-4686-ad7c-0fb7cd1cddd7",
          },
          body =
            '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n'
            .. "  <AssumeRoleResult>\n"
            .. "    <AssumedRoleUser>\n"
            .. "      <AssumedRoleId>AROAR42TAWARILN3MNKUT:assume-role-from-profile-1632246085998</AssumedRoleId>\n"
            .. "      <Arn>arn:aws:sts::130633740322:assumed-role/imds-chained-role-test/assume-role-from-profile-"
            .. "1632246085998</Arn>\n"
            .. "    </AssumedRoleUser>\n"
            .. "    <Credentials>\n"
            .. "      <AccessKeyId>ASIARCORRECT</AccessKeyId>\n"
            .. "      <SecretAccessKey>secretkeycorrect</SecretAccessKey>\n"
            .. "      <SessionToken>tokencorrect</SessionToken>\n"
            .. "      <Expiration>2021-09-21T18:41:26Z</Expiration>\n"
            .. "    </Credentials>\n"
            .. "  </AssumeRoleResult>\n"
            .. "  <ResponseMetadata>\n"
            .. "    <RequestId>d9d47248-fd55-4686-ad7c-0fb7cd1cddd7</RequestId>\n"
            .. "  </ResponseMetadata>\n"
            .. "</AssumeRoleResponse>\n",
        },
      },
    },
    credentials = {
      access_key_id = "ASIARCORRECT", secret_access_key = "secretkeycorrect", session_token = "tokencorrect",
      account_id = "130633740322", expires = 1632249686,
    },
  },
  {
    name = "imds_config_with_no_creds",
    variables = { HOME = "/home", AWS_REGION = "us-east-1" },
    files = { ["home/.aws/config"] = "[default]\nmax_attempts = 1\n" },
    exchanges = {
      {
        method = "PUT", url = "http://169.254.169.254/latest/api/token",
        headers = { ["x-aws-ec2-metadata-token-ttl-seconds"] = "21600" },
        reply = {
          status = 200,
          headers = { ["content-type"] = "text/plain", ["x-aws-ec2-metadata-token-ttl-seconds"] = "21600" },
          body = "AQAEAKQRRHnsX8GCPgYTGMShrFJkMhru3n-8Ul5Gzvzj-bpWKYZuiw==",
        },
      },
      {
        method = "GET", url = "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
        headers = { ["x-aws-ec2-metadata-token"] = "AQAEAKQRRHnsX8GCPgYTGMShrFJkMhru3n-8Ul5Gzvzj-bpWKYZuiw==" },
        reply = {
          status = 200,
          headers = { ["content-type"] = "text/plain", ["x-aws-ec2-metadata-token-ttl-seconds"] = "21600" },
          body = "imds-assume-role-test",
        },
      },
      {
        method = "GET",
        url = "http://169.254.169.254/latest/meta-data/iam/security-credentials/imds-assume-role-test",
        headers = { ["x-aws-ec2-metadata-token"] = "AQAEAKQRRHnsX8GCPgYTGMShrFJkMhru3n-8Ul5Gzvzj-bpWKYZuiw==" },
        reply = {
          status = 200,
          headers = { ["content-type"] = "text/plain", ["x-aws-ec2-metadata-token-ttl-seconds"] = "21600" },
          body =
            "{\n"
            .. '  "Code" : "Success",\n'
            .. '  "LastUpdated" : "2021-09-20T21:42:26Z",\n'
            .. '  "Type" : "AWS-HMAC",\n'
            .. '  "AccessKeyId" : "ASIARTEST",\n'
            .. '  "SecretAccessKey" : "testsecret",\n'
            .. '  "Token" : "testtoken",\n'
            .. '  "Expiration" : "2021-09-21T04:16:53Z"\n'
            .. "}",
        },
      },
    },
    credentials = {
      access_key_id = "ASIARTEST", secret_access_key = "testsecret", session_token = "testtoken",
      expires = 1632197813,
    },
  },
  {
    name = "imds_default_chain_error",
    variables = { HOME = "/home", AWS_REGION = "us-east-1" },
    files = { ["home/.aws/config"] = "" },
    exchanges = {
      {
        method = "PUT", url = "http://169.254.169.254/latest/api/token",
        headers = { ["x-aws-ec2-metadata-token-ttl-seconds"] = "21600" },
        reply = {
          status = 200,
          headers = { ["content-type"] = "text/plain", ["x-aws-ec2-metadata-token-ttl-seconds"] = "21600" },
          body = "faketoken",
        },
      },
      {
        method = "GET", url = "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
        headers = { ["x-aws-ec2-metadata-token"] = "faketoken" },
        reply = {
          status = 404,
          headers = { ["content-type"] = "text/html", ["x-aws-ec2-metadata-token-ttl-seconds"] = "21600" },
          body =
            '<?xml version="1.0" encoding="iso-8859-1"?>\n'
            .. '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"\n'
            .. '\t\t "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">\n'
            .. '<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">\n'
            .. " <head>\n"
            .. "  <title>404 - Not Found</title>\n"
            .. " </head>\n"
            .. " <body>\n"
            .. "  <h1>404 - Not Found</h1>\n"
            .. " </body>\n"
            .. "</html>\n",
        },
      },
    },
    error = "the credential provider was not enabled",
  },
  {
    name = "imds_default_chain_retries",
    variables = { HOME = "/home", AWS_REGION = "us-east-1" },
    files = { ["home/.aws/config"] = "" },
    exchanges = {
      {
        method = "PUT", url = "http://169.254.169.254/latest/api/token",
        headers = { ["x-aws-ec2-metadata-token-ttl-seconds"] = "21600" },
        reply = { status = 503 },
      },
      {
        method = "PUT", url = "http://169.254.169.254/latest/api/token",
        headers = { ["x-aws-ec2-metadata-token-ttl-seconds"] = "21600" },
        reply = {
          status = 200,
          headers = { ["content-type"] = "text/plain", ["x-aws-ec2-metadata-token-ttl-seconds"] = "21600" },
          body = "imdstoken",
        },
      },
      {
        method = "GET", url = "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
        headers = { ["x-aws-ec2-metadata-token"] = "imdstoken" },
        reply = { status = 503 },
      },
      {
        method = "GET", url = "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
        headers = { ["x-aws-ec2-metadata-token"] = "imdstoken" },
        reply = {
          status = 200,
          headers = { ["content-type"] = "text/plain", ["x-aws-ec2-metadata-token-ttl-seconds"] = "21599" },
          body = "imds-assume-role-test",
        },
      },
      {
        method = "GET",
        url = "http://169.254.169.254/latest/meta-data/iam/security-credentials/imds-assume-role-test",
        headers = { ["x-aws-ec2-metadata-token"] = "imdstoken" },
        reply = { status = 503 },
      },
      {
        method = "GET",
        url = "http://169.254.169.254/latest/meta-data/iam/security-credentials/imds-assume-role-test",
        headers = { ["x-aws-ec2-metadata-token"] = "imdstoken" },
        reply = {
          status = 200,
          headers = { ["content-type"] = "text/plain", ["x-aws-ec2-metadata-token-ttl-seconds"] = "21599" },
          body =
            "{\n"
            .. '  "Code" : "Success",\n'
            .. '  "LastUpdated" : "2021-09-21T18:30:29Z",\n'
            .. '  "Type" : "AWS-HMAC",\n'
            .. '  "AccessKeyId" : "ASIARTEST",\n'
            .. '  "SecretAccessKey" : "testsecret",\n'
            .. '  "Token" : "testtoken",\n'
            .. '  "Expiration" : "2021-09-22T00:35:06Z"\n'
            .. "}",
        },
      },
    },
    credentials = {
      access_key_id = "ASIARTEST", secret_access_key = "testsecret", session_token = "testtoken",
      expires = 1632270906,
    },
  },
  {
    name = "imds_default_chain_success",
    variables = { HOME = "/home", AWS_REGION = "us-east-1" },
    files = { ["home/.aws/config"] = "" },
    exchanges = {
      {
        method = "PUT", url = "http://169.254.169.254/latest/api/token",
        headers = { ["x-aws-ec2-metadata-token-ttl-seconds"] = "21600" },
        reply = {
          status = 200,
          headers = { ["content-type"] = "text/plain", ["x-aws-ec2-metadata-token-ttl-seconds"] = "21600" },
          body = "AQAEAKQRRHnsX8GCPgYTGMShrFJkMhru3n-8Ul5Gzvzj-bpWKYZuiw==",
        },
      },
      {
        method = "GET", url = "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
        headers = { ["x-aws-ec2-metadata-token"] = "AQAEAKQRRHnsX8GCPgYTGMShrFJkMhru3n-8Ul5Gzvzj-bpWKYZuiw==" },
        reply = {
          status = 200,
          headers = { ["content-type"] = "text/plain", ["x-aws-ec2-metadata-token-ttl-seconds"] = "21600" },
          body = "imds-assume-role-test",
        },
      },
      {
        method = "GET",
        url = "http://169.254.169.254/latest/meta-data/iam/security-credentials/imds-assume-role-test",
        headers = { ["x-aws-ec2-metadata-token"] = "AQAEAKQRRHnsX8GCPgYTGMShrFJkMhru3n-8Ul5Gzvzj-bpWKYZuiw==" },
        reply = {
          status = 200,
          headers = { ["content-type"] = "text/plain", ["x-aws-ec2-metadata-token-ttl-seconds"] = "21600" },
          body =
            "{\n"
            .. '  "Code" : "Success",\n'
            .. '  "LastUpdated" : "2021-09-20T21:42:26Z",\n'
            .. '  "Type" : "AWS-HMAC",\n'
            .. '  "AccessKeyId" : "ASIARTEST",\n'
            .. '  "SecretAccessKey" : "testsecret",\n'
            .. '  "Token" : "testtoken",\n'
            .. '  "Expiration" : "2021-09-21T04:16:53Z"\n'
            .. "}",
        },
      },
    },
    credentials = {
      access_key_id = "ASIARTEST", secret_access_key = "testsecret", session_token = "testtoken",
      expires = 1632197813,
    },
  },
  {
    name = "imds_disabled",
    variables = { HOME = "/home", AWS_EC2_METADATA_DISABLED = "True" },
    error = "the credential provider was not enabled",
  },
  {
    name = "imds_no_iam_role",
    variables = { HOME = "/home" },
    files = {
      ["home/.aws/config"] =
        "[default]\n"
        .. "region = us-east-1\n"
        .. "role_arn = arn:aws:iam::123456789:role/integration-test\n"
        .. "credential_source = Ec2InstanceMetadata\n",
    },
    exchanges = {
      {
        method = "PUT", url = "http://169.254.169.254/latest/api/token",
        headers = { ["x-aws-ec2-metadata-token-ttl-seconds"] = "21600" },
        reply = {
          status = 200,
          headers = { ["content-type"] = "text/plain", ["x-aws-ec2-metadata-token-ttl-seconds"] = "21600" },
          body = "faketoken",
        },
      },
      {
        method = "GET", url = "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
        headers = { ["x-aws-ec2-metadata-token"] = "faketoken" },
        reply = {
          status = 404,
          headers = { ["content-type"] = "text/html", ["x-aws-ec2-metadata-token-ttl-seconds"] = "21600" },
          body =
            '<?xml version="1.0" encoding="iso-8859-1"?>\n'
            .. '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"\n'
            .. '\t\t "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">\n'
            .. '<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">\n'
            .. " <head>\n"
            .. "  <title>404 - Not Found</title>\n"
            .. " </head>\n"
            .. " <body>\n"
            .. "  <h1>404 - Not Found</h1>\n"
            .. " </body>\n"
            .. "</html>\n",
        },
      },
    },
    error = "the credential provider was not enabled",
  },
  {
    name = "imds_token_fail",
    variables = { HOME = "/home" },
    files = {
      ["home/.aws/config"] =
        "[default]\n"
        .. "region = us-east-1\n"
        .. "role_arn = arn:aws:iam::123456789:role/integration-test\n"
        .. "credential_source = Ec2InstanceMetadata\n",
    },
    exchanges = {
      {
        method = "PUT", url = "http://169.254.169.254/latest/api/token",
        headers = { ["x-aws-ec2-metadata-token-ttl-seconds"] = "21600" },
        reply = { status = 403, headers = { ["content-type"] = "text/xml" } },
      },
    },
    error = "request forbidden: IMDS is disabled",
  },
  {
    name = "prefer_environment",
    variables = { HOME = "/home", AWS_ACCESS_KEY_ID = "correct_key", AWS_SECRET_ACCESS_KEY = "correct_secret" },
    files = {
      ["home/.aws/config"] =
        "[default]\n"
        .. "region = us-east-1\n"
        .. "role_arn = arn:aws:iam::123456789:role/integration-test\n"
        .. "source_profile = base\n"
        .. "\n"
        .. "[profile base]\n"
        .. "region = us-east-1\n",
      ["home/.aws/credentials"] = "[base]\naws_access_key_id = AKIAFAKE\naws_secret_access_key = FAKE\n",
    },
    credentials = { access_key_id = "correct_key", secret_access_key = "correct_secret" },
  },
  {
    name = "profile_name",
    variables = { HOME = "/home", AWS_PROFILE = "some-thing:long/the_one%only.foo@bar+" },
    files = {
      ["home/.aws/config"] =
        "[default]\n"
        .. "region = us-east-1\n"
        .. "aws_access_key_id = incorrect_key\n"
        .. "aws_secret_access_key = incorrect_secret\n"
        .. "\n"
        .. "[profile some-thing:long/the_one%only.foo@bar+]\n"
        .. "region = us-east-2\n"
        .. "aws_access_key_id = correct_key\n"
        .. "aws_secret_access_key = correct_secret\n",
    },
    credentials = { access_key_id = "correct_key", secret_access_key = "correct_secret" },
  },
  {
    name = "profile_overrides_web_identity",
    variables = {
      AWS_ROLE_ARN = "arn:aws:iam::123456789:role/RoleB", AWS_WEB_IDENTITY_TOKEN_FILE = "/token.jwt",
      AWS_PROFILE = "A", HOME = "/home",
    },
    files = {
      ["token.jwt"] = "shouldnotbeused\n",
      ["home/.aws/config"] =
        "[profile A]\n"
        .. "role_arn = arn:aws:iam::123456789:role/RoleA\n"
        .. "credential_source = Environment\n",
    },
    error = "provider was not enabled",
  },
  {
    name = "profile_static_keys",
    variables = { HOME = "/home" },
    files = {
      ["home/.aws/config"] =
        "[default]\n"
        .. "region = us-east-1\n"
        .. "aws_access_key_id = correct_key\n"
        .. "aws_secret_access_key = correct_secret\n"
        .. "\n"
        .. "[profile secondary]\n"
        .. "region = us-east-2\n"
        .. "aws_access_key_id = correct_key_secondary\n"
        .. "aws_secret_access_key = correct_secret_secondary\n",
      ["home/.aws/credentials"] =
        "[default]\n"
        .. "aws_access_key_id = correct_key\n"
        .. "aws_secret_access_key = correct_secret\n",
    },
    credentials = { access_key_id = "correct_key", secret_access_key = "correct_secret" },
  },
  {
    name = "profile_static_keys_case_insensitive",
    variables = { HOME = "/home" },
    files = {
      ["home/.aws/config"] = "[default]\nregion = us-east-1\n",
      ["home/.aws/credentials"] =
        "[default]\n"
        .. "AWS_ACCESS_KEY_ID = correct_key\n"
        .. "AWS_SECRET_ACCESS_KEY = correct_secret\n",
    },
    credentials = { access_key_id = "correct_key", secret_access_key = "correct_secret" },
  },
  {
    name = "sso_assume_role",
    variables = { HOME = "/home", AWS_REGION = "us-west-2", AWS_PROFILE = "sso-test" },
    files = {
      ["home/.aws/config"] =
        "[profile sso-test]\n"
        .. "sso_start_url = https://ssotest.awsapps.com/start\n"
        .. "sso_region = us-east-2\n"
        .. "sso_account_id = 123456789\n"
        .. "sso_role_name = MySsoRole\n"
        .. "region = us-east-2\n",
      ["home/.aws/sso/cache/dace00cba5f8355ec9d274ceb2bcebdfbeed0e12.json"] =
        "{\n"
        .. '  "accessToken": "a-token",\n'
        .. '  "expiresAt": "2080-10-16T03:56:45Z",\n'
        .. '  "startUrl": "https://ssotest.awsapps.com/start"\n'
        .. "}\n",
    },
    exchanges = {
      {
        method = "GET",
        url =
          "https://portal.sso.us-east-2.amazonaws.com/federation/credentials?account_id=123456789&"
          .. "role_name=MySsoRole",
        headers = { ["x-amz-sso_bearer_token"] = "a-token" },
        reply = {
          status = 200,
          headers = { ["content-type"] = "application/json" },
          body =
            '{"roleCredentials":{"accessKeyId":"ASIARCORRECT","secretAccessKey":"secretkeycorrect",'
            .. '"sessionToken":"tokencorrect","expiration":1234567890000}}',
        },
      },
    },
    credentials = {
      access_key_id = "ASIARCORRECT", secret_access_key = "secretkeycorrect", session_token = "tokencorrect",
      account_id = "123456789", expires = 1234567890,
    },
  },
  {
    name = "sso_no_token_file",
    variables = { HOME = "/home", AWS_REGION = "us-west-2", AWS_PROFILE = "sso-test" },
    files = {
      ["home/.aws/config"] =
        "[profile sso-test]\n"
        .. "sso_start_url = https://ssotest.awsapps.com/start\n"
        .. "sso_region = us-east-2\n"
        .. "sso_account_id = 123456789\n"
        .. "sso_role_name = MySsoRole\n"
        .. "region = us-east-2\n",
      ["home/.aws/sso/cache/differenthashthatdoesntmatch.json"] =
        "{\n"
        .. '  "accessToken": "a-token",\n'
        .. '  "expiresAt": "2080-10-16T03:56:45Z",\n'
        .. '  "startUrl": "https://ssotest.awsapps.com/start"\n'
        .. "}\n",
    },
    error =
      "failed to read `/home/.aws/sso/cache/dace00cba5f8355ec9d274ceb2bcebdfbeed0e12.json`: No such file or "
      .. "directory (os error 2)",
  },
  {
    name = "sso_server_error",
    variables = { HOME = "/home", AWS_REGION = "us-west-2", AWS_PROFILE = "sso-test" },
    files = {
      ["home/.aws/config"] =
        "[profile sso-test]\n"
        .. "sso_start_url = https://ssotest.awsapps.com/start\n"
        .. "sso_region = us-east-2\n"
        .. "sso_account_id = 123456789\n"
        .. "sso_role_name = MySsoRole\n"
        .. "region = us-east-2\n",
      ["home/.aws/sso/cache/dace00cba5f8355ec9d274ceb2bcebdfbeed0e12.json"] =
        "{\n"
        .. '  "accessToken": "a-token",\n'
        .. '  "expiresAt": "2080-10-16T03:56:45Z",\n'
        .. '  "startUrl": "https://ssotest.awsapps.com/start"\n'
        .. "}\n",
    },
    exchanges = {
      {
        method = "GET",
        url =
          "https://portal.sso.us-east-2.amazonaws.com/federation/credentials?account_id=123456789&"
          .. "role_name=MySsoRole",
        headers = { ["x-amz-sso_bearer_token"] = "a-token" },
        reply = { status = 503 },
      },
    },
    error = "an error occurred while loading credentials",
  },
  {
    name = "web_identity_source_profile_no_env",
    variables = { HOME = "/home", AWS_ROLE_ARN = "arn:aws:iam::123456789:role/RoleB", AWS_PROFILE = "A" },
    files = {
      ["token.jwt"] = "sometoken\n",
      ["home/.aws/config"] =
        "[profile A]\n"
        .. "role_arn = arn:aws:iam::123456789:role/RoleA\n"
        .. "source_profile = B\n"
        .. "\n"
        .. "[profile B]\n"
        .. "web_identity_token_file = /token.jwt\n",
    },
    error = "`web_identity_token_file` was specified but `role_arn` was missing",
  },
  {
    name = "web_identity_token_env",
    variables = {
      AWS_WEB_IDENTITY_TOKEN_FILE = "/token.jwt", AWS_ROLE_ARN = "arn:aws:iam::123456789012:role/test-role",
      AWS_ROLE_SESSION_NAME = "test-session", AWS_REGION = "eu-west-1",
    },
    files = {
      ["token.jwt"] =
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJPbmxpbmUgSldUIEJ1aWxkZXIiLCJpYXQiOjE2MjkxNDM3NjEsImV4c"
        .. "CI6MTY2MDY3OTc2MSwiYXVkIjoid3d3LmV4YW1wbGUuY29tIiwic3ViIjoicnVzdC1zZGstdGVzdEBleGFtcGxlLmNvbSIsIlJvbGU"
        .. "iOiJTREsgVGVzdCJ9.Cx9Ko-ssGIJ5BM798_Jgo9f--lEsSNKCAjBxv-0qQQQ\n",
    },
    exchanges = {
      {
        method = "POST", url = "https://sts.eu-west-1.amazonaws.com/",
        headers = { ["content-type"] = "application/x-www-form-urlencoded" },
        form = {
          Action = "AssumeRoleWithWebIdentity", Version = "2011-06-15", RoleArn = ANY, RoleSessionName = ANY,
          WebIdentityToken = ANY,
        },
        reply = {
          status = 200,
          headers = {
            ["content-type"] = "text/xml", ["x-amzn-requestid"] = "f874b1d6-2f3b-4834-907a-6a7c4b3b2d35",
          },
          body =
            '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n'
            .. "  <AssumeRoleWithWebIdentityResult>\n"
            .. "    <Audience>my-cluster.sk1.us-west-2.eks.amazonaws.com</Audience>\n"
            .. "    <AssumedRoleUser>\n"
            .. "      <AssumedRoleId>AROARTEST:test-session</AssumedRoleId>\n"
            .. "      <Arn>arn:aws:sts::123456789012:assumed-role/sdk-test/test-session</Arn>\n"
            .. "    </AssumedRoleUser>\n"
            .. "    <Provider>arn:aws:iam::123456789012:oidc-provider/s3-us-west-2.amazonaws.com/oidc-test-testbuc"
            .. "ket</Provider>\n"
            .. "    <Credentials>\n"
            .. "      <AccessKeyId>AKIDTEST</AccessKeyId>\n"
            .. "      <SecretAccessKey>SECRETKEYTEST</SecretAccessKey>\n"
            .. "      <SessionToken>SESSIONTOKEN_TEST</SessionToken>\n"
            .. "      <Expiration>2021-08-16T20:52:53Z</Expiration>\n"
            .. "    </Credentials>\n"
            .. "    <SubjectFromWebIdentityToken>system:serviceaccount:default:default</SubjectFromWebIdentityToke"
            .. "n>\n"
            .. "  </AssumeRoleWithWebIdentityResult>\n"
            .. "  <ResponseMetadata>\n"
            .. "    <RequestId>f874b1d6-2f3b-4834-907a-6a7c4b3b2d35</RequestId>\n"
            .. "  </ResponseMetadata>\n"
            .. "</AssumeRoleWithWebIdentityResponse>\n",
        },
      },
    },
    credentials = {
      access_key_id = "AKIDTEST", secret_access_key = "SECRETKEYTEST", session_token = "SESSIONTOKEN_TEST",
      account_id = "123456789012", expires = 1629147173,
    },
  },
  {
    name = "web_identity_token_invalid_jwt",
    variables = { AWS_REGION = "us-east-1", AWS_PROFILE = "A", HOME = "/home" },
    files = {
      ["token.jwt"] =
        "eyJhbGciOiJSUzI1NiIsImtpZCI6IjQxOTg5NTBhMWU0Y2U3YjIxZDRhYTBjNTRkM2EzNmFhZGI0ZWRiOTcifQ.eyJhdWQiOlsibXk"
        .. "tY2x1c3Rlci5zazEudXMtd2VzdC0yLmVrcy5hbWF6b25hd3MuY29tIl0sImV4cCI6MTYyOTIyODE2MSwiaWF0IjoxNjI5MTQxNzYxL"
        .. "CJpc3MiOiJodHRwczovL3MzLXVzLXdlc3QtMi5hbWF6b25hd3MuY29tL29pZGMtdGVzdC10enpvdGJ3bXpud2ltdXJjYmtlYm5kcHh"
        .. "haW1peGJrYyIsImt1YmVybmV0ZXMuaW8iOnsiYm91bmRPYmplY3RSZWYiOnsiYXBpVmVyc2lvbiI6InYxIiwia2luZCI6IlBvZCIsI"
        .. "m5hbWUiOiJteS1wb2QteHZmZyIsInVpZCI6ImZiZmRlMTZiLTYwNDYtNDZlNS1hZDAzLTVkYWRlMjRiYzBhMiJ9LCJzZXJ2aWNlQWN"
        .. "jb3VudFVJRCI6IjEwMTRmY2QzLTg2MDktNDgwOC05M2JkLWZiMDQzMzdkMjVjYiJ9LCJuYmYiOjE2MjkxNDE3NjEsInN1YiI6InN5c"
        .. "3RlbTpzZXJ2aWNlYWNjb3VudDpkZWZhdWx0OmRlZmF1bHQifQ.R3W4H0Lj-XQdY_PVJ8HGrCcb0__ouFcvgNxs_e--t-fVrPbuBqTy"
        .. "aG1on1RMQtI1SWyDviS85w_cPVi7F-0kSR93hWtZGtwO_iHmOJQzxD-MEgxyUgW9ZGakQAaxVeaV5981B3ejgcaDOFGwUw3PLCU8LZ"
        .. "wy-AxKGfPXCqkK0aA\n",
      ["home/.aws/config"] =
        "[profile A]\n"
        .. "role_arn = arn:aws:iam::123456789:role/RoleA\n"
        .. "source_profile = B\n"
        .. "[profile B]\n"
        .. "role_arn = arn:aws:iam::123456789:role/RoleB\n"
        .. "web_identity_token_file = /token.jwt\n",
    },
    exchanges = {
      {
        method = "POST", url = "https://sts.us-east-1.amazonaws.com/",
        headers = { ["content-type"] = "application/x-www-form-urlencoded" },
        form = {
          Action = "AssumeRoleWithWebIdentity", Version = "2011-06-15", RoleArn = ANY, RoleSessionName = ANY,
          WebIdentityToken = ANY,
        },
        reply = {
          status = 400,
          headers = {
            ["content-type"] = "text/xml", ["x-amzn-requestid"] = "5045ca91-d123-4749-9d66-00a3c906be6c",
          },
          body =
            '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n'
            .. "  <Error>\n"
            .. "    <Type>Sender</Type>\n"
            .. "    <Code>InvalidIdentityToken</Code>\n"
            .. "    <Message>No OpenIDConnect provider found in your account for "
            .. "https://s3-us-west-2.amazonaws.com/oidc-test-tzzotbwmznwimurcbkebndpxaimixbkc</Message>\n"
            .. "  </Error>\n"
            .. "  <RequestId>5045ca91-d123-4749-9d66-00a3c906be6c</RequestId>\n"
            .. "</ErrorResponse>\n",
        },
      },
    },
    error = "InvalidIdentityTokenException: No OpenIDConnect provider found in your account",
  },
  {
    name = "web_identity_token_profile",
    variables = { AWS_REGION = "us-east-1", AWS_PROFILE = "A", HOME = "/home" },
    files = {
      ["token.jwt"] = "sometoken\n",
      ["home/.aws/config"] =
        "[profile A]\n"
        .. "role_arn = arn:aws:iam::1234567890123:role/RoleA\n"
        .. "web_identity_token_file = /token.jwt\n",
    },
    exchanges = {
      {
        method = "POST", url = "https://sts.us-east-1.amazonaws.com/",
        headers = { ["content-type"] = "application/x-www-form-urlencoded" },
        form = {
          Action = "AssumeRoleWithWebIdentity", Version = "2011-06-15", RoleArn = ANY, RoleSessionName = ANY,
          WebIdentityToken = ANY,
        },
        reply = {
          status = 200,
          headers = {
            ["content-type"] = "text/xml", ["x-amzn-requestid"] = "bcbd8b6a-8a55-4610-b2d7-455d198bc197",
          },
          body =
            '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n'
            .. "  <AssumeRoleWithWebIdentityResult>\n"
            .. "    <Audience>my-cluster.sk1.us-west-2.eks.amazonaws.com</Audience>\n"
            .. "    <AssumedRoleUser>\n"
            .. "      <AssumedRoleId>AROARABCDEFGHIJKLMNOP:web-identity-token-profile-1629230104118</AssumedRoleId"
            .. ">\n"
            .. "      <Arn>arn:aws:sts::123456789012:assumed-role/s3-reader/web-identity-token-profile-16292301041"
            .. "18</Arn>\n"
            .. "    </AssumedRoleUser>\n"
            .. "    <Provider>arn:aws:iam::123456789012:oidc-provider/s3-us-west-2.amazonaws.com/oidc-test-cdmhfjg"
            .. "xzauxyyfmqpizcquyfjirrdoo</Provider>\n"
            .. "    <Credentials>\n"
            .. "      <AccessKeyId>ASIARABCDEFGHIJKLMNOP</AccessKeyId>\n"
            .. "      <SecretAccessKey>TESTSECRET</SecretAccessKey>\n"
            .. "      <SessionToken>TESTSESSIONTOKEN</SessionToken>\n"
            .. "      <Expiration>2021-08-17T20:55:04Z</Expiration>\n"
            .. "    </Credentials>\n"
            .. "    <SubjectFromWebIdentityToken>system:serviceaccount:default:default</SubjectFromWebIdentityToke"
            .. "n>\n"
            .. "  </AssumeRoleWithWebIdentityResult>\n"
            .. "  <ResponseMetadata>\n"
            .. "    <RequestId>bcbd8b6a-8a55-4610-b2d7-455d198bc197</RequestId>\n"
            .. "  </ResponseMetadata>\n"
            .. "</AssumeRoleWithWebIdentityResponse>\n",
        },
      },
    },
    credentials = {
      access_key_id = "ASIARABCDEFGHIJKLMNOP", secret_access_key = "TESTSECRET",
      session_token = "TESTSESSIONTOKEN", account_id = "123456789012", expires = 1629233704,
    },
  },
  {
    name = "web_identity_token_source_profile",
    variables = { AWS_REGION = "us-east-1", AWS_PROFILE = "A", HOME = "/home" },
    files = {
      ["token.jwt"] = "sometoken\n",
      ["home/.aws/config"] =
        "[profile A]\n"
        .. "role_arn = arn:aws:iam::123456789:role/RoleA\n"
        .. "source_profile = B\n"
        .. "[profile B]\n"
        .. "role_arn = arn:aws:iam::123456789012:role/s3-reader\n"
        .. "web_identity_token_file = /token.jwt\n",
    },
    exchanges = {
      {
        method = "POST", url = "https://sts.us-east-1.amazonaws.com/",
        headers = { ["content-type"] = "application/x-www-form-urlencoded" },
        form = {
          Action = "AssumeRoleWithWebIdentity", Version = "2011-06-15", RoleArn = ANY, RoleSessionName = ANY,
          WebIdentityToken = ANY,
        },
        reply = {
          status = 200,
          headers = {
            ["content-type"] = "text/xml", ["x-amzn-requestid"] = "bcbd8b6a-8a55-4610-b2d7-455d198bc197",
          },
          body =
            '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n'
            .. "  <AssumeRoleWithWebIdentityResult>\n"
            .. "    <Audience>my-cluster.sk1.us-west-2.eks.amazonaws.com</Audience>\n"
            .. "    <AssumedRoleUser>\n"
            .. "      <AssumedRoleId>AROARABCDEFGHIJKLMNOP:web-identity-token-profile-1629230104118</AssumedRoleId"
            .. ">\n"
            .. "      <Arn>arn:aws:sts::123456789012:assumed-role/s3-reader/web-identity-token-profile-16292301041"
            .. "18</Arn>\n"
            .. "    </AssumedRoleUser>\n"
            .. "    <Provider>arn:aws:iam::123456789012:oidc-provider/s3-us-west-2.amazonaws.com/oidc-test-cdmhfjg"
            .. "xzauxyyfmqpizcquyfjirrdoo</Provider>\n"
            .. "    <Credentials>\n"
            .. "      <AccessKeyId>ASIARABCDEFGHIJKLMNOP</AccessKeyId>\n"
            .. "      <SecretAccessKey>TESTSECRET</SecretAccessKey>\n"
            .. "      <SessionToken>TESTSESSIONTOKEN</SessionToken>\n"
            .. "      <Expiration>2021-08-17T20:55:04Z</Expiration>\n"
            .. "    </Credentials>\n"
            .. "    <SubjectFromWebIdentityToken>system:serviceaccount:default:default</SubjectFromWebIdentityToke"
            .. "n>\n"
            .. "  </AssumeRoleWithWebIdentityResult>\n"
            .. "  <ResponseMetadata>\n"
            .. "    <RequestId>bcbd8b6a-8a55-4610-b2d7-455d198bc197</RequestId>\n"
            .. "  </ResponseMetadata>\n"
            .. "</AssumeRoleWithWebIdentityResponse>\n",
        },
      },
      {
        method = "POST", url = "https://sts.us-east-1.amazonaws.com/",
        headers = { ["content-type"] = "application/x-www-form-urlencoded" },
        signed = true,
        form = { Action = "AssumeRole", Version = "2011-06-15", RoleArn = ANY, RoleSessionName = ANY },
        reply = {
          status = 200,
          headers = {
            ["content-type"] = "text/xml", ["x-amzn-requestid"] = "a91154b8-3427-402d-8053-7c0ad696bbfd",
          },
          body =
            '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n'
            .. "  <AssumeRoleResult>\n"
            .. "    <AssumedRoleUser>\n"
            .. "      <AssumedRoleId>AROARABCDEFGHIJKLMNOP:assume-role-provider-session</AssumedRoleId>\n"
            .. "      <Arn>arn:aws:sts::123456789012:assumed-role/integration-test/assume-role-provider-session</A"
            .. "rn>\n"
            .. "    </AssumedRoleUser>\n"
            .. "    <Credentials>\n"
            .. "      <AccessKeyId>ASIARTESTID</AccessKeyId>\n"
            .. "      <SecretAccessKey>TESTSECRETKEY</SecretAccessKey>\n"
            .. "      <SessionToken>TESTSESSIONTOKEN</SessionToken>\n"
            .. "      <Expiration>2021-08-05T19:58:02Z</Expiration>\n"
            .. "    </Credentials>\n"
            .. "  </AssumeRoleResult>\n"
            .. "  <ResponseMetadata>\n"
            .. "    <RequestId>c2e971c2-702d-4124-9b1f-1670febbea18</RequestId>\n"
            .. "  </ResponseMetadata>\n"
            .. "</AssumeRoleResponse>\n",
        },
      },
    },
    credentials = {
      access_key_id = "ASIARTESTID", secret_access_key = "TESTSECRETKEY", session_token = "TESTSESSIONTOKEN",
      account_id = "123456789012", expires = 1628193482,
    },
  },
}
