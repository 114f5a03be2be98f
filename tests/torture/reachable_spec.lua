-- Properties of policy.reachable and policy.minimize on random documents (tests/support/reason): each caller whom a
-- document allows is in a class, none whom a class excepts is allowed, and the minimized document allows the same
-- requests.
--
-- Left out are the profiles whose faults lie elsewhere: values that are not ARNs (arns) and two policy variables in one
-- statement (variables).

assert(require "reason.oracle") -- before lanyard.policy
local classes = require "lanyard.policy.classes"
local core = require "lanyard.policy.core"
local documents = require "reason.documents"
local json = require "lanyard.json"
local policy = require "lanyard.policy"
local profiles = require "reason.profiles"
local torture = require "torture"
local trial = require "reason.trial"

local NAMES = {
  "callers", "exceptions", "organizations", "values", "single", "kinds", "mixed", "texts", "sets", "open", "times",
}

local function document(texts)
  return assert(core.parse(('{"Version":"2012-10-17","Statement":[%s]}'):format(table.concat(texts, ","))))
end

-- Returns the statements of classes without their exceptions, except of the one at a position | nil if no statement
-- expresses one, such as a class with two restrictions of one key and operator
local function texts_of(list, but)
  local texts = {}
  for i, class in ipairs(list) do
    local whole = setmetatable({ except = {} }, { __index = class })
    local statement = i ~= but and classes.statement(whole)
    if i ~= but and not statement then
      return nil
    end
    texts[#texts + 1] = statement and json.encode(statement) or nil
  end
  return texts
end

-- AWS's reference says that every request has aws:PrincipalAccount; the engine does not know its value for a service.
local function is_known(request)
  return not request.principal:find "%.com$"
end

-- Returns a request by somebody who is in no class.
local function outside(doc, list)
  local known = texts_of(list)
  local found = known and policy.new_access(document(known), doc)
  return found and found.certain and is_known(found.request) and found.request
end

-- Returns a request by somebody whom a class excepts, and no other class contains.
local function excepted(doc, list)
  for i, class in ipairs(list) do
    for _, inner in ipairs(class.except) do
      local denies = inner.kind == "account" and classes.outside(inner)
      local texts = {}
      for _, statement in ipairs(doc:statements()) do texts[#texts + 1] = statement.text end
      for _, statement in ipairs(denies or {}) do texts[#texts + 1] = json.encode(statement) end
      local others = denies and texts_of(list, i)
      local found = others and policy.new_access(document(others), document(texts))
      -- Who a unique id is, nobody knows.
      if found and found.certain and found.request.principal:find "^arn:" then
        return found.request
      end
    end
  end
  return nil
end

local function each_document(name, cases, visit)
  local profile = profiles.makers[name]()
  local generator = documents.generator(profile, torture.random())
  for _ = 1, cases do
    local raw = generator:document(4)
    visit(trial.parse(raw), json.encode(raw))
  end
end

describe("policy.reachable", function()
  for _, name in ipairs(NAMES) do
    it("contains every caller that is allowed: " .. name, function()
      local cases, undecided = torture.choose(20, 3000), 0
      each_document(name, cases, function(doc, text)
        local list = policy.reachable(doc)
        for _, class in ipairs(list) do
          undecided = undecided + (class.undecided and 1 or 0)
          assert.is_true(class.witness ~= nil or class.undecided ~= nil, text)
        end
        local missing = outside(doc, list)
        assert(not missing, missing and ("%s is in no class: %s"):format(json.encode(missing), text))
        local wrong = excepted(doc, list)
        assert(not wrong, wrong and ("%s is excepted: %s"):format(json.encode(wrong), text))
      end)
      torture.report("reachable, " .. name, cases, ("%d undecided"):format(undecided))
    end)
  end
end)

describe("policy.minimize", function()
  for _, name in ipairs(NAMES) do
    it("returns an equal document that it cannot make smaller: " .. name, function()
      local cases, removals = torture.choose(15, 3000), 0
      each_document(name, cases, function(doc, text)
        local smaller, removed, undecided = policy.minimize(doc)
        assert(not (undecided and undecided:find "defect"), text)
        local equal, found = policy.equal_access(doc, smaller)
        removals = removals + #removed
        assert(equal ~= false or not found.certain, text)
        assert(#select(2, policy.minimize(smaller)) == 0, text)
      end)
      torture.report("minimize, " .. name, cases, ("%d removed"):format(removals))
    end)
  end
end)
