local helper = require "helper"

-- Runs a command's script and returns the modules of lanyard that it loaded, as a set.
local function modules_of(...)
  local emulator <close> = helper.emulator()
  local result = emulator:run { "-e", [[
    local embedded = require "lanyard.embedded"
    local name = (...)
    local run = assert(load(embedded.script(name), "@" .. name .. ".lua"))
    run(select(2, ...))
    for module in pairs(package.loaded) do
      if module:find "^lanyard%." then print("module " .. module) end
    end
  ]], ... }
  assert.equal(0, result.status, result.err)
  local modules = {}
  for name in result.out:gmatch "module (%S+)" do modules[name] = true end
  return modules, result.out
end

describe("a grant", function()
  it("loads neither deployments nor undo, audit, desired state or the emulator", function()
    local modules, out = modules_of("grant", "my-container-service", "my-private-repo", "--enable")
    assert.matches("my%-private%-repo +granted", out)
    assert.is_true(modules["lanyard.access.grant"])
    for name in pairs(modules) do
      assert.not_matches("^lanyard%.access%.deployment", name)
      assert.not_matches("^lanyard%.access%.undo", name)
      assert.not_matches("^lanyard%.audit", name)
      assert.not_matches("^lanyard%.desired", name)
      assert.not_matches("^lanyard%.emulator", name)
      assert.not_matches("^lanyard%.report", name)
    end
  end)
end)

describe("the URI of an image", function()
  it("loads nothing that changes a policy", function()
    local modules = modules_of("uri", "my-private-repo")
    for _, name in ipairs { "grant", "revoke", "write", "journal", "undo", "roles", "wait" } do
      assert.is_nil(modules["lanyard.access." .. name], name)
    end
  end)
end)

describe("a script in the binary", function()
  it("is there as text, and as the function that its text compiles to", function()
    local result = helper.run { helper.lanyard, "-e", [[
      local embedded = require "lanyard.embedded"
      for _, name in ipairs(embedded.scripts()) do
        local text = embedded.script(name):gsub("^#![^\n]*", "")
        local chunk = assert(load(text, "@scripts/" .. name .. ".lua"))
        assert(string.dump(embedded.chunk(name), true) == string.dump(chunk, true), name)
        assert(debug.getinfo(embedded.chunk(name), "S").source == "@scripts/" .. name .. ".lua")
      end
      print(embedded.chunk "no-such-script")
    ]] }
    assert.equal("nil\n", result.out, result.err)
  end)
end)

describe("policy lint", function()
  it("loads no checks of conditions, resources and pairs of statements for a statement without them", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/policy.json", [[{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{
      "AWS":"arn:aws:iam::111122223333:role/a"},"Action":"ecr:BatchGetImage"}]}]])
    local modules, out = modules_of("policy/lint", folder .. "/policy.json")
    assert.matches("^no findings", out)
    for _, name in ipairs { "dates", "keys", "overlap", "relations", "resources", "trust", "values", "variables" } do
      assert.is_nil(modules["lanyard.policy.lint." .. name], name)
    end
    assert.is_nil(modules["lanyard.policy.redundancy"])
    assert.is_nil(modules["lanyard.aws.denial"])
  end)

  it("knows all checks by their ids", function()
    local result = helper.run { helper.lanyard, "-e", [[
      local catalogue = require("lanyard.policy.lint").catalogue
      print(catalogue["unreachable-date"].id, catalogue["no-such-check"])
    ]] }
    assert.equal("unreachable-date\tnil\n", result.out, result.err)
  end)
end)
