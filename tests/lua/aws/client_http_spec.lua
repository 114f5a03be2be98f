-- Clients of a server, whose replies libcurl reads.

local aws = require "lanyard.aws"
local credentials = require "lanyard.credentials"
local helper = require "helper"
local httpd = require "lanyard.httpd"
local json = require "lanyard.json"

local KEY = credentials.new { access_key_id = "AKIDEXAMPLE", secret_access_key = "secret" }

-- Returns the output of a command for the given input.
local function piped(command, text)
  local folder <close> = helper.folder()
  helper.write(folder .. "/in", text)
  assert(os.execute(("%s <%s/in >%s/out"):format(command, folder, folder)))
  return helper.read(folder .. "/out")
end

-- A client of a server that gives this reply.
local function client_of(reply, options)
  local server = assert(httpd.serve { handler = function() return reply end })
  local session = assert(aws.session { region = "us-east-1", credentials = KEY, endpoint_url = server.url })
  return assert(session:client("ecr", options)), server
end

describe("a client over HTTP", function()
  local policy = json.encode { policyText = ("x"):rep(5000) }
  local whole = { status = 200, body = policy }
  local compressed = { status = 200, body = piped("gzip", policy), headers = { ["Content-Encoding"] = "gzip" } }

  it("reads a compressed reply", function()
    assert.is_true(#compressed.body < 200)
    local ecr, server = client_of(compressed)
    assert.equal(("x"):rep(5000), assert(ecr:GetRepositoryPolicy { repositoryName = "web" }).policyText)
    server.close()
  end)

  it("rejects a reply that is too large, compressed or not, without a retry", function()
    for _, reply in ipairs { whole, compressed } do
      local ecr, server = client_of(reply, { max_size = #policy })
      assert(ecr:GetRepositoryPolicy { repositoryName = "web" })
      server.close()
      ecr, server = client_of(reply, { max_size = #policy - 1 })
      local _, err = ecr:GetRepositoryPolicy { repositoryName = "web" }
      assert.equal("TooLarge", err.code)
      assert.equal("the reply is larger than the limit", err.message)
      assert.equal(1, err.attempts)
      server.close()
    end
  end)

  it("stops decompressing at 64 MiB", function()
    local bomb = piped("(head -c 200000000 /dev/zero | gzip)", "")
    assert.is_true(#bomb < 1024 * 1024)
    local ecr, server = client_of { status = 200, body = bomb, headers = { ["Content-Encoding"] = "gzip" } }
    local _, err = ecr:GetRepositoryPolicy { repositoryName = "web" }
    assert.equal("TooLarge", err.code)
    server.close()
  end)

  it("treats a damaged compressed reply as a lost connection", function()
    local body = compressed.body:sub(1, -9) .. ("\0"):rep(8) -- its checksum and length
    local ecr, server = client_of({ status = 200, body = body, headers = { ["Content-Encoding"] = "gzip" } },
      { max_attempts = 1 })
    local _, err = ecr:GetRepositoryPolicy { repositoryName = "web" }
    assert.is_true(err.retryable)
    assert.is_true(err.sent)
    server.close()
  end)

  it("returns the secrets of a sealed reply as secrets, and logs none", function()
    local log = {}
    local ecr, server = client_of({ status = 200, body =
      '{"authorizationData":[{"authorizationToken":"hidden","expiresAt":1}]}' },
      { sealed = true, debug = function(line) log[#log + 1] = line end })
    local token = assert(ecr:GetAuthorizationToken()).authorizationData[1]
    assert.equal("secret: ***", tostring(token.authorizationToken))
    assert.equal("was ***", credentials.redactor { token.authorizationToken }:redact "was hidden")
    assert.equal(1, token.expiresAt)
    assert.is_nil(table.concat(log):find("hidden", 1, true))
    server.close()
  end)

  it("rejects a sealed reply that is not JSON, and prints none of it", function()
    local ecr, server = client_of({ status = 200, body = '{"authorizationData":[{"authorizationToken":"hidden"' },
      { sealed = true })
    local reply, err = ecr:GetAuthorizationToken()
    assert.is_nil(reply)
    assert.equal("InvalidResponse", err.code)
    assert.is_nil(tostring(err):find("hidden", 1, true))
    server.close()
  end)

  it("reads the error of a sealed reply, also if it is not JSON", function()
    for body, code in pairs { ['{"__type":"ServerException","message":"m"}'] = "ServerException", ["<html>"] = "Http500" } do
      local ecr, server = client_of({ status = 500, body = body }, { sealed = true, max_attempts = 1 })
      local _, err = ecr:GetAuthorizationToken()
      assert.equal(code, err.code)
      server.close()
    end
  end)
end)
