-- Commands with an answer of AWS that is well-formed JSON, but does not have what was requested.

local commands = require "commands" -- before all that prints
local json = require "lanyard.json"
local world = require "world"

local SERVICE = "my-container-service"

-- Runs a command whose DescribeRepositories are answered with a body, once the service has a grant.
local function run(body, words)
  local w <close> = world.new()
  assert(w.region:grant(w:service(), w:repository "my-private-repo"))
  local before = w:text "my-private-repo"
  w.change = function(operation, reply)
    if operation == "DescribeRepositories" then reply.status, reply.body = 200, body end
  end
  local result = commands.run(w, words)
  assert.is_nil(result.internal)
  assert.equal(before, w:text "my-private-repo")
  return result
end

local NAMED = {
  { "grant", SERVICE, "my-private-repo", "shared-repo" },
  { "revoke", SERVICE, "my-private-repo" },
  { "undo", "my-private-repo" },
  { "uri", "my-private-repo:1.0" },
  { "deploy", SERVICE, "app=my-private-repo:1.0" },
}
local LISTED = {
  { "audit", "--region", "us-east-1" }, { "disable", SERVICE }, { "status" }, { "import" },
  { "grant", SERVICE, "--all", "--yes" }, { "revoke", SERVICE, "*", "--output", "json" },
}

describe("an answer without the repositories", function()
  it("is an error of every command that names one", function()
    for _, body in ipairs { "{}", '{"repositories":[]}', '{"repositories":null}', '{"repositories":[null]}' } do
      for _, words in ipairs(NAMED) do
        local result = run(body, words)
        assert.equal(1, result.status, table.concat(words, " ") .. " with " .. body)
        assert.match("ecr:DescribeRepositories: ", result.err)
        assert.equal("", result.out)
      end
    end
  end)

  it("is an error of every command that lists them, if the list is absent", function()
    for _, words in ipairs(LISTED) do
      local result = run("{}", words)
      assert.equal(1, result.status, table.concat(words, " "))
      assert.match("the member repositories of the reply is missing", result.err)
      assert.not_match("lanyard disable", result.out)
    end
  end)

  it("of a Region without repositories is reported", function()
    local result = run('{"repositories":[]}', { "grant", SERVICE, "--all", "--yes", "--output", "json" })
    assert.equal(0, result.status)
    assert.same({}, json.decode(result.out))
    assert.match("no repository was selected in us%-east%-1; nothing was changed", result.err)
  end)

  it("of a Region without repositories needs no confirmation", function()
    for _, name in ipairs { "grant", "revoke" } do
      local result = run('{"repositories":[]}', { name, SERVICE, "--all" })
      assert.equal(0, result.status, result.err)
      assert.match("no repository was selected in us%-east%-1; nothing was changed", result.err)
    end
  end)
end)

describe("an answer about no container service", function()
  it("to a change of the role is an error, and nothing is claimed to continue", function()
    local w <close> = world.new()
    w.change = function(operation, reply)
      if operation == "UpdateContainerService" then reply.status, reply.body = 200, "{}" end
    end
    local result = commands.run(w, { "enable", SERVICE })
    assert.equal(1, result.status)
    assert.match("describes no container service", result.err)
    assert.is_nil(result.internal)
  end)
end)
