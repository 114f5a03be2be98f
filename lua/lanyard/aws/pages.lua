--- The pages of operations, as the paginators of AWS's models and of descriptions have them.
---
---     local paginator = assert(pages.compile(service.paginators.ListBuckets, "ListBuckets"))
---     for reply, err in pages.iterate(paginator, input, request) do ... end
---
--- A paginator has botocore's members: `input_token` and `output_token` (one or several, in the same order; an output
--- token is a JMESPath query of the reply), `more_results` (a query whose value says whether a page follows),
--- `limit_key` (the member for the size of a page), `result_key` (one or several queries for what is listed) and
--- `non_aggregate_keys` (queries for members that are the same on each page).

local errors = require "lanyard.errors"
local expression = require "lanyard.aws.expression"

local M = {}

--- A query of a paginator.
---@class aws.PageKey
---@field text string
---@field get fun(reply: table): any, lanyard.Error?

--- How the pages of an operation are requested and joined.
---@class aws.Paginator
---@field operation string
---@field input_tokens string[]       members of the request
---@field output_tokens aws.PageKey[] for each of them
---@field more_results? aws.PageKey
---@field limit_key? string
---@field result_keys aws.PageKey[]   the first one is the main list
---@field non_aggregate_keys aws.PageKey[]

-- ---------------------------------------------------------------------------------------------
-- Reading paginators

local function as_list(value)
  if value == nil then
    return {}
  end
  return type(value) == "table" and value or { value }
end

local function compile_keys(value, what)
  local keys = {}
  for i, text in ipairs(as_list(value)) do
    local get, err = expression.compile(text, what)
    if not get then
      return nil, err
    end
    keys[i] = { text = text, get = get }
  end
  return keys
end

local function invalid(operation, what)
  return nil, errors.new { code = "InvalidModel", message = ("the paginator of %s %s"):format(operation, what) }
end

local KEYS = { "output_token", "more_results", "result_key", "non_aggregate_keys" }

--- Reads a paginator.
---@param described table    as in botocore's paginators-1.json
---@param operation string
---@return aws.Paginator? paginator
---@return lanyard.Error? err  code "InvalidModel"
function M.compile(described, operation)
  local keys = {}
  for _, name in ipairs(KEYS) do
    local compiled, err = compile_keys(described[name], ("%s of the paginator of %s"):format(name, operation))
    if not compiled then
      return nil, err
    end
    keys[name] = compiled
  end
  local input_tokens = as_list(described.input_token)
  for _, name in ipairs(input_tokens) do
    if type(name) ~= "string" then
      return invalid(operation, "has an input token that is not a name")
    end
  end
  if #input_tokens ~= #keys.output_token or #input_tokens == 0 then
    return invalid(operation, ("has %d input tokens for %d output tokens"):format(#input_tokens, #keys.output_token))
  elseif #keys.more_results > 1 then
    return invalid(operation, "has several more_results")
  elseif described.limit_key ~= nil and type(described.limit_key) ~= "string" then
    return invalid(operation, "has a limit_key that is not a name")
  end
  return {
    operation = operation, input_tokens = input_tokens, output_tokens = keys.output_token,
    more_results = keys.more_results[1], limit_key = described.limit_key, result_keys = keys.result_key,
    non_aggregate_keys = keys.non_aggregate_keys,
  }
end

-- The compiled paginators, by their tables.
local compiled = setmetatable({}, { __mode = "k" })

--- Returns the paginator of an operation. A described operation has the one of its description.
---@param description aws.Service
---@param operation string  that the service has
---@return aws.Paginator? paginator  nil without an error for an operation that has one page
---@return lanyard.Error? err
function M.of(description, operation)
  local described = description.operations[operation]
  local found
  if described.model then
    found = described.service.paginators[operation]
  elseif description.paging then
    found = description.paging[operation] or description.paging
  end
  if found == nil then
    return nil
  elseif type(found) ~= "table" then
    return invalid(operation, "is a " .. type(found))
  elseif not compiled[found] then
    local paginator, err = M.compile(found.input_token and found
      or { input_token = found[1], output_token = found[2] }, operation)
    if not paginator then
      return nil, err
    end
    compiled[found] = paginator
  end
  return compiled[found]
end

-- ---------------------------------------------------------------------------------------------
-- Tokens

local function is_empty(value)
  return value == nil or value == false or value == "" or value == 0 or type(value) == "table" and next(value) == nil
end

-- Returns a text that equal tokens have in common. A token can be a map, such as the key of an item of DynamoDB.
local function text_of(value)
  if type(value) ~= "table" then
    local text = tostring(value)
    return ("%s%d:%s"):format(type(value), #text, text)
  end
  local names, parts = {}, {}
  for name in pairs(value) do
    names[#names + 1] = name
  end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  for i, name in ipairs(names) do
    parts[i] = text_of(name) .. text_of(value[name])
  end
  return "{" .. table.concat(parts) .. "}"
end

--- Returns the tokens of the next page by the members of the request; nil after the last page.
---@param paginator aws.Paginator
---@param reply table
---@return table<string, any>? tokens
---@return lanyard.Error? err
function M.tokens(paginator, reply)
  local more, err
  if paginator.more_results then
    more, err = paginator.more_results.get(reply)
    if is_empty(more) then
      return nil, err
    end
  end
  local tokens = {}
  for i, key in ipairs(paginator.output_tokens) do
    local value
    value, err = key.get(reply)
    if err then
      return nil, err
    end
    tokens[paginator.input_tokens[i]] = not is_empty(value) and value or nil
  end
  if next(tokens) then
    return tokens
  elseif more then
    return nil, errors.new {
      code = "InvalidResponse", message = "the reply says that another page follows, but has no token for it",
    }
  end
end

local function with_tokens(paginator, input, tokens)
  local copy = {}
  for name, value in pairs(input) do
    copy[name] = value
  end
  for _, name in ipairs(paginator.input_tokens) do
    copy[name] = tokens[name]
  end
  return copy
end

--- Iterates over pages. If a page cannot be read, the iterator returns nil and the error, and ends.
---@param paginator? aws.Paginator  nil: there is one page
---@param input table  of the first request
---@param request fun(input: table): table?, aws.Error?
---@param service? string  for errors
---@return fun(): table?, aws.Error? next_page
function M.iterate(paginator, input, request, service)
  local ended, used = false, {}
  return function()
    if ended then
      return nil
    end
    ended = true
    local reply, err = request(input)
    if not (reply and paginator) then
      return reply, err
    end
    local tokens
    tokens, err = M.tokens(paginator, reply)
    local text = tokens and text_of(tokens)
    if text and used[text] then
      err = errors.new {
        code = "InvalidResponse", message = "the token of the next page is the token of an earlier page",
      }
    end
    if err then
      err.service, err.operation = service, paginator.operation
      return nil, err
    elseif tokens then
      used[text], ended = true, false
      input = with_tokens(paginator, input, tokens)
    end
    return reply
  end
end

-- ---------------------------------------------------------------------------------------------
-- Items

-- Reports whether replies can have the member that a path begins with. A reply has all lists of its description.
local function has_member(described, text, reply)
  local name = text:match "^[%a_][%w_]*"
  if not name or text:find "^[%w_]+%(" then
    return true -- a query that does not begin with a name
  elseif described.model then
    local output = described.model.output
    return output and output.by_name[name] ~= nil
  end
  return reply[name] ~= nil
end

-- Returns the only list that a description has in the replies of an operation, or nil.
local function only_list(described)
  local found, count = nil, 0
  for name, kind in pairs(described.reply) do
    if kind == "list" then
      found, count = name, count + 1
    end
  end
  return count == 1 and found or nil
end

--- Returns what gets the items of a page.
---@param described aws.Operation
---@param paginator? aws.Paginator
---@param member? string  a member of the reply, or a query; by default the main list of the paginator, or the only list
---  of a described operation
---@return (fun(reply: table): any[]?, string?)? get  returns nil and a message if a page has no list there
---@return string? message
function M.items(described, paginator, member)
  local key = paginator and paginator.result_keys[1]
  local text = member or key and key.text or only_list(described)
  if not text then
    return nil, "no paginator says which member is the list: name it"
  end
  local get, err = expression.compile(text, "the member")
  if not get then
    return nil, err.message
  end
  return function(reply)
    local value, failed = get(reply)
    if failed then
      return nil, failed.message
    elseif type(value) == "table" then
      return value
    elseif value ~= nil or not has_member(described, text, reply) then
      return nil, ("the reply has no list '%s'"):format(text)
    end
    return {}
  end
end

return M
