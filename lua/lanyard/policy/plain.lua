--- Recognizes policies of a simple form, for which the answers of the linter and of the engine are known in advance.
---
---     plain.is_accepted(doc)             --> true: ECR accepts it; false: unknown
---     plain.effect_texts(before, after)  --> "pull to arn:aws:iam::111122223333:role/ci", "nothing"; nil: unknown
---
--- A plain statement names roles, users, accounts and services, and actions of ECR. Its conditions have few operators.
--- Each check accepts less than the linter and the engine do: they decide about all other policies.

local json = require "lanyard.json"

local M = {}

-- ---------------------------------------------------------------------------------------------
-- The form

local ACCOUNT <const> = ("%d"):rep(12)
local ROOT <const> = "^arn:aws:iam::(" .. ACCOUNT .. "):root$"
local ROLE <const> = "^arn:aws:iam::(" .. ACCOUNT .. "):role/[%w+=,.@_/-]*[%w+=,.@_-]$"
local USER <const> = "^arn:aws:iam::(" .. ACCOUNT .. "):user/[%w+=,.@_/-]*[%w+=,.@_-]$"

-- The patterns of principals, by type.
local PRINCIPALS = { AWS = { ROLE, "^(" .. ACCOUNT .. ")$", ROOT, USER }, Service = { "^[%l%d-]+%.amazonaws%.com$" } }
local ACTIONS = { "^ecr:%*$", "^ecr:%u%a+$" }
local VERSIONS = { ["2008-10-17"] = true, ["2012-10-17"] = true }
local EFFECTS = { Allow = true, Deny = true }
local OPERATORS = {
  StringEquals = true, StringNotEquals = true, StringLike = true, StringNotLike = true,
  ArnEquals = true, ArnLike = true, DateLessThan = true,
}
local DOCUMENT = { Version = true, Statement = true }
local STATEMENT = { Sid = true, Effect = true, Principal = true, Action = true, Condition = true }

-- Reports whether a value is an object whose members have known names.
local function is_object(value, known)
  if type(value) ~= "table" or json.is_array(value) then
    return false
  end
  for name in pairs(value) do
    if not known[name] then
      return false
    end
  end
  return true
end

local function list_of(value)
  return json.is_array(value) and value or { value }
end

local function matches(text, patterns)
  for _, pattern in ipairs(patterns) do
    if text:find(pattern) then
      return true
    end
  end
  return false
end

-- Reports whether a value is a text or a list of texts, each of which matches one of the patterns.
local function has_form(value, patterns)
  local list = list_of(value)
  for _, text in ipairs(list) do
    if type(text) ~= "string" or not matches(text, patterns) then
      return false
    end
  end
  return #list > 0
end

local function are_principals(value)
  if not is_object(value, PRINCIPALS) or not next(value) then
    return false
  end
  for type, names in pairs(value) do
    if not has_form(names, PRINCIPALS[type]) then
      return false
    end
  end
  return true
end

local ANY_TEXT = { "" }

local function is_condition(value)
  if not is_object(value, OPERATORS) then
    return false
  end
  for _, keys in pairs(value) do
    if type(keys) ~= "table" or json.is_array(keys) then
      return false
    end
    for _, values in pairs(keys) do
      if not has_form(values, ANY_TEXT) then
        return false
      end
    end
  end
  return true
end

local function is_statement(value)
  return is_object(value, STATEMENT) and (value.Sid == nil or type(value.Sid) == "string") and EFFECTS[value.Effect]
    and are_principals(value.Principal) and has_form(value.Action, ACTIONS)
    and (value.Condition == nil or is_condition(value.Condition))
end

local function is_plain(root)
  if not is_object(root, DOCUMENT) or root.Version ~= nil and not VERSIONS[root.Version] then
    return false
  end
  for _, statement in ipairs(list_of(root.Statement)) do
    if not is_statement(statement) then
      return false
    end
  end
  return true
end

-- What was read last, by text: a change asks about the same documents before and after it is written.
local MOST_KEPT, LONGEST_KEPT = 16, 32768
local kept, kept_count = {}, 0

-- Returns the statements of a plain document, decoded, and its Version | nil
local function read(doc)
  local text = tostring(doc)
  local root = kept[text]
  if root == nil then
    root = json.decode(text)
    root = is_plain(root) and root
    if kept_count >= MOST_KEPT then
      kept, kept_count = {}, 0
    end
    if #text <= LONGEST_KEPT then
      kept[text], kept_count = root, kept_count + 1
    end
  end
  if root then
    return list_of(root.Statement), root.Version
  end
  return nil
end

-- Reports whether a statement names an action, in lower case.
local function names_action(statement, action)
  for _, name in ipairs(list_of(statement.Action)) do
    if name == "ecr:*" or name:lower() == action then
      return true
    end
  end
  return false
end

--- Reports whether a document is known to be a repository's policy that ECR accepts. ECR refuses the action
--- ecr:GetAuthorizationToken in it.
---@param doc policy.Document
---@return boolean
function M.is_accepted(doc)
  local list = read(doc) or {}
  for _, statement in ipairs(list) do
    for _, name in ipairs(list_of(statement.Action)) do
      if name:lower() == "ecr:getauthorizationtoken" then
        return false
      end
    end
  end
  return #list > 0
end

-- ---------------------------------------------------------------------------------------------
-- What a change gives

local PULL <const> = { "ecr:batchgetimage", "ecr:getdownloadurlforlayer" }

-- Returns the index of the only statement whose meaning another document does not have; nil if they differ in more.
local function only_new(before, after, count)
  local old, found = {}, nil
  for i = 1, count - 1 do
    old[before:meaning(i)] = true
  end
  for i = 1, count do
    local meaning = after:meaning(i)
    if old[meaning] == nil then
      if found then
        return nil
      end
      found = i
    else
      old[meaning] = false
    end
  end
  for _, is_missing in pairs(old) do
    if is_missing then
      return nil
    end
  end
  return found
end

-- Returns the role that a statement allows a pull, and nothing else, in all cases | nil
local function puller_of(statement)
  local role, actions = statement.Principal.AWS, list_of(statement.Action)
  role = json.is_array(role) and #role == 1 and role[1] or role
  local is_whole = statement.Effect == "Allow" and not statement.Condition and not statement.Principal.Service
  local is_pull = #actions == 2 and actions[1] ~= "ecr:*" and actions[2] ~= "ecr:*"
    and names_action(statement, PULL[1]) and names_action(statement, PULL[2])
  return is_whole and is_pull and type(role) == "string" and role:find(ROLE) and not role:find("//", 1, true) and role
    or nil
end

-- Reports whether a principal of AWS does not include a role: it is another role, a user, or another account.
local function is_other(principal, role)
  local account = principal:match(ROOT) or principal:match "^%d+$"
  return principal ~= role and account ~= role:match(ROLE)
end

-- Reports whether a principal is a role with the same name in another path. Their sessions have the same ARNs.
local function is_namesake(principal, role)
  return principal ~= role and principal:find(ROLE) ~= nil and principal:match "[^/]*$" == role:match "[^/]*$"
end

-- Reports whether a statement says nothing about a role that pulls.
local function is_apart(statement, role)
  local is_about_pull = names_action(statement, PULL[1]) or names_action(statement, PULL[2])
  for _, principal in ipairs(list_of(statement.Principal.AWS)) do
    if is_namesake(principal, role) or is_about_pull and not is_other(principal, role) then
      return false
    end
  end
  return true
end

-- Returns the role that may pull after a change, if that is all the change gives and takes: the new document has one
-- statement more, which allows a role a pull, and no other statement says something about that. nil if it is unknown.
local function new_puller(before, after)
  local old, old_version = read(before)
  local new, version = read(after)
  if not old or not new or #new ~= #old + 1 or #old > 0 and old_version ~= version then
    return nil
  end
  local index = only_new(before, after, #new)
  local role = index and puller_of(new[index])
  for i, statement in ipairs(new) do
    if role and i ~= index and not is_apart(statement, role) then
      return nil
    end
  end
  return role
end

--- Returns what a change gives and takes, as texts, if it gives one role a pull or takes it, and nothing else. They are
--- the texts of lanyard.policy.effect, which knows all changes.
---@param before policy.Document
---@param after policy.Document
---@return string? gives  nil if it is unknown whether the change is one of these
---@return string? takes
function M.effect_texts(before, after)
  local gains = new_puller(before, after)
  local loses = not gains and new_puller(after, before)
  if gains or loses then
    return gains and "pull to " .. gains or "nothing", loses and "pull from " .. loses or "nothing"
  end
  return nil
end

return M
