-- The documentation of Lua modules in help, in the manual, and for editors.

local helper = require "helper"
local documented = require "documented"
local modules = require "lanyard.modules"

local documentation = {}
for _, module in ipairs((documented.read())) do
  documentation[module.name] = module
end

local function help(name, environment)
  return helper.run({ helper.lanyard, "help", name }, environment)
end

-- Returns the longest line of a text without the examples, whose output can be wide.
local function widest(text)
  local most = 0
  for line in text:gmatch "[^\n]+" do
    most = not line:find "^%s*%-%->" and math.max(most, utf8.len(line)) or most
  end
  return most
end

describe("lanyard help", function()
  it("lists the modules, and describes each within 80 columns", function()
    local list = help "modules"
    assert.equal(0, list.status)
    assert.is_true(widest(list.out) <= 80)
    for _, name in ipairs(modules) do
      assert.matches("\n  " .. name:gsub("%.", "%%.") .. "[ \n]+%u", list.out) -- a long name has a line of its own
      local page = help("lanyard." .. name)
      assert.equal(0, page.status, page.err)
      assert.is_true(widest(page.out) <= 80, name)
      assert.truthy(page.out:find("lanyard." .. name, 1, true) or page.out:find("suggest(", 1, true), name)
    end
  end)

  it("describes a function: parameters, results, an example and the tables that it takes", function()
    local result = help "policy.new_access"
    assert.equal(0, result.status)
    for _, part in ipairs { "policy.new_access(before, after [, options])\n", "\nParameters\n", "\nReturns\n",
      "\n  options  policy.ReasonOptions, optional.\n", "\npolicy.ReasonOptions\n", "policy.new_access(before, after)",
      "\n  kind      \"resource\"|\"identity\", optional." } do
      assert.truthy(result.out:find(part, 1, true), part)
    end
    assert.is_true(widest(result.out) <= 80)
    assert.equal(result.out, help("lanyard.policy.new_access").out)
    assert.equal(result.out, help("policy.new_access(before, after)").out)
  end)

  it("prints examples that can be copied: with the modules that they use", function()
    local text = help("policy.Document:allow").out
    assert.matches('\n  local policy = require "lanyard.policy"\n  local doc = policy.new%(%)\n', text)
    local code = text:match "\n(  local policy.-)\n\n"
    local result = helper.run { helper.lanyard, "-e", code }
    assert.equal("true\tadded statement 1\t1\n", result.out, result.err)
  end)

  it("describes a method by its class, and by an object of any name", function()
    local result = help "aws.Client:each"
    assert.matches("^aws.Client:each%(operation %[, member %[, input%]%]%)\n", result.out)
    assert.equal(result.out, help("ecr:each").out)
    assert.equal(result.out, help("aws.each").out)
    assert.equal(result.out, help("aws.Client.each").out)
    assert.matches("^policy.Document:allow%(grant%)", help("doc:allow").out)
  end)

  it("describes a type, a value and a folder", function()
    assert.matches("^lanyard.text\n.*\n  text.columns +Lays out", help("text").out)
    assert.equal(help("lanyard.text").out, help("text").out)
    assert.equal(help("lanyard.policy").out, help("lanyard.policy.").out)
    assert.matches("\n  summary +string%. One sentence", help("cli.Declaration").out)
    assert.matches('\n  "duration" +90s, 10m, 2h or 1d', help("cli.TypeName").out)
    assert.matches("The type is `integer`", help("policy.LIMIT").out)
  end)

  it("names what a command's module has, and describes the globals of rules files", function()
    assert.matches("The Lua module of this name %('lanyard help lanyard.policy'%) has: new,", help("policy").out)
    assert.matches("describes what a rules file can call: rule,", help("rules").out)
    assert.matches("^mute%(definition%)\n", help("rules.mute").out)
    assert.matches("\n  new_access +rules.Caller%[%], optional", help("rules.Change").out)
  end)

  it("suggests the nearest name", function()
    for name, message in pairs {
      ["policy.new_acces"] = "lanyard.policy has no 'new_acces'; did you mean 'new_access'?",
      ["json.encod"] = "lanyard.json has no 'encod'; did you mean 'encode'?",
      ["policy.Document:alow"] = "policy.Document has no method 'alow'; did you mean 'allow'?",
      ["text.timestmp"] = "there is no 'text.timestmp'; did you mean 'text.timestamp'?",
      ["lanyard.polcy"] = "there is no 'lanyard.polcy'; did you mean 'policy'?",
      ["jsno.decode"] = "there is no 'jsno.decode'; did you mean 'json.decode'?",
      ["policy.documnt"] = "lanyard.policy has no 'documnt'; did you mean 'Document'?",
      ["policy.nope"] = "lanyard.policy has no 'nope' (lanyard help modules)",
      ["doc:alow"] = "no class has a method 'alow'; did you mean 'doc:allow'?",
      ["doc:zzzzzz"] = "no class has a method 'zzzzzz' (lanyard help modules)",
      ["jsn"] = "there is no command 'jsn'; did you mean 'json'?",
    } do
      local result = help(name)
      assert.equal(2, result.status, name)
      assert.equal("", result.out)
      assert.truthy(result.err:find(message, 1, true), result.err)
    end
  end)

  it("describes the services of AWS and their operations", function()
    local list = help "ecr"
    assert.equal(0, list.status)
    assert.matches("\n  GetRepositoryPolicy +repositoryName\n", list.out)
    assert.matches("\n  ServiceActive +Calls GetContainerServices, for at most %d+ seconds", help("lightsail").out)
    for _, name in ipairs { "ecr:GetRepositoryPolicy", "ecr.GetRepositoryPolicy" } do
      local page = help(name)
      assert.matches("^ecr:GetRepositoryPolicy { repositoryName = %.%.%. }\n", page.out)
      assert.matches("\n  policyText +string, if AWS sends it%.\n", page.out)
      assert.matches("It changes nothing", page.out)
    end
    local result = help "ecr:GetRepositoryPolcy"
    assert.equal(2, result.status)
    assert.truthy(result.err:find("ecr has no operation 'GetRepositoryPolcy'; did you mean 'GetRepositoryPolicy'?", 1, true))
  end)

  it("fits a narrow terminal", function()
    for _, width in ipairs { 40, 60 } do
      local result = help("lanyard.process", { COLUMNS = tostring(width) })
      for line in result.out:gmatch "[^\n]+" do
        assert.is_true(#line <= width or line:find "^  %S" ~= nil or line:find "^    " ~= nil, line)
      end
    end
  end)
end)

describe("lanyard-api(3)", function()
  local folder = helper.folder()
  teardown(function() getmetatable(folder).__close() end)

  setup(function()
    local result = helper.run({ helper.lanyard, "docs", "--man", folder .. "/man3" }, { SOURCE_DATE_EPOCH = "1769860800" })
    assert.equal(0, result.status, result.err)
  end)

  it("describes every module and function", function()
    local page = helper.read(folder .. "/man3/lanyard-api.3")
    assert.matches("^%.Dd January 31, 2026\n%.Dt LANYARD%-API 3\n", page)
    for _, name in ipairs(modules) do
      assert.truthy(page:find("\n.Ss lanyard." .. name .. "\n", 1, true), name)
    end
    for _, name in ipairs { "policy.new_access(before, after [, options])", "task.map(list, f [, options])",
      "aws.Client:each(operation [, member [, input]])", "rule(name)", "sqlite.Database:exec(sql)" } do
      assert.truthy(page:find("\n.It " .. name:gsub("%-", "\\-") .. "\n", 1, true), name)
    end
  end)

  it("has nothing that mandoc warns of", function()
    if helper.run({ "sh", "-c", "command -v mandoc" }).status ~= 0 then
      return pending "the Debian package mandoc is not installed"
    end
    local result = helper.run { "sh", "-c", ("cd '%s/man3' && exec mandoc -Tlint lanyard-api.3"):format(folder) }
    assert.equal("", result.out .. result.err)
    assert.equal(0, result.status)
  end)
end)

describe("lanyard docs", function()
  it("has the modules in the HTML page", function()
    local page = helper.run({ helper.lanyard, "docs" }).out
    for _, name in ipairs(modules) do
      assert.truthy(page:find(('<section id="lanyard.%s.3">'):format(name), 1, true), name)
    end
    assert.truthy(page:find("<code>policy.new_access(before, after [, options])</code>", 1, true))
  end)

  it("writes definitions for editors, which are Lua and name each function", function()
    local folder <close> = helper.folder()
    local result = helper.run { helper.lanyard, "docs", "--types", folder .. "/types" }
    assert.equal(0, result.status, result.err)
    assert.equal("", result.out)
    assert.matches("^lanyard: wrote %d+ definition files to ", result.err)
    for _, name in ipairs(modules) do
      local path = ("%s/types/lanyard/%s.lua"):format(folder, name:gsub("%.", "/"))
      local text = helper.read(path)
      assert.truthy(loadfile(path, "t"), path)
      assert.matches("^%-%-%-@meta lanyard%." .. name:gsub("%.", "%%.") .. "\n", text)
      local module = assert(documentation[name], name)
      for _, member in ipairs(module.members) do
        local head = member.name ~= "" and member.kind == "function"
          and ("\nfunction %s.%s("):format(name:match "[^.]+$", member.name)
        assert.truthy(not head or text:find(head, 1, true), head)
      end
    end
    local door = dofile(folder .. "/types/lanyard.lua")
    assert.equal("table", type(door))
    assert.matches("%-%-%-@field policy lanyard.policy\n", helper.read(folder .. "/types/lanyard.lua"))
    assert.matches("%-%-%-@param grant policy.Grant\n.-function Document:allow%(grant%) end\n",
      helper.read(folder .. "/types/lanyard/policy.lua"))
    assert.matches("\nfunction rule%(name%) end\n", helper.read(folder .. "/types/rules.lua"))
  end)

  it("needs the names of folders", function()
    for _, option in ipairs { "man", "types" } do
      local result = helper.run { helper.lanyard, "docs", "--" .. option, "" }
      assert.equal(2, result.status)
      assert.matches(("%%-%%-%s needs the name of a folder"):format(option), result.err)
    end
  end)
end)
