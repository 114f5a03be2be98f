-- The documentation of the modules for scripts is complete: everything public is documented, and every parameter exists.
-- documentation/examples_spec.lua runs the examples.

local documented = require "documented"
local helper = require "helper"

local all, problems = documented.read()

-- The modules that scripts can require. The last ones document globals.
local modules = {}
for _, module in ipairs(all) do
  modules[#modules + 1] = not module.globals and module or nil
end

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

-- Objects of classes whose methods are made at run time.
local OBJECTS = {
  ["cli.Command"] = function() return require("lanyard.cli").command("a word") end,
}

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
      lines[#lines + 1] = ("%s:%d: %s"):format(problem.file, problem.line, problem.message)
    end
    assert.equal("", table.concat(lines, "\n"))
  end)

  it("covers what each module exports, and nothing else", function()
    local wrong = {}
    for _, module in ipairs(modules) do
      local actual = require("lanyard." .. module.name)
      if type(actual) == "table" then
        for _, message in ipairs(differences(module.name, actual, module.members, module.hidden)) do
          wrong[#wrong + 1] = message
        end
      else
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
        local object = OBJECTS[class.name] and OBJECTS[class.name]()
        for _, method in ipairs(class.methods) do
          assert.equal(object and "function", object and type(object[method.name]), method.name)
          assert.truthy(registered or object or not method.file:find "^lua/types/", class.name .. " is in no list of this spec")
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
      local actual = require("lanyard." .. module.name)
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
    assert.is_true(count > 80, "the spec checks too few functions: " .. count)
  end)
end)

describe("the documentation of rules files", function()
  it("covers what the prelude defines, and nothing else", function()
    local defined = {}
    for name in helper.read("lua/lanyard/rules/prelude.lua"):gmatch "\nfunction ([%w_]+)%(" do
      defined[name] = true
    end
    assert.equal("rules", all[#all].name)
    assert.equal("", sorted(differences("rules", defined, all[#all].members)))
  end)

  it("covers the fields that a mute, a rule and a finding accept, and no others", function()
    local prelude = helper.read "lua/lanyard/rules/prelude.lua"
    for set, class in pairs { MUTE = "rules.MuteDefinition", RULE = "rules.Definition", FINDING = "rules.FindingDefinition" } do
      local accepted, fields = {}, {}
      for name in prelude:match(("local %s_FIELDS = (%%b{})"):format(set)):gmatch "(%w+) = true" do
        accepted[#accepted + 1] = name
      end
      for _, one in ipairs(all[#all].classes) do
        for _, field in ipairs(one.name == class and one.fields or {}) do
          fields[#fields + 1] = field.name
        end
      end
      assert.equal(sorted(accepted), sorted(fields), class)
    end
  end)
end)

describe("the declaration of a command", function()
  local classes = {}
  for _, module in ipairs(all) do
    for _, class in ipairs(module.classes) do
      classes[class.name] = class
    end
  end

  local function choices(name)
    local found = {}
    for _, choice in ipairs(classes[name].choices) do
      found[#found + 1] = choice.type:match '^"(.*)"$'
    end
    return found
  end

  local function names_of_tables(list)
    local found = {}
    for name, value in pairs(list) do
      found[#found + 1] = type(value) == "table" and name or nil
    end
    return found
  end

  it("is documented with every type and every group of options", function()
    assert.equal(sorted(names_of_tables(require "lanyard.cli.types")), sorted(choices "cli.TypeName"))
    assert.equal(sorted(names_of_tables(require "lanyard.cli.options")), sorted(choices "cli.Group"))
  end)

  it("is documented with every member that is accepted, and no other", function()
    local upvalues, check = {}, require "lanyard.cli.declaration_check"
    local function collect(f)
      for i = 1, debug.getinfo(f, "u").nups do
        local name, value = debug.getupvalue(f, i)
        if type(value) == "function" and not upvalues[name] then
          upvalues[name] = value
          collect(value)
        end
        upvalues[name] = value
      end
    end
    collect(check)
    local function fields(...)
      local found = {}
      for _, name in ipairs { ... } do
        for _, field in ipairs(classes[name].fields) do
          found[field.name] = field.name ~= "[1]" or nil
        end
      end
      return found
    end
    local function keys(set)
      local list = {}
      for name in pairs(set) do list[#list + 1] = name end
      return sorted(list)
    end
    assert.equal(keys(upvalues.MEMBERS), keys(fields "cli.Declaration"))
    assert.equal(keys(upvalues.ITEM), keys(fields("cli.Argument", "cli.Option")))
  end)
end)

describe("the examples of scripts", function()
  it("use documented modules only", function()
    local public, count = { lanyard = true }, 0
    for _, module in ipairs(modules) do
      public["lanyard." .. module.name] = true
    end
    local pipe <close> = assert(io.popen "find scripts/examples -name '*.lua' -o -name '*.md'")
    for path in pipe:lines() do
      for name in helper.read(path):gmatch "require%s*%(?%s*[\"'](lanyard[%w_.]*)[\"']" do
        count = count + 1
        assert.is_true(public[name], ("%s: %s is not in lua/lanyard/modules.lua"):format(path, name))
      end
    end
    assert.is_true(count > 20, count .. " requires")
  end)
end)
