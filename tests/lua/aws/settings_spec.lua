local aws = require "lanyard.aws"
local helper = require "helper"
local httpd = require "lanyard.httpd"
local settings = require "lanyard.aws.settings"
local system = require "lanyard.system"

-- Runs f(folder) with a home folder with this config file, and with these AWS variables only.
local function with(config, variables, f)
  local folder <close> = helper.folder()
  local before = {}
  local function set(name, value)
    before[name] = before[name] or { os.getenv(name) }
    system.setenv(name, value)
  end
  os.execute("mkdir -p " .. folder .. "/.aws")
  helper.write(folder .. "/.aws/config", config)
  for line in io.popen("env"):lines() do
    local name = line:match "^(AWS_[%w_]+)="
    if name then
      set(name, nil)
    end
  end
  set("HOME", folder.path)
  for name, value in pairs(variables) do
    set(name, value)
  end
  local ok, err = pcall(f, folder)
  for name, value in pairs(before) do
    system.setenv(name, value[1])
  end
  if not ok then error(err, 0) end
end

local function profile_of(values)
  return { name = "ops", values = values, services = {}, paths = {} }
end

local function message_of(_, err)
  return tostring(err)
end

describe("settings.get", function()
  it("uses the given value, then the environment's, then the profile's, and returns the source", function()
    local profile = profile_of { retry_mode = "legacy" }
    with("", { AWS_RETRY_MODE = "adaptive" }, function()
      assert.same({ "standard", "retry_mode" }, { settings.get("retry_mode", profile, "standard") })
      assert.same({ "adaptive", "AWS_RETRY_MODE" }, { settings.get("retry_mode", profile) })
      system.setenv("AWS_RETRY_MODE", "")
      assert.same({ "legacy", "retry_mode of profile 'ops'" }, { settings.get("retry_mode", profile) })
      assert.is_nil(settings.get("retry_mode", profile_of {}))
    end)
  end)

  it("ignores the environment for an isolated profile", function()
    with("", { AWS_RETRY_MODE = "adaptive" }, function()
      assert.is_nil(settings.get("retry_mode", { name = "default", isolated = true, values = {} }))
    end)
  end)

  it("accepts words in upper case", function()
    assert.is_true(settings.get("fips", profile_of { use_fips_endpoint = "TRUE" }))
    assert.is_false(settings.get("fips", profile_of { use_fips_endpoint = "False" }))
    assert.equal("adaptive", settings.get("retry_mode", profile_of { retry_mode = "Adaptive" }))
  end)

  it("reports the source, the value and what is expected if a value is invalid", function()
    for _, case in ipairs {
      { "fips", "use_fips_endpoint", "yes", "use_fips_endpoint of profile 'ops' is 'yes': true or false is expected" },
      { "retry_mode", "retry_mode", "fast",
        "retry_mode of profile 'ops' is 'fast': standard, adaptive or legacy is expected" },
      { "sts_endpoints", "sts_regional_endpoints", "global",
        "sts_regional_endpoints of profile 'ops' is 'global': regional or legacy is expected" },
      { "max_attempts", "max_attempts", "0", "max_attempts of profile 'ops' is '0': a whole number of at least 1 is expected" },
      { "max_attempts", "max_attempts", "1.5",
        "max_attempts of profile 'ops' is '1.5': a whole number of at least 1 is expected" },
      { "ca_bundle", "ca_bundle", "/nonexistent",
        "ca_bundle of profile 'ops' is '/nonexistent': a readable file that is not empty is expected" },
      { "region", "region", { nested = "value" },
        "region of profile 'ops' is '...': a value on one line is expected" },
      { "retry_mode", "retry_mode", ("x\n"):rep(99),
        "retry_mode of profile 'ops' is '" .. ("x?"):rep(30) .. "...': standard, adaptive or legacy is expected" },
    } do
      with("", {}, function()
        assert.equal(case[4], message_of(settings.get(case[1], profile_of { [case[2]] = case[3] })))
      end)
    end
  end)

  it("rejects a folder as a bundle of certificates", function()
    with("", {}, function()
      local _, err = settings.get("ca_bundle", profile_of { ca_bundle = "/tmp" })
      assert.matches("^ca_bundle of profile 'ops' is '/tmp': a readable file", err.message)
    end)
  end)
end)

describe("the settings of a session", function()
  it("apply to its clients", function()
    local bundle = helper.folder()
    helper.write(bundle .. "/bundle.pem", "certificates")
    with(("[default]\nregion = eu-west-1\nretry_mode = adaptive\nmax_attempts = 7\nsdk_ua_app_id = my app\n"
      .. "ca_bundle = %s/bundle.pem\nuse_dualstack_endpoint = true\n"):format(bundle), {}, function()
      local session = assert(aws.session { connect_timeout = 0, timeout = 2.5 })
      assert.equal("adaptive", session.options.retry_mode)
      assert.equal(7, session.options.max_attempts)
      assert.equal(bundle .. "/bundle.pem", session.options.ca_bundle)
      assert.equal(math.huge, session.options.connect_timeout)
      assert.equal(2.5, session.options.timeout)
      local ecr = assert(session:client "ecr")
      assert.equal("https://ecr.eu-west-1.api.aws", ecr.endpoint)
      assert.matches("^lanyard/%S+ .* app/my%-app$", ecr.user_agent)
    end)
    getmetatable(bundle).__close()
  end)

  it("have the standard defaults", function()
    with("", {}, function()
      local session = assert(aws.session { region = "us-east-1" })
      assert.equal("standard", session.options.retry_mode)
      assert.equal(3, session.options.max_attempts)
      assert.not_matches("app/", assert(session:client "ecr").user_agent)
    end)
  end)

  it("are adaptive for many calls, unless a setting says otherwise", function()
    with("", {}, function()
      local session = assert(aws.session { region = "us-east-1", many_calls = true })
      assert.equal("adaptive", session.options.retry_mode)
      assert.equal(8, session.options.max_attempts)
    end)
    with("", { AWS_RETRY_MODE = "standard", AWS_MAX_ATTEMPTS = "2" }, function()
      local session = assert(aws.session { region = "us-east-1", many_calls = true })
      assert.equal("standard", session.options.retry_mode)
      assert.equal(2, session.options.max_attempts)
    end)
  end)

  it("prefer AWS_PROFILE over AWS_DEFAULT_PROFILE", function()
    with("[profile a]\nregion = eu-west-1\n[profile b]\nregion = eu-west-2\n", { AWS_DEFAULT_PROFILE = "b" }, function()
      assert.equal("eu-west-2", aws.session().region)
      system.setenv("AWS_PROFILE", "a")
      local region = aws.session().region
      system.setenv("AWS_PROFILE", nil)
      assert.equal("eu-west-1", region)
    end)
  end)

  it("select STS's global endpoint for an old Region with legacy", function()
    with("", { AWS_STS_REGIONAL_ENDPOINTS = "legacy" }, function()
      local sts = aws.client("sts", { region = "eu-west-1" })
      assert.equal("https://sts.amazonaws.com", sts.endpoint)
      assert.equal("us-east-1", sts.signing_region)
      assert.equal("https://sts.eu-south-1.amazonaws.com", aws.client("sts", { region = "eu-south-1" }).endpoint)
    end)
  end)
end)

describe("the Region of a session", function()
  -- Runs f(asked) with an instance metadata service that replies to requests for the Region.
  local function with_instance(reply, variables, f)
    local asked = {}
    local server = assert(httpd.serve { handler = function(request)
      asked[#asked + 1] = request.method .. " " .. request.path
      if request.method == "PUT" then
        return { status = 200, headers = { ["X-aws-ec2-metadata-token-ttl-seconds"] = "60" }, body = "token" }
      end
      return reply
    end })
    variables.AWS_EC2_METADATA_SERVICE_ENDPOINT = server.url
    local ok, err = pcall(with, "", variables, function() f(asked) end)
    server.close()
    if not ok then error(err, 0) end
  end

  it("is the instance's if no setting has one", function()
    with_instance({ status = 200, body = "eu-south-2" }, {}, function(asked)
      local session = assert(aws.session())
      assert.equal("eu-south-2", session.region)
      assert.equal("the EC2 instance", session.sources.region)
      assert.same({ "PUT /latest/api/token", "GET /latest/meta-data/placement/region" }, asked)
    end)
  end)

  it("is not requested if it is set, or if the service is disabled", function()
    with_instance({ status = 200, body = "eu-south-2" }, { AWS_REGION = "us-east-1" }, function(asked)
      assert.equal("us-east-1", aws.session().region)
      assert.same({}, asked)
    end)
    with_instance({ status = 200, body = "eu-south-2" }, { AWS_EC2_METADATA_DISABLED = "true" }, function(asked)
      local _, err = aws.session()
      assert.equal("NoRegion", err.code)
      assert.equal("the Region of an EC2 instance is not available: AWS_EC2_METADATA_DISABLED is true", err.tip)
      assert.same({}, asked)
    end)
  end)

  it("is rejected if the instance returns an invalid one", function()
    with_instance({ status = 200, body = "<html>" }, {}, function()
      local session, err = aws.session()
      assert.is_nil(session)
      assert.matches("returned an invalid Region", err.message)
    end)
  end)

  it("is missing with a message that there is no instance", function()
    with("", { AWS_EC2_METADATA_SERVICE_ENDPOINT = "http://127.0.0.1:1" }, function()
      local _, err = aws.session()
      assert.equal("NoRegion", err.code)
      assert.matches("not available: no reply from the instance metadata service at http://127%.0%.0%.1:1", err.tip)
    end)
  end)
end)

local SERVICES = [[
[default]
region = eu-west-1
endpoint_url = http://all.example
services = mine
[services mine]
sso_oidc =
  endpoint_url = http://oidc.example
ecr =
  endpoint_url = http://ecr.example
]]

local function endpoint_of(service)
  local found, err = aws.session():endpoint(service)
  return found and found.url or err.message, found and found.source
end

describe("a configured endpoint", function()
  it("is the service's own before the general one, the environment's before the profile's", function()
    with(SERVICES, {}, function()
      assert.same({ "http://oidc.example", "endpoint_url of sso_oidc in [services mine]" }, { endpoint_of "sso-oidc" })
      assert.same({ "http://all.example", "endpoint_url of profile 'default'" }, { endpoint_of "sts" })
    end)
    with(SERVICES, { AWS_ENDPOINT_URL_SSO_OIDC = "http://env.oidc.example" }, function()
      assert.same({ "http://env.oidc.example", "AWS_ENDPOINT_URL_SSO_OIDC" }, { endpoint_of "sso-oidc" })
      assert.equal("http://ecr.example", (endpoint_of "ecr"))
    end)
    with(SERVICES, { AWS_ENDPOINT_URL_SECRETS_MANAGER = "http://secrets.example" }, function()
      assert.same({ "http://secrets.example", "AWS_ENDPOINT_URL_SECRETS_MANAGER" }, { endpoint_of "secretsmanager" })
    end)
    with(SERVICES, { AWS_ENDPOINT_URL = "http://env.example" }, function()
      assert.same({ "http://env.example", "AWS_ENDPOINT_URL" }, { endpoint_of "ecr" })
    end)
  end)

  it("is ignored if the environment or the profile says so", function()
    with(SERVICES, { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS = "true" }, function()
      assert.equal("https://api.ecr.eu-west-1.amazonaws.com", (endpoint_of "ecr"))
      assert.equal("http://given.example", aws.session({ endpoint_url = "http://given.example" }):endpoint("ecr").url)
    end)
    with(SERVICES:gsub("region", "ignore_configured_endpoint_urls = true\nregion"), {}, function()
      assert.equal("https://api.ecr.eu-west-1.amazonaws.com", (endpoint_of "ecr"))
    end)
  end)

  it("reports a missing services section", function()
    with("[default]\nregion = eu-west-1\nservices = mine\n", {}, function(folder)
      assert.equal(("services of profile 'default' is 'mine', but %s/.aws/config has no section [services mine]")
        :format(folder), (endpoint_of "ecr"))
    end)
  end)

  it("can have a scheme, a host and a path only", function()
    with("[default]\nregion = eu-west-1\n", { AWS_ENDPOINT_URL = "https://proxy.example:8443/aws/ecr" }, function()
      assert.equal("https://proxy.example:8443/aws/ecr", (endpoint_of "ecr"))
      for _, url in ipairs { "HTTP://host:65535", "http://[::1]:8080/a", "https://[fe80::1%25eth0]" } do
        system.setenv("AWS_ENDPOINT_URL", url)
        assert.equal(url, (endpoint_of "ecr"))
      end
      for _, url in ipairs { "ftp://host", "host:80", "https://", "https://host/?a=b", "https://host/#a", "http://a b",
        "http://host:", "http://host:65536", "http://host:99999999999999999999", "http://host:80:90", "http://host:x", "http://:80",
        "http://[::1", "http://[::1]80", "http://[]", "http://::1" } do
        system.setenv("AWS_ENDPOINT_URL", url)
        assert.equal(("AWS_ENDPOINT_URL is '%s', which is not an endpoint: write https://host or http://host:port")
          :format(url), (endpoint_of "ecr"))
      end
    end)
  end)

  it("is rejected with a user or password in it, and not printed", function()
    with("[default]\nregion = eu-west-1\n", {}, function()
      for _, url in ipairs { "http://user:hidden@host", "hidden@host", "ftp://:hidden@host" } do
        system.setenv("AWS_ENDPOINT_URL_ECR", url)
        local message = endpoint_of "ecr"
        local _, err = aws.session { endpoint_url = url }
        system.setenv("AWS_ENDPOINT_URL_ECR", nil)
        assert.matches("^AWS_ENDPOINT_URL_ECR contains a user or a password", message)
        assert.matches("^the endpoint URL contains a user or a password", err.message)
        assert.not_matches("hidden", message .. err.message)
      end
    end)
  end)

  it("is used as it is with FIPS and dual-stack, which change AWS's own endpoints only", function()
    for _, variables in ipairs { { AWS_USE_FIPS_ENDPOINT = "true" }, { AWS_USE_DUALSTACK_ENDPOINT = "true" },
      { AWS_USE_FIPS_ENDPOINT = "true", AWS_USE_DUALSTACK_ENDPOINT = "true", AWS_STS_REGIONAL_ENDPOINTS = "legacy" } } do
      with(SERVICES, variables, function()
        assert.same({ "http://ecr.example", "endpoint_url of ecr in [services mine]" }, { endpoint_of "ecr" })
        assert.equal("http://given.example", aws.session({ endpoint_url = "http://given.example" }):endpoint("sts").url)
        local sts = assert(aws.client "sts")
        assert.same({ "http://all.example", "eu-west-1" }, { sts.endpoint, sts.signing_region })
      end)
      with("[default]\nregion = us-east-1\n", variables, function()
        assert.not_equal("https://api.ecr.us-east-1.amazonaws.com", (endpoint_of "ecr"))
      end)
    end
  end)
end)
