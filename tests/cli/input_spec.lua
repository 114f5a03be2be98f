-- Bad input: each case prints one line or a few, exits with the right status, and prints no traceback.

local helper = require "helper"
local json = require "lanyard.json"

-- A server, in another lanyard process, that answers every request with the same bytes.
local function double(folder, body)
  helper.write(folder .. "/double.lua", ([[
    local httpd, task = require "lanyard.httpd", require "lanyard.task"
    local server = assert(httpd.serve { handler = function()
      return { status = 200, headers = { ["Content-Type"] = "application/x-amz-json-1.1" }, body = %q }
    end })
    print(server.url)
    io.stdout:flush()
    task.sleep(600)
  ]]):format(body))
  local pipe = assert(io.popen(("echo $$; exec %s %s/double.lua 2>/dev/null"):format(helper.lanyard, folder)))
  local pid, url = pipe:read "l", pipe:read "l"
  return url, setmetatable({}, { __close = function()
    os.execute("kill " .. pid)
    pipe:close()
  end })
end

local function environment(folder, more)
  local all = {
    AWS_ACCESS_KEY_ID = "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY = "hidden", AWS_REGION = "us-east-1",
    AWS_MAX_ATTEMPTS = "1", HOME = folder.path, XDG_STATE_HOME = folder .. "/state",
  }
  for name, value in pairs(more) do all[name] = value end
  return all
end

describe("bad input", function()
  it("from an endpoint that returns something other than JSON, or another type, is reported", function()
    for body, pattern in pairs {
      ["<html>login</html>"] = "not JSON",
      ['{"repositories": "many"}'] = "repositories of the reply is a string",
      ["null"] = "not a JSON object",
    } do
      local folder <close> = helper.folder()
      local url, server <close> = double(folder, body)
      local result = helper.run({ helper.lanyard, "audit" }, environment(folder, { AWS_ENDPOINT_URL = url }))
      assert.equal(1, result.status)
      assert.match("^lanyard: ecr:DescribeRepositories: ", result.err)
      assert.match(pattern, result.err)
      assert.not_match("traceback", result.err)
      assert.equal("", result.out)
      assert.truthy(server)
    end
  end)

  it("in a config file is reported with file and line; an unreadable file is named", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/config", "[default]\nregion\n")
    local result = helper.run({ helper.lanyard, "audit" }, environment(folder, { AWS_CONFIG_FILE = folder .. "/config" }))
    assert.equal(1, result.status)
    assert.match("^lanyard: [^\n]+/config: line 2: [^\n]+\n$", result.err)
    result = helper.run({ helper.lanyard, "audit" }, environment(folder, { AWS_CONFIG_FILE = folder.path }))
    assert.equal(1, result.status)
    assert.match("^lanyard: cannot read [^\n]+\n$", result.err)
    result = helper.run({ helper.lanyard, "audit", "--profile", "nobody" }, environment(folder, {}))
    assert.equal(1, result.status)
    assert.match("profile 'nobody' not found", result.err)
  end)

  it("on the command line is a usage error: a Region, an endpoint, an option of another command", function()
    local folder <close> = helper.folder()
    for _, words in ipairs {
      { "audit", "--region", "narnia" }, { "audit", "--endpoint-url", "localhost" }, { "status", "--revoke" },
      { "enable" }, { "grant", "web" }, { "grant", "web", "a", "--all" }, { "uri" }, { "undo" },
      { "audit", "--output", "toml" }, { "permissions", "extra" },
    } do
      local result = helper.run({ helper.lanyard, table.unpack(words) }, environment(folder, {}))
      assert.equal(2, result.status, table.concat(words, " ") .. ": " .. result.err)
      assert.match("^lanyard: [^\n]+\n$", result.err)
      assert.equal("", result.out)
    end
  end)

  it("on the command line is printed without control characters", function()
    local folder <close> = helper.folder()
    for _, words in ipairs {
      { "undo", "a\27[31m" }, { "undo", "\27[31m*" }, { "revoke", "--principal", "\27[31m", "r" }, { "undo", "--\27[31m" },
    } do
      local result = helper.run({ helper.lanyard, table.unpack(words) }, environment(folder, {}))
      assert.equal(2, result.status)
      assert.match("\\x1b%[31m", result.err)
      assert.falsy(result.err:find("\27", 1, true))
    end
  end)

  it("in a policy is reported with the repository, and the policy stays", function()
    local folder <close> = helper.folder()
    local state = folder .. "/state.json"
    local options = { "--state", state, "--activation-delay", "0" }
    do
      local emulator <close> = helper.emulator(options)
      emulator:run { "enable", "my-container-service" }
    end
    local bad = '{"Version":"2008-10-17","Statement":[],"Statement":[]}'
    local world = json.decode(helper.read(state))
    world.regions["us-east-1"].repositories["shared-repo"].policy = { text = bad, ids = {} }
    helper.write(state, json.encode(world))
    local emulator <close> = helper.emulator(options)
    -- The emulator treats a policy that it cannot read as no policy.
    local result = emulator:run { "grant", "my-container-service", "shared-repo", "my-private-repo" }
    assert.equal(1, result.status)
    assert.match("cannot parse the policy of repository 'shared%-repo': line 1, column %d+", result.err)
    assert.match("my%-private%-repo +granted", result.out)
    assert.match("shared%-repo +failed", result.out)
    assert.equal(bad, json.decode(helper.read(state)).regions["us-east-1"].repositories["shared-repo"].policy.text)
  end)

  it("in a truncated response is reported after the last attempt", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/faults.json", '[{"operation":"DescribeRepositories","cut":3}]')
    local emulator <close> = helper.emulator { "--faults", folder .. "/faults.json" }
    local result = emulator:run({ "audit" }, { AWS_MAX_ATTEMPTS = "2" })
    assert.equal(1, result.status)
    assert.match("^lanyard: ecr:DescribeRepositories: 127%.0%.0%.1:%d+: [^\n]+\n", result.err)
  end)
end)
