-- The documentation of the modules for scripts is complete and true: everything public is documented, every parameter
-- exists, and every example runs and prints what it shows.

local documented = require "documented"
local helper = require "helper"
local lists = require "lanyard.lists"

local modules, problems = documented.read()

-- Modules whose documentation is complete.
local FINISHED = lists.set [[access audit report aws aws.services sqlite clock errors http httpd json policy process task text.columns text.diff text.escape
  text.shellwords text.suggest text.timestamp]]
local FINISHED_FILES = { "^lua/lanyard/policy", "^lua/types/", "^lua/lanyard/%w+%.lua", "^lua/lanyard/text/", "^lua/lanyard/task/",
  "^lua/lanyard/aws/", "^lua/lanyard/access/", "^lua/lanyard/audit/", "^lua/lanyard/report/" }

-- The metatables of classes that C defines, in the registry.
local C_CLASSES = {
  ["policy.Document"] = "lanyard.policy",
  ["sqlite.Database"] = "lanyard.sqlite.database",
  ["sqlite.Statement"] = "lanyard.sqlite.statement",
}

local function by_name(members)
  local found = {}
  for _, member in ipairs(members) do
    found[member.name] = member
  end
  return found
end

-- Returns what is wrong with the names of a table: those without documentation, and documented ones that do not exist.
local function differences(where, actual, members, hidden)
  local known, wrong = by_name(members), {}
  for name in pairs(actual) do
    if type(name) == "string" and not name:find "^_" and not known[name] and not (hidden or {})[name] then
      wrong[#wrong + 1] = ("%s.%s has no documentation"):format(where, name)
    end
  end
  for name, member in pairs(known) do
    if actual[name] == nil and name ~= "" and not (member.type or ""):find "%?$" then
      wrong[#wrong + 1] = ("%s.%s is documented, but does not exist"):format(where, name)
    end
  end
  return wrong
end

-- Returns the parameters of a Lua function, as far as its first lines name them; nil for a C function.
local function parameters(f)
  local info = debug.getinfo(f, "Su")
  if info.what == "C" then
    return nil
  end
  local names = {}
  for i = 1, info.nparams do
    names[i] = debug.getlocal(f, i)
  end
  names[#names + 1] = info.isvararg and "..." or nil
  return names
end

local function documented_parameters(member, is_method)
  local names = { is_method and "self" or nil }
  for _, param in ipairs(member.params) do
    names[#names + 1] = param.name
  end
  return names
end

local function sorted(list)
  table.sort(list)
  return table.concat(list, "\n")
end

describe("the documentation of the modules", function()
  it("has no problem in its annotations", function()
    local lines = {}
    for _, problem in ipairs(problems) do
      for _, pattern in ipairs(FINISHED_FILES) do
        if not problem.message:find "has no source" and problem.file:find(pattern) then
          lines[#lines + 1] = ("%s:%d: %s"):format(problem.file, problem.line, problem.message)
        end
      end
    end
    assert.equal("", table.concat(lines, "\n"))
  end)

  it("covers what each module exports, and nothing else", function()
    local wrong = {}
    for _, module in ipairs(modules) do
      local actual = require("lanyard." .. module.name)
      if type(actual) == "table" and FINISHED[module.name] then
        for _, message in ipairs(differences(module.name, actual, module.members, module.hidden)) do
          wrong[#wrong + 1] = message
        end
      elseif type(actual) ~= "table" then
        assert.equal("function", type(actual), module.name)
        assert.equal("", module.members[1].name, module.name)
      end
    end
    assert.equal("", sorted(wrong))
  end)

  it("has the methods of each class of C, and nothing else", function()
    local checked, wrong = {}, {}
    for _, module in ipairs(modules) do
      require("lanyard." .. module.name)
      for _, class in ipairs(module.classes) do
        local registered = C_CLASSES[class.name]
        if registered then
          checked[class.name] = true
          for _, message in ipairs(differences(class.name, debug.getregistry()[registered].__index, class.methods, class.hidden)) do
            wrong[#wrong + 1] = message
          end
        end
        for _, method in ipairs(class.methods) do
          assert.truthy(registered or not method.file:find "^lua/types/", class.name .. " is in no list of this spec")
        end
      end
    end
    for name in pairs(C_CLASSES) do
      assert.is_true(checked[name], name .. " is documented nowhere")
    end
    assert.equal("", sorted(wrong))
  end)

  it("names the parameters of each function as the function does", function()
    local wrong, count = {}, 0
    local function check(where, f, member, is_method)
      local actual = type(f) == "function" and member.params and parameters(f)
      if actual then
        count = count + 1
        local expected = documented_parameters(member, is_method)
        if is_method then
          actual[1] = "self"
        end
        if table.concat(actual, ", ") ~= table.concat(expected, ", ") then
          wrong[#wrong + 1] = ("%s(%s) is documented with (%s)"):format(where, table.concat(actual, ", "),
            table.concat(expected, ", "))
        end
      end
    end
    for _, module in ipairs(modules) do
      local actual = FINISHED[module.name] and require("lanyard." .. module.name) or {}
      for _, member in ipairs(module.members) do
        check(module.name .. "." .. member.name, type(actual) == "table" and actual[member.name] or actual, member)
      end
      for _, class in ipairs(module.classes) do
        local methods = C_CLASSES[class.name] and debug.getregistry()[C_CLASSES[class.name]].__index or {}
        for _, method in ipairs(class.methods) do
          check(class.name .. ":" .. method.name, methods[method.name], method, true)
        end
      end
    end
    assert.equal("", sorted(wrong))
    assert.is_true(count > 15, "the spec checks too few functions: " .. count)
  end)
end)

describe("the examples of the documentation", function()
  local examples = documented.examples(modules)

  it("are not a few", function()
    assert.is_true(#examples >= 3, #examples .. " examples")
  end)

  for _, example in ipairs(examples) do
    local place = ("%s:%d"):format(example.file, example.line)
    it("run, and print what they show: " .. place, function()
      local folder <close> = helper.folder()
      local script = folder .. "/example.lua"
      helper.write(script, ("local lanyard = require 'lanyard' local %s = require 'lanyard.%s'; %s\n"):format(
        example.module:match "[^.]+$", example.module, example.code))
      local result = helper.run({ helper.lanyard, "--emulator", script },
        { HOME = folder.path, XDG_STATE_HOME = folder .. "/state", AWS_REGION = "us-east-1" })
      assert.equal(0, result.status, ("%s: %s%s"):format(place, result.err, result.out))
      local shown = documented.shown(example.code)
      if shown then
        assert.equal(shown, (result.out:gsub("[ \t]+\n", "\n")), place)
      end
    end)
  end
end)
