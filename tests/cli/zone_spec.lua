-- Dates under a zone file that counts leap seconds, which libc's functions then count, too.

local helper = require "helper"
local json = require "lanyard.json"

local ZONE = "/usr/share/zoneinfo/right/UTC"
local SERVICE = "my-container-service"

describe("a date in the zone right/UTC", function()
  if not helper.exists(ZONE) then
    pending("cannot be tested: this machine has no " .. ZONE)
    return
  end

  local function run(emulator, words, environment)
    local all = { TZ = "right/UTC" }
    for name, value in pairs(environment or {}) do all[name] = value end
    local result = emulator:run(words, all)
    assert.equal("", result.err)
    return result
  end

  it("is written and read as the same time", function()
    local result = helper.run({ helper.lanyard, "-e", [[
      local timestamp = require "lanyard.text.timestamp"
      for day = 0, 2932896, 97 do
        local text = timestamp.format(day * 86400)
        if text:sub(11) ~= "T00:00:00Z" or timestamp.parse(text) ~= day * 86400 then error(text) end
      end
      print(timestamp.parse "2027-01-31T00:00:00Z", timestamp.parse_http "Sun, 31 Jan 2027 00:00:00 GMT")]] },
      { TZ = "right/UTC" })
    assert.equal("", result.err)
    assert.equal("1801353600\t1801353600\n", result.out)
  end)

  it("of a signature and of a reply is AWS's", function()
    local emulator <close> = helper.emulator()
    local result = run(emulator, { "-e", [[
      local sigv4 = require "lanyard.sigv4"
      local keys = require("lanyard.credentials").new { access_key_id = "AKIA", secret_access_key = "s" }
      local added = sigv4.sign { method = "GET", url = "https://sts.amazonaws.com/", headers = {}, body = "",
        time = 1801353600, credentials = keys, region = "us-east-1", service = "sts" }
      for name, value in pairs(added) do if name:lower() == "x-amz-date" then print(value) end end
      local httpd, http = require "lanyard.httpd", require "lanyard.http"
      local timestamp = require "lanyard.text.timestamp"
      local server = assert(httpd.serve { port = 0, handler = function() return { status = 200, body = "" } end })
      local reply = assert(http.request { url = server.url, method = "GET" })
      local behind = require("lanyard.system").time() - timestamp.parse_http(reply.headers.date)
      print(behind > -5 and behind < 15)
      server:close()]] })
    assert.equal("20270131T000000Z\ntrue\n", result.out)
  end)

  it("ends a grant", function()
    local emulator <close> = helper.emulator()
    assert.equal(0, run(emulator, { "grant", SERVICE, "my-private-repo", "--enable", "--expires", "2027-01-31" }).status)
    local status = run(emulator, { "status", SERVICE, "--output", "json" })
    assert.equal("2027-01-31T00:00:00Z", json.decode(status.out)[1].expires["my-private-repo"])
    local arn = json.decode(status.out)[1].principalArn

    local folder <close> = helper.folder()
    helper.write(folder .. "/policy.json", json.encode { Version = "2012-10-17", Statement = { {
      Effect = "Allow", Principal = { AWS = arn }, Action = { "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer" },
      Condition = { DateLessThan = { ["aws:CurrentTime"] = "2020-01-01T00:00:00Z" } } } } })
    assert.equal(0, run(emulator, { "-e", [[
      local ecr = require("lanyard.aws").client "ecr"
      local file = io.open(...)
      assert(ecr:SetRepositoryPolicy { repositoryName = "shared-repo", policyText = file:read "a" })]],
      folder .. "/policy.json" }).status)
    local audit = run(emulator, { "audit", "shared-repo", "--output", "json" })
    assert.match("expired%-grant", audit.out)
    assert.match("expired on 2020%-01%-01 and", audit.out)
    local rows = json.decode(run(emulator, { "revoke", "--expired", "--output", "json" }).out)
    local results = {}
    for _, row in ipairs(rows) do results[row.repository] = row.result end
    assert.same({ ["my-private-repo"] = "unchanged", ["shared-repo"] = "revoked" }, results)
  end)
end)
