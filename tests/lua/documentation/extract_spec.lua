local extract = require "lanyard.documentation.extract"

-- Extracts the module "thing" of one source, and of the definitions for it.
local function read(text, definitions)
  local modules, problems = extract.modules({
    ["lua/lanyard/thing.lua"] = text,
    ["lua/types/lanyard/thing.lua"] = definitions,
    ["lua/lanyard/other.lua"] = "local M = {}\n\n--- Doubles.\n---@param n number\n---@return number\nfunction M.double(n)"
      .. "\n  return n * 2\nend\n\nreturn M\n",
    ["lua/types/rules.lua"] = "---@meta rules\n\n--- Rules.\n\n--- A rule.\n---@param name string\nfunction rule(name) end\n",
  }, { "thing" })
  local messages = {}
  for i, problem in ipairs(problems) do
    messages[i] = ("%s:%d: %s"):format(problem.file, problem.line, problem.message)
  end
  return modules[1], messages, modules
end

local HEAD = "--- Things.\n---\n--- More about things.\n\nlocal M = {}\n\n"

describe("the documentation of a source", function()
  it("has the description of the module, and its functions with parameters and results", function()
    local module, problems = read(HEAD .. [[
--- Makes a thing. It is new.
---
--- ```lua
--- print(thing.make("a", 1))
--- ```
---@param name string  its name
---@param size? integer  in bytes, or in
---  characters
---@return thing.Thing? thing  nil: it failed
---@return lanyard.Error? err
function M.make(name, size)
end

--- A thing.
---@class thing.Thing
---@field name string
---@field next? thing.Thing  the next one

--- An error.
---@class lanyard.Error
---@field code string

return M
]])
    assert.same({}, problems)
    assert.equal("Things.", module.summary)
    assert.same({ "Things.", "More about things." }, module.blocks)
    local make = module.members[1]
    assert.equal("make", make.name)
    assert.equal("Makes a thing.", make.summary)
    assert.equal('  print(thing.make("a", 1))', make.blocks[2].literal)
    assert.equal("lua", make.blocks[2].language)
    assert.equal(10, make.blocks[2].line)
    assert.same({ name = "size", type = "integer", optional = true, text = "in bytes, or in characters" }, make.params[2])
    assert.same({ type = "thing.Thing?", name = "thing", text = "nil: it failed" }, make.returns[1])
    assert.equal("thing.Thing", module.classes[2].name)
    assert.same({ name = "next", type = "thing.Thing", optional = true, text = "the next one" },
      module.classes[2].fields[2])
  end)

  it("has the methods of classes, also the ones that C defines", function()
    local module, problems = read(HEAD .. [[
--- Opens.
---@type fun(path: string): thing.File?
M.open = core.open

--- A file.
---@class thing.File
local File = core.methods

--- Reads all.
---@return string
function File:read()
end

function File:__gc() end

return M
]], [[
---@meta lanyard.thing

--- Definitions.
local thing = {}

---@class thing.File
local File = {}

--- Closes.
function File:close() end

--- Counts.
---@private
function File:count() end

return thing
]])
    assert.same({}, problems)
    local file = module.classes[1]
    assert.equal("A file.", file.summary)
    assert.same({ "read", "close" }, { file.methods[1].name, file.methods[2].name })
    assert.same({ count = true }, file.hidden)
    assert.same({ { name = "path", type = "string", text = "" } }, module.members[1].params)
  end)

  it("follows a field to the function of another module", function()
    local module, problems = read([[
--- Things.

local other = require "lanyard.other"

local M = {
  double = other.double,
}

return M
]])
    assert.same({}, problems)
    assert.equal("Doubles.", module.members[1].summary)
    assert.equal("n", module.members[1].params[1].name)
  end)

  it("is the function of a module that is one, and the globals of a file", function()
    local module, problems, all = read "--- Things.\n\n--- Does.\n---@param a string\nreturn function(a)\nend\n"
    assert.same({}, problems)
    assert.equal("", module.members[1].name)
    assert.equal("rules", all[2].name)
    assert.is_true(all[2].globals)
    assert.equal("rule", all[2].members[1].name)
  end)
end)

describe("a problem of the documentation", function()
  local function problem_of(body)
    local _, problems = read(HEAD .. body .. "\nreturn M\n")
    return problems[1]
  end

  it("is a function or a value without a comment", function()
    assert.equal("lua/lanyard/thing.lua:7: make has no documentation", problem_of "function M.make() end")
    assert.equal("lua/lanyard/thing.lua:7: SIZE has no documentation", problem_of "M.SIZE = 1")
    local class = "--- Makes.\n---@return thing.A\nfunction M.make() end\n\n%s---@class thing.A\nlocal A = {}\n\nfunction A:go() end"
    assert.equal("lua/lanyard/thing.lua:15: thing.A:go has no documentation", problem_of(class:format "--- An A.\n"))
    assert.equal("lua/lanyard/thing.lua:11: thing.A has no description", problem_of(class:format ""))
  end)

  it("is a parameter that does not exist, is missing, is repeated or is elsewhere", function()
    assert.equal("lua/lanyard/thing.lua:7: make: there is no parameter 'b'",
      problem_of "--- Makes.\n---@param b string\nfunction M.make() end")
    assert.equal("lua/lanyard/thing.lua:8: make: the parameter 'a' is not documented",
      problem_of "--- Makes.\nfunction M.make(a) end")
    assert.equal("lua/lanyard/thing.lua:7: make: the parameter 'a' is documented twice",
      problem_of "--- Makes.\n---@param a string\n---@param a string\nfunction M.make(a) end")
    assert.equal("lua/lanyard/thing.lua:7: make: the parameter 'a' is not in its place",
      problem_of "--- Makes.\n---@param b string\n---@param a string\nfunction M.make(a, b) end")
    assert.equal("lua/lanyard/thing.lua:8: make: the parameter '...' is not documented",
      problem_of "--- Makes.\nfunction M.make(...) end")
  end)

  it("is a type that is not defined, and an annotation without a type or of an unknown name", function()
    assert.equal("lua/lanyard/thing.lua:1: thing: the type 'thing.Nothing' is not defined",
      problem_of "--- Makes.\n---@return thing.Nothing\nfunction M.make() end")
    assert.equal("lua/lanyard/thing.lua:8: @return needs a type: ", problem_of "--- Makes.\n---@return\nfunction M.make() end")
    assert.equal("lua/lanyard/thing.lua:8: @param needs a name and a type: a",
      problem_of "--- Makes.\n---@param a\nfunction M.make(a) end")
    assert.equal("lua/lanyard/thing.lua:8: unknown annotation @retrun",
      problem_of "--- Makes.\n---@retrun string\nfunction M.make() end")
  end)

  it("is a description without a full stop, code without a fence, and code that is too wide", function()
    assert.equal("lua/lanyard/thing.lua:7: make: the first sentence has no full stop",
      problem_of "--- Makes things\nfunction M.make() end")
    assert.equal("lua/lanyard/thing.lua:7: make has no description", problem_of "---@return string\nfunction M.make() end")
    assert.equal("lua/lanyard/thing.lua:9: make: code without a fence",
      problem_of "--- Makes.\n---\n---     thing.make()\nfunction M.make() end")
    assert.equal("lua/lanyard/thing.lua:9: make: the example is wider than 78 characters",
      problem_of("--- Makes.\n--- ```lua\n--- print '" .. ("x"):rep(72) .. "'\n--- ```\nfunction M.make() end"))
  end)

  it("is a module without a source", function()
    local _, problems = extract.modules({ ["lua/types/rules.lua"] = "---@meta rules\n\n--- Rules.\n" }, { "nothing" })
    assert.equal("the module 'nothing' has no source", problems[1].message)
  end)
end)
