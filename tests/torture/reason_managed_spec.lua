-- New access in AWS's managed policies, which are outside the project: a folder of JSON files, each a policy or an object
-- with one in `document`, as in public collections. LANYARD_MANAGED_POLICIES is the folder.

local helper = require "helper"
local json = require "lanyard.json"
local policy = require "lanyard.policy"
local torture = require "torture"
local witness = require "reason.witness"

local FOLDER = os.getenv "LANYARD_MANAGED_POLICIES" or helper.vectors .. "/managed-policies"
local OPTIONS = { kind = "identity" }

local function copy(value)
  if type(value) ~= "table" then
    return value
  end
  local new = {}
  for key, item in pairs(value) do new[key] = copy(item) end
  return new
end

local function list_of(value)
  return type(value) == "table" and (value[1] ~= nil or next(value) == nil) and value or { value }
end

-- The files, as { name, document with a list of statements }.
local function read_policies()
  local policies = {}
  local pipe <close> = assert(io.popen(("ls '%s' 2>/dev/null"):format(FOLDER)))
  for name in pipe:lines() do
    if name:find "%.json$" then
      local decoded = json.decode(helper.read(FOLDER .. "/" .. name))
      local document = decoded and (decoded.Statement and decoded or decoded.document)
      if document then
        local statements = {}
        for i, statement in ipairs(list_of(document.Statement)) do
          statements[i] = {}
          for _, element in ipairs { "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition" } do
            statements[i][element] = statement[element]
          end
        end
        policies[#policies + 1] = { name = name, document = { Version = document.Version, Statement = statements } }
      end
    end
  end
  return policies
end

-- Returns a document with a statement for each item of an element.
local function split(document, element)
  local statements = {}
  for _, statement in ipairs(document.Statement) do
    for _, item in ipairs(statement[element] and list_of(statement[element]) or { false }) do
      local one = copy(statement)
      one[element] = item or nil
      statements[#statements + 1] = one
    end
  end
  return { Version = document.Version, Statement = statements }
end

local function reversed(document)
  local statements = {}
  for i = #document.Statement, 1, -1 do
    local one = copy(document.Statement[i])
    for _, element in ipairs { "Action", "Resource" } do
      if type(one[element]) == "table" then table.sort(one[element]) end
    end
    statements[#statements + 1] = one
  end
  return { Version = document.Version, Statement = statements }
end

local function with_list(list, change)
  local new = { table.unpack(list_of(list)) }
  change(new)
  return #new == 1 and new[1] or new
end

-- Each makes a changed copy, and says whether it can allow more, and less; nil: it does not apply.
local CHANGES = {
  ["an Allow removed"] = function(document, random)
    local new = copy(document)
    local removed = table.remove(new.Statement, random(#new.Statement))
    return #new.Statement > 0 and removed.Effect == "Allow" and new, false, true
  end,
  ["an action removed"] = function(document, random)
    local new = copy(document)
    local statement = new.Statement[random(#new.Statement)]
    local list = statement.Action and list_of(statement.Action) or {}
    if #list < 2 or statement.Effect ~= "Allow" then return nil end
    statement.Action = with_list(list, function(items) table.remove(items, random(#items)) end)
    return new, false, true
  end,
  ["an action shortened"] = function(document, random)
    local new = copy(document)
    local statement = new.Statement[random(#new.Statement)]
    local list = statement.Action and list_of(statement.Action) or {}
    if #list == 0 or statement.Effect ~= "Allow" then return nil end
    statement.Action = with_list(list, function(items)
      local i = random(#items)
      local prefix, name = items[i]:match "^([^:]*:)(.*)$"
      items[i] = prefix and prefix .. name:sub(1, 4) .. "*" or items[i]
    end)
    return new, true, true
  end,
  ["a condition removed"] = function(document, random)
    local new = copy(document)
    local statement = new.Statement[random(#new.Statement)]
    if not statement.Condition then return nil end
    statement.Condition = nil
    return new, statement.Effect == "Allow", statement.Effect == "Deny"
  end,
  ["a resource narrowed"] = function(document, random)
    local new = copy(document)
    local statement = new.Statement[random(#new.Statement)]
    if statement.Resource ~= "*" or statement.Effect ~= "Allow" then return nil end
    statement.Resource = "arn:aws:s3:::bucket/*"
    return new, false, true
  end,
  ["a Deny added"] = function(document)
    local new = copy(document)
    table.insert(new.Statement, 1, { Effect = "Deny", Action = "*", Resource = "*", Condition = { Bool = { ["aws:SecureTransport"] = "false" } } })
    return new, false, true
  end,
}

local names = {}
for name in pairs(CHANGES) do names[#names + 1] = name end
table.sort(names)

describe("new access in AWS's managed policies", function()
  local policies = read_policies()
  if #policies == 0 then
    pending("they are not here (LANYARD_MANAGED_POLICIES, " .. FOLDER .. ")")
    return
  end
  local random = torture.random()
  policies = torture.sample(policies, torture.choose(150, #policies), random)
  local slow -- the longest answers: { taken, name }
  before_each(function() slow = {} end)

  -- Returns nil for a text that is too large, which splitting can make.
  local function parse(document)
    local text = json.encode(document)
    return #text <= policy.MOST_BYTES and assert(policy.parse(text)) or nil
  end

  local function timed(name, ask, ...)
    local start = os.clock()
    local result = table.pack(ask(...))
    local taken = os.clock() - start
    slow[#slow + 1] = { taken, name }
    return table.unpack(result, 1, result.n)
  end

  -- Returns the smallest equal document. It asks many questions: the bounded run leaves out long documents.
  local function minimized(document)
    local original = parse(document)
    if not original or not torture.long and #tostring(original) > 2000 then
      return nil
    end
    local smaller, removed, reason = policy.minimize(original, OPTIONS)
    assert.truthy(smaller or removed == "undecided", reason)
    return smaller
  end

  -- Describes how many answers took more than 50 ms, and the longest.
  local function times()
    table.sort(slow, function(a, b) return a[1] > b[1] end)
    local over = 0
    for _, one in ipairs(slow) do over = over + (one[1] > 0.05 and 1 or 0) end
    return ("%d over 50 ms, longest %.1f ms (%s)"):format(over, slow[1][1] * 1000, slow[1][2])
  end

  it("is none against the same policy in another form", function()
    local undecided, faults, pairs_ = {}, {}, 0
    for _, one in ipairs(policies) do
      local original = parse(one.document)
      local forms = { same = one.document, reversed = reversed(one.document), actions = split(one.document, "Action"),
        resources = split(one.document, "Resource") }
      local others = { minimized = minimized(one.document) }
      for form, document in pairs(forms) do others[form] = parse(document) end
      for form, other in pairs(original and others or {}) do
        pairs_ = pairs_ + 1
        local equal, found, reason = timed(one.name .. " " .. form, policy.equal_access, original, other, OPTIONS)
        if equal == nil then
          undecided[#undecided + 1] = ("%s (%s): %s"):format(one.name, form, reason)
        elseif not equal then
          faults[#faults + 1] = ("%s (%s): %s"):format(one.name, form, json.encode(found))
        end
      end
    end
    torture.report("managed policies in other forms", pairs_, ("%d undecided, %s"):format(#undecided, times()))
    for i = 1, math.min(#undecided, 5) do print("# undecided: " .. undecided[i]) end
    assert.equal("", table.concat(faults, "\n", 1, math.min(#faults, 5)))
    assert.is_true(#undecided * 20 < pairs_)
  end)

  it("is what a change gives, and is rarely undecided", function()
    local faults, asked, undecided, reasons = {}, 0, 0, {}
    for _, one in ipairs(policies) do
      local original = parse(one.document)
      for _, name in ipairs(names) do
        local changed, gives, takes = CHANGES[name](one.document, random)
        local other = changed and parse(changed) or nil
        for _, way in ipairs(original and other and { { original, other, gives }, { other, original, takes } } or {}) do
          asked = asked + 1
          local found, unknown, reason = timed(one.name .. " " .. name, policy.new_access, way[1], way[2], OPTIONS)
          local fault = found and witness.fault(way[1], way[2], found, OPTIONS)
          if unknown then
            undecided = undecided + 1
            reasons[reason] = (reasons[reason] or 0) + 1
          elseif fault or found and not way[3] then
            faults[#faults + 1] = ("%s, %s: %s %s"):format(one.name, name, fault or "nothing can be new, but", json.encode(found))
          end
        end
      end
    end
    torture.report("changed managed policies", asked, ("%d undecided, %s"):format(undecided, times()))
    for reason, count in pairs(reasons) do print(("# %d undecided: %s"):format(count, reason)) end
    assert.equal("", table.concat(faults, "\n", 1, math.min(#faults, 5)))
    assert.is_true(undecided * 20 < asked)
  end)
end)
