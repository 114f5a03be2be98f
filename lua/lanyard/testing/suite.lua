--- Collects the tests of a spec: what `describe` and `it` declare.
---
---     local tests = suite.collect(chunk)
---     --> { { name = "lanyard size prints", f, before = {...}, after = {...}, seed, faults }, ... }

local M = {}

---@class testing.Test
---@field name string
---@field f? function  absent for a pending test
---@field before function[]  from the outermost block
---@field after function[]   from the innermost block
---@field seed? table
---@field faults? table

--- The test that runs. lanyard.testing.child sets it.
---@type { folder: string, emulator: table }?
M.current = nil

--- The folder of the spec, for seeds in files. lanyard.testing.child sets it.
---@type string
M.spec_folder = "."

local block -- the innermost open block | nil while tests run

local function open_block(what)
  if not block then
    error(what .. " is called outside of a describe block, or while a test runs", 3)
  end
  return block
end

local function check(name, f, what)
  if type(name) ~= "string" or type(f) ~= "function" then
    error(("%s needs a name and a function"):format(what), 3)
  end
end

local function new_block(parent, name)
  local function inherited(list)
    return table.move(list, 1, #list, 1, {})
  end
  return {
    name = parent and parent.name ~= "" and parent.name .. " " .. name or name,
    tests = parent and parent.tests or {},
    before = parent and inherited(parent.before) or {}, after = parent and inherited(parent.after) or {},
    seed = parent and parent.seed, faults = parent and parent.faults,
  }
end

--- Declares a group of tests, or a group in a group.
---@param name string  the names of the groups and of the test form a sentence
---@param f fun()  declares the tests; called once, before any test runs
function M.describe(name, f)
  check(name, f, "describe")
  local parent <const> = open_block "describe"
  block = new_block(parent, name)
  f()
  block = parent
end

local function add(name, f)
  local one = block
  table.insert(one.tests, {
    name = one.name ~= "" and one.name .. " " .. name or name, f = f, block = one,
  })
end

--- Declares a test.
---@param name string
---@param f fun()  the test: it fails if it raises an error
function M.it(name, f)
  check(name, f, "it")
  open_block "it"
  add(name, f)
end

--- Declares a test that is not written yet. It is reported as skipped.
---@param name string
function M.pending(name)
  check(name, print, "pending")
  open_block "pending"
  add(name, nil)
end

--- Declares what runs before each test of the group.
---@param f fun()
function M.before_each(f)
  check("", f, "before_each")
  table.insert(open_block("before_each").before, f)
end

--- Declares what runs after each test of the group, also if it failed.
---@param f fun()
function M.after_each(f)
  check("", f, "after_each")
  table.insert(open_block("after_each").after, 1, f)
end

--- Sets what the emulator of each test of the block has (name "seed"), or which faults it injects ("faults").
function M.set(name, value)
  open_block(name)[name] = value
end

--- Returns the tests that a chunk declares.
---@param chunk function
---@return testing.Test[]
function M.collect(chunk)
  local top = new_block(nil, "")
  block = top
  local _ <close> = setmetatable({}, { __close = function() block = nil end })
  chunk()
  for _, test in ipairs(top.tests) do
    local own = test.block
    test.before, test.after, test.seed, test.faults, test.block = own.before, own.after, own.seed, own.faults, nil
  end
  return top.tests
end

return M
