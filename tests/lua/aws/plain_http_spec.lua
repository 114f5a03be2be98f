local aws = require "lanyard.aws"
local credentials = require "lanyard.credentials"
local helper = require "helper"
local plain_http = require "lanyard.aws.plain_http"
local system = require "lanyard.system"

local VARIABLES = { "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_EC2_METADATA_SERVICE_ENDPOINT", "HTTPS_PROXY",
  "https_proxy", "http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE" }

-- Returns what the settings expose, as "SETTING: WHAT to HOST [SERVICES]" lines.
local function exposed(variables, options)
  local before = {}
  for _, name in ipairs(VARIABLES) do
    before[name] = os.getenv(name)
    system.setenv(name, variables[name])
  end
  local session, err = aws.session {
    region = "us-east-1", endpoint_url = options and options.endpoint_url,
    credentials = credentials.new { access_key_id = helper.ACCESS_KEY, secret_access_key = helper.SECRET_KEY },
  }
  local lines = {}
  for i, one in ipairs(session and plain_http.exposed(session) or {}) do
    lines[i] = ("%s: %s to %s [%s]"):format(one.setting, one.what, one.host, table.concat(one.services or {}, " "))
  end
  for _, name in ipairs(VARIABLES) do
    system.setenv(name, before[name])
  end
  assert(session, err)
  return lines
end

describe("plain http", function()
  it("to this machine, the metadata service or over https exposes nothing", function()
    for _, url in ipairs { "https://example.com", "http://127.0.0.1:1", "http://127.8.9.1/x", "http://localhost:4566",
      "http://aws.localhost", "http://[::1]:80/", "HTTP://LOCALHOST", "http://169.254.169.254", "http://[fd00:ec2::254]" } do
      assert.is_nil(plain_http.host(url), url)
    end
    assert.same({}, exposed { HTTPS_PROXY = "https://user:hidden@proxy.example:1", AWS_ENDPOINT_URL = "http://localhost:1" })
  end)

  it("to another host is found, however the URL is written", function()
    for url, host in pairs { ["http://example.com"] = "example.com", ["HTTP://Example.com:80/x"] = "example.com",
      ["http://10.0.0.1:1"] = "10.0.0.1", ["http://127.0.0.1.example.com"] = "127.0.0.1.example.com",
      ["http://localhost@example.com/"] = "example.com", ["http://[2001:db8::1]:1"] = "[2001:db8::1]",
      ["http://localhost.example.com?x"] = "localhost.example.com" } do
      assert.equal(host, plain_http.host(url))
    end
  end)

  it("is found in every setting that names an endpoint", function()
    local all = table.concat(require("lanyard.aws.services").names(), " ")
    assert.same({ "the endpoint URL: requests and replies of AWS to a.example [" .. all .. "]" },
      exposed({ AWS_ENDPOINT_URL = "http://b.example" }, { endpoint_url = "http://a.example" }))
    assert.same({ "AWS_ENDPOINT_URL: requests and replies of AWS to a.example [" .. all .. "]" },
      exposed { AWS_ENDPOINT_URL = "http://a.example" })
    assert.same({ "AWS_ENDPOINT_URL_STS: requests and replies of AWS to a.example [sts]" },
      exposed { AWS_ENDPOINT_URL_STS = "http://a.example", AWS_ENDPOINT_URL = "https://b.example" })
    local folder <close> = helper.folder()
    helper.write(folder .. "/config", "[default]\nservices = own\n[services own]\necr =\n  endpoint_url = http://c.example\n")
    assert.same({ "endpoint_url of ecr in [services own]: requests and replies of AWS to c.example [ecr]" },
      exposed { AWS_CONFIG_FILE = folder .. "/config", AWS_SHARED_CREDENTIALS_FILE = folder .. "/none" })
    helper.write(folder .. "/config", "[default]\nendpoint_url = http://d.example\n")
    assert.matches("endpoint_url.*: requests and replies of AWS to d%.example", exposed({
      AWS_CONFIG_FILE = folder .. "/config", AWS_SHARED_CREDENTIALS_FILE = folder .. "/none" })[1])
  end)

  it("is found for the metadata service, and for a proxy with a password", function()
    assert.same({ "the endpoint of the EC2 metadata service: credentials to a.example []" },
      exposed { AWS_EC2_METADATA_SERVICE_ENDPOINT = "http://a.example" })
    assert.same({ "HTTPS_PROXY: the user and password of the proxy to p.example []" },
      exposed { HTTPS_PROXY = "http://user:hidden@p.example:3128" })
    assert.same({}, exposed { HTTPS_PROXY = "http://p.example:3128" })
  end)
end)
