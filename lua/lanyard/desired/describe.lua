-- The difference of two policies of a repository in words: which container services may pull, and until
-- when. Who has but one of the two actions of a pull may pull only in part, which is not at all.
--
--   words.difference(before, after, roles, region, touched)
--     --> { "+ web may pull", "~ jobs: until 2026-12-01 -> until 2027-01-31", "- old" }

local expiry = require "lanyard.policy.expiry"
local timestamp = require "lanyard.text.timestamp"
local lists = require "lanyard.lists"
local match = require "lanyard.match"
local policy = require "lanyard.policy"
local principal = require "lanyard.access.principal"

local M = {}

-- A moment for people: a date where it is the beginning of a day.
function M.moment(seconds)
  return (timestamp.format(seconds):gsub("T00:00:00Z$", ""))
end

-- How far a statement's grant reaches: "" always, "until 2027-01-31", or under what conditions; the less
-- the rank the further.
local function reach(statement)
  local ends = expiry.ends(statement)
  if ends and expiry.only(statement) then
    return { text = "until " .. M.moment(ends), rank = 1, ends = ends }
  elseif statement.has_condition then
    return { text = "under a condition", rank = 2 }
  end
  return { text = "", rank = 0 }
end

local function further(a, b)
  if not b or a.rank ~= b.rank then
    return not b or a.rank < b.rank
  end
  return a.rank == 1 and a.ends > b.ends
end

-- Whether a statement's actions have this one.
local function gives(statement, action)
  for _, pattern in ipairs(statement.actions) do
    if match.glob(pattern, action, true) then
      return true
    end
  end
  return false
end

-- has_pull(statement) --> whether its actions have one of a pull
function M.has_pull(statement)
  for _, action in ipairs(policy.PULL_ACTIONS) do
    if not statement.not_action and gives(statement, action) then
      return true
    end
  end
  return false
end

-- The puller roles that a policy grants one action: { [ARN] = reach }
local function granted(doc, action)
  local found = {}
  for _, statement in ipairs(doc and doc:statements() or {}) do
    local allows = statement.effect == "Allow" and not (statement.not_principal or statement.not_action)
      and gives(statement, action)
    for _, one in ipairs(allows and statement.principals or {}) do
      if principal.classify(one.type, one.value).kind == "puller" then
        local region = reach(statement)
        found[one.value] = further(region, found[one.value]) and region or found[one.value]
      end
    end
  end
  return found
end

-- How far a grant reaches, also where nothing limits it.
function M.text(of)
  return of.text ~= "" and of.text or "without end"
end

-- How far a pull reaches by the reaches of its two actions (nil: not granted), one of which is no pull.
local function both(a, b)
  if not (a and b) then
    local one = a or b
    return { text = "only in part" .. (one.text ~= "" and ", " .. one.text or "") }
  elseif a.text == b.text then
    return a
  end
  local less, more = a, b
  if further(a, b) then
    less, more = b, a
  end
  return { text = ("%s, in part %s"):format(M.text(less), M.text(more)) }
end

-- The puller roles that a policy grants a pull, or one of the two actions that it takes: { [ARN] = reach }
function M.grants(doc)
  local first, second = granted(doc, policy.PULL_ACTIONS[1]), granted(doc, policy.PULL_ACTIONS[2])
  local found = {}
  for arn in pairs(first) do
    found[arn] = both(first[arn], second[arn])
  end
  for arn in pairs(second) do
    found[arn] = both(first[arn], second[arn])
  end
  return found
end

local function name_of(arn, roles, region)
  local who = principal.classify("AWS", arn)
  if who.region ~= region then
    return ("%s of %s"):format(who.service, who.region)
  elseif roles[who.service] == arn then
    return who.service
  end
  return ("an earlier role of %s"):format(who.service)
end

-- changes(before, after, roles, region) --> list of { arn, service, name, before = reach | nil, after = reach |
-- nil }, by name, of the roles whose grant comes, goes or reaches elsewhere. `before` and `after` are documents or
-- nil, `roles` the current puller roles by their services, as far as they are known.
function M.changes(before, after, roles, region)
  local old, new = M.grants(before), M.grants(after)
  local all, names = {}, {}
  for arn in pairs(old) do all[arn] = true end
  for arn in pairs(new) do all[arn] = true end
  for arn in pairs(all) do
    names[arn] = name_of(arn, roles, region)
  end
  local arns = lists.sorted_names(all)
  table.sort(arns, function(a, b)
    if names[a] ~= names[b] then
      return names[a] < names[b]
    end
    return a < b
  end)
  local changes = {}
  for _, arn in ipairs(arns) do
    if not (old[arn] and new[arn] and old[arn].text == new[arn].text) then
      changes[#changes + 1] = { arn = arn, service = principal.classify("AWS", arn).service, name = names[arn],
        before = old[arn], after = new[arn] }
    end
  end
  return changes
end

local function line(change)
  if not change.before then
    return ("+ %s may pull%s"):format(change.name, change.after.text ~= "" and " " .. change.after.text or "")
  elseif not change.after then
    return "- " .. change.name
  end
  return ("~ %s: %s -> %s"):format(change.name, M.text(change.before), M.text(change.after))
end

-- A role that the change touched, without another reach.
local function same_line(name, of)
  if not of then
    return ("- %s, with other actions than a pull"):format(name)
  end
  return ("~ %s: %s as before, in other statements"):format(name, M.text(of))
end

-- difference(before, after, roles, region, touched) --> a line for each of the changes, and for each of the other roles
-- (a list of ARNs) whose statements the change touched
function M.difference(before, after, roles, region, touched)
  local lines, told = {}, {}
  for i, change in ipairs(M.changes(before, after, roles, region)) do
    lines[i], told[change.arn] = line(change), true
  end
  local reaches = M.grants(after)
  for _, arn in ipairs(touched) do
    lines[#lines + 1] = not told[arn] and same_line(name_of(arn, roles, region), reaches[arn]) or nil
  end
  return lines
end

return M
