--- Compares elements of statements by their patterns: whether one covers another, in full, in part or not at all.

local arn = require "lanyard.arn"
local glob = require("lanyard.match").glob

local M = {}

--- Reports whether a pattern certainly matches whatever another one matches. A `*` matches the wildcards of a text like
--- any other character; a `?` would match a `*`, which matches texts of any length.
---@param outer string
---@param inner string
---@return boolean
function M.includes(outer, inner)
  if outer == "*" or outer == inner then
    return true
  elseif not outer:find "[*?]" then
    return false
  elseif outer:find("${", 1, true) or inner:find("${", 1, true)
    or outer:find("?", 1, true) and inner:find("*", 1, true) then
    return false
  end
  return glob(outer, inner)
end

local includes = M.includes

-- Reports whether no text certainly matches two patterns: one of them is plain, or their first characters differ.
local function are_disjoint(a, b)
  if a == b then
    return false
  elseif not a:find "[*?$]" and not b:find "[*?$]" then
    return true
  elseif a:find("${", 1, true) or b:find("${", 1, true) then
    return false
  elseif not b:find "[*?]" then
    return not glob(a, b)
  elseif not a:find "[*?]" then
    return not glob(b, a)
  end
  local first, second = a:match "^[^*?]*", b:match "^[^*?]*"
  local length = math.min(#first, #second)
  return first:sub(1, length) ~= second:sub(1, length)
end

local function any(list, value, test)
  for _, one in ipairs(list) do
    if test(one, value) then
      return true
    end
  end
  return false
end

local function literal_prefix(text)
  return text:match "^[^*?$]*"
end

-- Returns a function that returns the lists of patterns that may not be disjoint from one: what begins one of the two
-- literally, begins the other.
local function index_of(patterns)
  local by_prefix, lengths, beginnings = {}, {}, {}
  for _, pattern in ipairs(patterns) do
    local prefix = literal_prefix(pattern)
    by_prefix[prefix], lengths[#prefix] = by_prefix[prefix] or {}, true
    table.insert(by_prefix[prefix], pattern)
  end
  -- Returns the patterns by their first bytes, where as many are literal.
  local function by_beginning(length)
    local map = {}
    for prefix, list in pairs(by_prefix) do
      local key = #prefix >= length and prefix:sub(1, length)
      if key then
        map[key] = table.move(list, 1, #list, #(map[key] or {}) + 1, map[key] or {})
      end
    end
    return map
  end
  return function(pattern)
    local prefix = literal_prefix(pattern)
    beginnings[#prefix] = beginnings[#prefix] or by_beginning(#prefix)
    local lists = { beginnings[#prefix][prefix] }
    for length in pairs(lengths) do
      lists[#lists + 1] = length < #prefix and by_prefix[prefix:sub(1, length)] or nil
    end
    return lists
  end
end

-- Two lists of this length are compared by an index.
local LONG = 16

local function is_apart(pattern, others)
  for _, other in ipairs(others) do
    if not are_disjoint(pattern, other) then
      return false
    end
  end
  return true
end

--- Reports whether no text matches a pattern of each of two lists.
---@param list string[]
---@param others string[]
---@return boolean
function M.are_apart(list, others)
  local lists_for = #list >= LONG and #others >= LONG and index_of(others)
  for _, one in ipairs(list) do
    for _, near in ipairs(lists_for and lists_for(one) or {}) do
      if not is_apart(one, near) then
        return false
      end
    end
    if not lists_for and not is_apart(one, others) then
      return false
    end
  end
  return true
end

-- Returns "all", "part" or "none": how much of the pattern `inner` a list covers.
local function of_pattern(list, is_not, inner)
  if is_not then
    local touched = any(list, inner, function(one, other) return not are_disjoint(one, other) end)
    return any(list, inner, includes) and "none" or touched and "part" or "all"
  end
  if any(list, inner, includes) then
    return "all"
  end
  return any(list, inner, function(one, other) return not are_disjoint(one, other) end) and "part" or "none"
end

--- Returns texts in lower case, as actions are compared.
---@param list string[]
---@return string[]
function M.lowered(list)
  local texts = {}
  for i, text in ipairs(list) do
    texts[i] = text:lower()
  end
  return texts
end

--- Returns how much of a list of patterns another one covers: "all", "part" or "none". With `not`, a list names what is
--- not in it.
---@param outer string[]
---@param outer_not boolean?
---@param inner string[]
---@param inner_not boolean?
---@return "all"|"part"|"none"
function M.of_list(outer, outer_not, inner, inner_not)
  if inner_not then
    if not outer_not then
      return any(outer, "*", includes) and "all" or "part"
    end
    for _, pattern in ipairs(outer) do
      if not any(inner, pattern, includes) then
        return "part"
      end
    end
    return "all"
  end
  local all, none = true, true
  for _, pattern in ipairs(inner) do
    local one = of_pattern(outer, outer_not, pattern)
    all, none = all and one == "all", none and one == "none"
  end
  return all and "all" or none and "none" or "part"
end

--- Reports whether something may be in two lists of patterns; see of_list.
---@param outer string[]
---@param outer_not boolean?
---@param inner string[]
---@param inner_not boolean?
---@return boolean
function M.meet(outer, outer_not, inner, inner_not)
  if outer_not or inner_not then
    return M.of_list(outer, outer_not, inner, inner_not) ~= "none"
  end
  return #inner == 0 or not M.are_apart(inner, outer)
end

--- Returns how many of some actions a statement's actions cover: "all", "part" or "none".
---@param statement policy.Statement
---@param actions string[]   patterns
---@param is_not? boolean    all actions but these
---@return "all"|"part"|"none"
function M.actions(statement, actions, is_not)
  return M.of_list(M.lowered(statement.actions), statement.not_action, M.lowered(actions), is_not)
end

--- Returns how many of the resources of the statement `inner` the statement `outer` covers: "all", "part" or "none". A
--- statement without Resource applies to every resource.
---@param outer policy.Statement
---@param inner policy.Statement
---@return "all"|"part"|"none"
function M.resources(outer, inner)
  if not outer.has_resource then
    return "all"
  elseif not inner.has_resource then
    return M.of_list(outer.resources, outer.not_resource, { "*" })
  end
  return M.of_list(outer.resources, outer.not_resource, inner.resources, inner.not_resource)
end

--- Reports whether a resource may be one of two statements.
---@param one policy.Statement
---@param other policy.Statement
---@return boolean
function M.share_resources(one, other)
  return not one.has_resource or not other.has_resource
    or M.meet(one.resources, one.not_resource, other.resources, other.not_resource)
end

--- Reports whether a list has all items of another.
---@param list string[]
---@param others string[]
---@return boolean
function M.contains(list, others)
  local has = {}
  for _, item in ipairs(list) do
    has[item] = true
  end
  for _, item in ipairs(others) do
    if not has[item] then
      return false
    end
  end
  return true
end

--- Returns the account of a principal: an account id, or the fixed account in an ARN or a pattern of ARNs.
---@param value string
---@return string?
function M.account(value)
  if value:find "^%d%d%d%d%d%d%d%d%d%d%d%d$" then
    return value
  end
  local parsed = arn.parse(value)
  return parsed and parsed.account:match "^%d%d%d%d%d%d%d%d%d%d%d%d$"
end

--- Reports whether a principal of a statement is anyone.
---@param principal { type: string, value: string }
---@return boolean
function M.is_anyone(principal)
  return principal.type == "*" or principal.value == "*" and principal.type == "AWS"
end

--- Reports whether a principal is an account: its id, or the ARN of its root.
---@param value string
---@return boolean
function M.is_account(value)
  return M.account(value) ~= nil and (not value:find "%D" or value:find "^arn:[%w-]+:iam::%d+:root$" ~= nil)
end

return M
