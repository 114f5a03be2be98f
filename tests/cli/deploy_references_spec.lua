-- Variables of `lanyard deploy` whose values are parameters and secrets of AWS.

local deployable = require "deployable"
local helper = require "helper"
local json = require "lanyard.json"

local json_of = deployable.json_of

local REFERENCES = { "--env", "app:A=ssm:/web/key", "--env", "app:B=secretsmanager:db#password", "--env", "app:C=ssm:/web/short",
  "--env", "app:D=secretsmanager:db#lines", "--env", "app:E=secretsmanager:db#port", "--env", "app:F=ssm:/web/key:1",
  "--env", "app:G=ssm::/literal" }

local function with_references(...)
  local words = { ... }
  return table.move(REFERENCES, 1, #REFERENCES, #words + 1, words)
end

local function environment(em)
  local result = em:run { "aws", "lightsail", "get-container-service-deployments", "--service-name", "web" }
  return json.decode(result.out).deployments[1].containers.app.environment
end

describe("lanyard deploy with references", function()
  it("deploys the values, and names references and versions", function()
    local em <close> = deployable.emulator()
    local item, result = json_of(em, with_references("deploy", "web"))
    assert.equal("deployed", item.result)
    assert.match("Lightsail keeps environments readable: GetContainerServiceDeployments returns the values", result.err)
    assert.same({ A = deployable.PARAMETER, B = deployable.PASSWORD, C = deployable.SHORT, D = deployable.LINES, E = "5432",
      F = "planted-previous", G = "ssm:/literal", KEY = deployable.SECRET }, environment(em))
    assert.same({ container = "app", variable = "A", reference = "ssm:/web/key", version = "2" }, item.references[1])
    assert.equal("1", item.references[6].version)
    assert.match("^%x+%-%x+", item.references[2].version)
    local text = em:run(with_references("deploy", "web", "--dry-run", "--force")).out
    assert.match("\napp +A +ssm:/web/key +2\n", text)
    text = em:run("deployments web").out
    assert.match("app: A from ssm:/web/key, version 2\n", text)
    assert.match("app: variable %+ A", text)
  end)

  it("is unchanged while the values are, and deploys a new value", function()
    local em <close> = deployable.emulator()
    assert.equal("deployed", json_of(em, with_references("deploy", "web")).result)
    assert.equal("unchanged", json_of(em, with_references("deploy", "web")).result)
    assert.equal("unchanged", json_of(em, { "deploy", "web", "--env", "app:A=" .. deployable.PARAMETER }).result)
    local item = json_of(em, { "deploy", "web", "--env", "app:A=ssm:/web/key:1" })
    assert.equal("deployed", item.result)
    assert.equal("1", item.references[1].version)
    assert.equal("planted-previous", environment(em).A)
  end)

  it("fails with the reference before anything changes", function()
    local em <close> = deployable.emulator()
    for reference, message in pairs {
      ["ssm:/none"] = "ssm:/none: Systems Manager has no such parameter in us%-east%-1",
      ["secretsmanager:none"] = "ResourceNotFoundException: secretsmanager:none: ", ["secretsmanager:db#none"] = "no such key",
      ["ssm:/web/key:9"] = "ssm:/web/key:9",
    } do
      local result = em:run { "deploy", "web", "--env", "app:A=" .. reference }
      assert.equal(1, result.status)
      assert.match(message, result.err)
      assert.equal("", result.out)
    end
    assert.equal(1, #json_of(em, "deployments web"))
  end)

  it("writes no value into a file or an output, whatever happens", function()
    local em <close> = deployable.emulator()
    local folder <close> = helper.folder()
    helper.write(folder .. "/rules.lua", [[rule "look" { on = "deploy", check = function(change)
      for name, container in pairs(change.deployment.containers) do
        for variable, value in pairs(container.environment or {}) do
          if value ~= "***" then return deny(name .. " " .. variable .. " " .. value) end
        end
      end
    end }]])
    helper.write(folder .. "/book.md", "# Deploy\n\n```lanyard\nlanyard deploy web " .. table.concat(REFERENCES, " ")
      .. " --env app:H=planted-literal --force\n```\n")
    local shown = {}
    local function run(words)
      for _, more in ipairs { {}, { "--output", "json" }, { "--debug" }, { "--debug", "--dry-run" } } do
        local list = table.move(more, 1, #more, #words + 1, { table.unpack(words) })
        local result = em:run(list, { LANYARD_DEBUG = "1" })
        shown[#shown + 1] = result.out .. result.err
        assert.not_match("traceback", result.err)
      end
    end
    run(with_references("deploy", "web", "app=web:1.1"))
    run(with_references("deploy", "web", "app=web:broken", "--rollback"))
    run(with_references("deploy", "web", "app=web:1.0", "--rules", folder .. "/rules.lua"))
    run(with_references("deploy", "web", "app=web:half", "--smoke", "/ready", "--smoke-timeout", "0.1s", "--rollback"))
    run(with_references("deploy", "web", "--show-environment", "--unset-env", "app:KEY"))
    run { "rollback", "web", "1" }
    for _, words in ipairs { "deployments web", "status", "audit", "history", "undo --list" } do
      for _, more in ipairs { "", " --output json", " --debug" } do
        local result = em:run(words .. more)
        shown[#shown + 1] = result.out .. result.err
      end
    end
    assert.equal(0, em:run({ "runbook", folder .. "/book.md", "--yes", "--transcript", folder .. "/transcript.md" }).status)
    assert(os.remove(folder .. "/book.md"))
    shown[#shown + 1] = helper.run({ "sh", "-c", "find \"$0\" \"$1\" -type f ! -name emulator.err -exec cat {} +", folder.path, em.folder.path }).out
    local all = table.concat(shown, "\n")
    assert.is_truthy(all:find("GetSecretValue", 1, true))          -- the wire log was on
    assert.is_truthy(all:find('"reference": "ssm:/web/key"', 1, true)) -- the record was read
    for _, secret in ipairs { deployable.PARAMETER, deployable.SHORT, deployable.PASSWORD, "planted-line", "planted-previous",
      "planted", "5432" } do
      local at = all:find("%f[%w]" .. secret:gsub("%p", "%%%0") .. "%f[%W]") -- ids have such digits, too
      assert.is_nil(at, at and secret .. ": ..." .. all:sub(at - 120, at + 60))
    end
  end)
end)
