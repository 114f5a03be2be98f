-- policy.new_access for lists of actions of several lengths: long lists are searched pattern by pattern.

local answers = require "reason.answers"
local json = require "lanyard.json"
local policy = require "lanyard.policy"

local allow, check = answers.allow, answers.check

-- Patterns, each fifth with a wildcard; with some changed: number --> pattern, or false.
local function patterns(count, changes, form)
  local list = {}
  for i = 1, count do
    local pattern = (form or "s:a%03d"):format(i) .. (i % 5 == 0 and "*" or "")
    local changed = changes and changes[i]
    if changed ~= false then list[#list + 1] = changed or pattern end
  end
  return list
end

local function reversed(list)
  local new = {}
  for i = #list, 1, -1 do new[#new + 1] = list[i] end
  return new
end

local function with(list, elements)
  local statement = allow(elements)
  statement.Action = list
  return statement
end

local function without(list, elements)
  local statement = allow(elements)
  statement.Action, statement.NotAction = nil, list
  return statement
end


for _, count in ipairs { 10, 20, 70, 200 } do
  describe(("new_access for %d actions"):format(count), function()
    local list = patterns(count)

    it("is none in another order, and in another letter case", function()
      local upper = {}
      for i, pattern in ipairs(reversed(list)) do upper[i] = pattern:upper() end
      check({}, {
        { "none", { with(list) }, { with(reversed(list)) } }, { "none", { with(list) }, { with(upper) } },
        { "none", { with(upper) }, { with(list) } }, { "none", { without(list) }, { without(upper) } },
        { "none", { with { "s:*" } }, { with(list) } }, { "none", { with(list) }, { with(patterns(count, { [3] = false })) } },
        { "none", { without(patterns(count, { [3] = false })) }, { without(list) } },
      })
    end)

    it("finds the pattern that is new", function()
      local more = patterns(count)
      more[#more + 1] = "s:b?c"
      check({ "action" }, {
        { "certain s:bac", { with(list) }, { with(more) } },
        { "certain s:a003", { with(patterns(count, { [3] = false })) }, { with(list) } },
        { "certain s:a003", { without(list) }, { without(patterns(count, { [3] = false })) } },
        { "certain s:a0099", { with(patterns(count, { [9] = "s:a009?x" })) }, { with(patterns(count, { [9] = "s:a0099" })) } },
        { "certain t:example", { with(more) }, { with(more), with { "t:*" } } },
        { "none", { with(patterns(count, { [5] = "s:A005*" })) }, { with(patterns(count, { [5] = "s:a005x?" })) } },
      })
    end)

    it("finds what a wider pattern adds, beside narrower ones of other statements", function()
      local wider = patterns(count, { [5] = "s:a005*", [6] = "s:a005x" })
      local narrower = patterns(count, { [5] = "s:a005x*", [6] = "s:a005" })
      local found = assert(policy.new_access(answers.parse { with(narrower) }, answers.parse { with(wider) }))
      assert.truthy(found.request.action:find "^s:a005[^x]", json.encode(found.request))
      check({}, {
        { "none", { with(narrower), with { "s:a005?*" } }, { with(wider) } },
        { "none", { with(wider) }, { with(narrower) } },
      })
    end)

    it("finds what a removed Deny of a list denied", function()
      local function denies(removed)
        return { allow { Action = "s:*" }, with(patterns(count, removed), { Effect = "Deny" }) }
      end
      check({ "action" }, {
        { "none", denies(), denies() }, { "none", denies { [3] = false }, denies() },
        { "certain s:a003", denies(), denies { [3] = false } },
        { "certain s:a003", denies(), { with(list), with(patterns(count, { [3] = false }), { Effect = "Deny" }) } },
      })
    end)

    it("finds actions that two lists have", function()
      local suffixed = { with(patterns(count, nil, "s:a%03d*x")) }
      check({}, {
        { "certain", { allow { Action = "*" }, allow { Effect = "Deny", Action = "*:*z*" } }, suffixed },
        { "none", { allow { Action = "*" }, allow { Effect = "Deny", Action = "s:b*" } }, suffixed },
        { "none", { allow { Action = "*" }, allow { Effect = "Deny", Action = "t:*" } }, suffixed },
      })
    end)

    it("considers other elements beside the lists", function()
      check({ "action", "context" }, {
        { 'certain s:a001 {"k":"b"}', { with(list, { Condition = { StringEquals = { k = "a" } } }) },
          { with(list, { Condition = { StringEquals = { k = { "a", "b" } } } }) } },
        { "none", { with(list), with(list, { Condition = { StringEquals = { k = "a" } } }) }, { with(list) } },
      })
    end)
  end)
end

