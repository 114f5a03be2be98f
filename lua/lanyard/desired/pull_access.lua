--- Compares which puller roles two policies of a repository allow to pull, and for how long.
---
---     for _, change in ipairs(pull_access.changes(before, after, roles, "us-east-1")) do ... end
---
--- A pull needs two actions. A role that is allowed only one of them cannot pull.

local expiry = require "lanyard.policy.expiry"
local lists = require "lanyard.lists"
local match = require "lanyard.match"
local policy = require "lanyard.policy"
local principal = require "lanyard.access.principal"
local timestamp = require "lanyard.text.timestamp"

local M = {}

---@class desired.Limit  what limits a pull
---@field text string  for people: empty for an unlimited pull, "until 2027-01-31", "partially", ...
---@field rank? integer  0 unlimited, 1 until a date, 2 conditional; absent when the two actions have different limits
---@field deadline? integer  seconds since 1970

---@class desired.AccessChange  a role whose access appears, disappears or has another limit
---@field arn string
---@field service string
---@field label string  the service, with its Region or as an earlier role where the role is not its current one
---@field before? desired.Limit
---@field after? desired.Limit

--- Formats a time as people write it in a desired-state file: a date when it is midnight UTC, else a timestamp.
---@param seconds integer  seconds since 1970
---@return string
function M.date(seconds)
  return (timestamp.format(seconds):gsub("T00:00:00Z$", ""))
end

--- Describes a limit, including the absence of one.
---@param limit desired.Limit
---@return string
function M.limit_text(limit)
  return limit.text ~= "" and limit.text or "without expiry"
end

local function limit_of(statement)
  local deadline = expiry.ends(statement)
  if deadline and expiry.only(statement) then
    return { text = "until " .. M.date(deadline), rank = 1, deadline = deadline }
  elseif statement.has_condition then
    return { text = "under a condition", rank = 2 }
  end
  return { text = "", rank = 0 }
end

local function is_wider(a, b)
  if not b or a.rank ~= b.rank then
    return not b or a.rank < b.rank
  end
  return a.rank == 1 and a.deadline > b.deadline
end

local function has_action(statement, action)
  for _, pattern in ipairs(statement.actions) do
    if match.glob(pattern, action, true) then
      return true
    end
  end
  return false
end

--- Reports whether a statement's actions include at least one action of a pull.
---@param statement table
---@return boolean
function M.has_pull_action(statement)
  for _, action in ipairs(policy.PULL_ACTIONS) do
    if not statement.not_action and has_action(statement, action) then
      return true
    end
  end
  return false
end

-- Returns the puller roles that a policy allows one action, with the widest limit of each.
local function roles_with_action(doc, action)
  local limits = {}
  for _, statement in ipairs(doc and doc:statements() or {}) do
    local allows = statement.effect == "Allow" and not (statement.not_principal or statement.not_action)
      and has_action(statement, action)
    for _, one in ipairs(allows and statement.principals or {}) do
      if principal.classify(one.type, one.value).kind == "puller" then
        local limit = limit_of(statement)
        limits[one.value] = is_wider(limit, limits[one.value]) and limit or limits[one.value]
      end
    end
  end
  return limits
end

-- Returns the limit of a pull from the limits of its two actions; nil means that the action is not allowed.
local function combined_limit(a, b)
  if not (a and b) then
    local only = a or b
    return { text = "partially" .. (only.text ~= "" and ", " .. only.text or "") }
  elseif a.text == b.text then
    return a
  end
  local narrow, wide = a, b
  if is_wider(a, b) then
    narrow, wide = b, a
  end
  return { text = ("%s (one action %s)"):format(M.limit_text(narrow), M.limit_text(wide)) }
end

--- Returns the puller roles that a policy allows a pull, or one of the two actions of a pull.
---@param doc? policy.Document
---@return table<string, desired.Limit>  by ARN
function M.limits(doc)
  local first, second = roles_with_action(doc, policy.PULL_ACTIONS[1]), roles_with_action(doc, policy.PULL_ACTIONS[2])
  local limits = {}
  for arn in pairs(first) do
    limits[arn] = combined_limit(first[arn], second[arn])
  end
  for arn in pairs(second) do
    limits[arn] = combined_limit(first[arn], second[arn])
  end
  return limits
end

--- Names a puller role for people.
---@param arn string
---@param roles table<string, string>  the current puller roles by service
---@param region string
---@return string
function M.label(arn, roles, region)
  local role = principal.classify("AWS", arn)
  if role.region ~= region then
    return ("%s of %s"):format(role.service, role.region)
  elseif roles[role.service] == arn then
    return role.service
  end
  return ("an earlier role of %s"):format(role.service)
end

local function sorted_arns(labels)
  local arns = lists.sorted_names(labels)
  table.sort(arns, function(a, b)
    if labels[a] ~= labels[b] then
      return labels[a] < labels[b]
    end
    return a < b
  end)
  return arns
end

--- Returns the roles whose access differs between two policies, sorted by label.
---@param before? policy.Document
---@param after? policy.Document
---@param roles table<string, string>  the current puller roles by service, as far as they are known
---@param region string
---@return desired.AccessChange[]
function M.changes(before, after, roles, region)
  local old, new, labels = M.limits(before), M.limits(after), {}
  for _, limits in ipairs { old, new } do
    for arn in pairs(limits) do
      labels[arn] = M.label(arn, roles, region)
    end
  end
  local changes = {}
  for _, arn in ipairs(sorted_arns(labels)) do
    if not (old[arn] and new[arn] and old[arn].text == new[arn].text) then
      changes[#changes + 1] = {
        arn = arn, service = principal.classify("AWS", arn).service, label = labels[arn],
        before = old[arn], after = new[arn],
      }
    end
  end
  return changes
end

return M
