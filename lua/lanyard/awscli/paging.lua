--- Reads the pages of an operation as the AWS CLI does, up to a number of items, and joins them.
---
---     local run = paging.new(paginator, { max_items = 10 }, input, request)
---     for page, err in run.next do ... end     -- each with the listed members
---     run.resume_token                         -- of --starting-token, if items are left
---
---     paging.join(run)   --> all pages as one output
---
--- The results are as in botocore's build_full_result: lists are appended, numbers added, texts joined, and other
--- members are from the first page.

local errors = require "lanyard.errors"
local json = require "lanyard.json"
local ordered = require "lanyard.awscli.ordered"
local page_token = require "lanyard.awscli.page_token"
local pages = require "lanyard.aws.pages"

local M = {}

--- The pages of a call.
---@class awscli.Paging
---@field next fun(): table?, lanyard.Error?  returns the next page, as it is printed
---@field paginator aws.Paginator
---@field common table        members that are the same on each page
---@field resume_token? string

-- Returns a value that a query of a paginator finds; nil for null.
local function get(key, value)
  local found = key.get(value)
  return found ~= json.null and found or nil
end

-- Sets the member of a path such as DistributionList.Items.
local function set(object, path, value)
  local names = {}
  for name in path:gmatch "[^.]+" do
    names[#names + 1] = name
  end
  for i = 1, #names - 1 do
    if type(object[names[i]]) ~= "table" then
      object[names[i]] = {}
    end
    object = object[names[i]]
  end
  object[names[#names]] = value
end

local function slice(list, first, last)
  if type(list) == "string" then
    return list:sub(first, last)
  end
  return json.array(table.move(list, first, last, 1, {}))
end

-- Removes the items that an earlier output had. Other lists were printed with it.
local function skip(self, page, count)
  for i, key in ipairs(self.paginator.result_keys) do
    local value = get(key, page)
    if i == 1 then
      local is_list = type(value) == "string" or json.is_array(value)
      set(page, key.text, is_list and slice(value, count + 1, #value) or nil)
    elseif json.is_array(value) then
      set(page, key.text, json.array {})
    elseif type(value) == "string" then
      set(page, key.text, "")
    end
  end
end

local function count_of(self, page)
  local list = self.paginator.result_keys[1] and get(self.paginator.result_keys[1], page)
  return type(list) == "table" and #list or type(list) == "string" and #list or 0
end

-- Reports whether the output ends in this page, and leaves out what is too much.
local function cut(self, page, skipped)
  local count, most = count_of(self, page), self.max_items
  local excess = most and self.count + count - most or 0
  if excess <= 0 then
    self.count = self.count + count
    return false
  end
  local key = self.paginator.result_keys[1]
  set(page, key.text, slice(get(key, page), 1, count - excess))
  self.resume_token = page_token.encode(self.paginator.input_tokens, self.tokens, count - excess + skipped)
  return true
end

-- Records the members of the first page that are not joined.
local function record_common(self, page)
  local names = {}
  for i, key in ipairs(self.paginator.non_aggregate_keys) do
    local value = get(key, page)
    names[i] = key.text:match "^[^.]+"
    set(self.common, key.text, value == nil and json.null or value)
  end
  ordered.object(names, self.common)
end

local function with_tokens(self)
  local input = {}
  for name, value in pairs(self.input) do
    input[name] = value
  end
  for _, name in ipairs(self.paginator.input_tokens) do
    input[name] = self.tokens[name]
  end
  return input
end

-- Finds out whether another page follows.
local function advance(self, reply)
  local tokens, err = pages.tokens(self.paginator, reply)
  if not tokens then
    self.ended = true
    return err
  elseif self.max_items and self.count == self.max_items then
    self.ended = true
    self.resume_token = page_token.encode(self.paginator.input_tokens, tokens)
  end
  self.tokens = tokens
end

local function same_token(self)
  return errors.new {
    code = "InvalidResponse", operation = self.paginator.operation,
    message = "the token of the next page is the token of this page",
  }
end

local function next_page(self)
  if self.ended then
    return nil
  end
  local reply, err = self.request(self.is_first and not self.is_resumed and self.input or with_tokens(self))
  if not reply then
    self.ended = true
    return nil, err
  end
  local page, skipped = self.shown(reply), 0
  if self.is_first then
    skipped = self.is_resumed and self.skipped or 0
    if self.is_resumed then
      skip(self, page, skipped)
    end
    record_common(self, page)
    self.is_first = false
  end
  if cut(self, page, skipped) then
    self.ended = true
    return page
  end
  local before = page_token.encode(self.paginator.input_tokens, self.tokens)
  err = advance(self, reply)
  if not err and not self.ended and before == page_token.encode(self.paginator.input_tokens, self.tokens) then
    err = same_token(self)
  end
  self.failure = err
  self.ended = self.ended or err ~= nil
  return page
end

--- Opens the pages of a call.
---@param described table  the paginator of the model
---@param operation model.Operation
---@param wanted { starting_token?: string, page_size?: integer, max_items?: integer }
---@param input table
---@param request fun(input: table): table?, lanyard.Error?
---@param shown fun(reply: table): table  makes a copy of a reply for printing
---@return awscli.Paging?
---@return lanyard.Error|string|nil err  a text if the starting token is not valid
function M.new(described, operation, wanted, input, request, shown)
  local paginator, err = pages.compile(described, operation.name)
  if not paginator then
    return nil, err
  end
  local self = {
    paginator = paginator, input = input, request = request, shown = shown, max_items = wanted.max_items, count = 0,
    tokens = {}, is_first = true, is_resumed = wanted.starting_token ~= nil, common = {},
  }
  if wanted.starting_token then
    self.tokens, self.skipped = page_token.decode(paginator.input_tokens, wanted.starting_token)
    if not self.tokens then
      return nil, "the starting token is not the NextToken of an earlier output"
    end
  end
  if wanted.page_size and paginator.limit_key then
    local limit = operation.input.by_name[paginator.limit_key]
    input[paginator.limit_key] = limit.type == "string" and tostring(wanted.page_size) or wanted.page_size
  end
  self.next = function()
    if self.failure then
      local failure = self.failure
      self.failure = nil
      return nil, failure
    end
    return next_page(self)
  end
  return self
end

-- ---------------------------------------------------------------------------------------------
-- Joining

local function append(whole, key, value)
  local existing = get(key, whole)
  if existing == nil then
    set(whole, key.text, value)
  elseif json.is_array(value) then
    table.move(value, 1, #value, #existing + 1, existing)
  elseif type(value) == "number" then
    set(whole, key.text, existing + value)
  elseif type(value) == "string" then
    set(whole, key.text, existing .. value)
  end
end

local function merge(whole, part)
  for name, value in pairs(part) do
    if type(value) == "table" and not json.is_array(value) and type(whole[name]) == "table" then
      merge(whole[name], value)
    else
      whole[name] = value
    end
  end
end

--- Returns the listed members of a page, and with the first page the ones that are the same on each page.
---@param self awscli.Paging
---@param page table
---@param is_first boolean
---@return table
function M.part(self, page, is_first)
  local part, names = {}, {}
  if is_first then
    merge(part, self.common)
  end
  for i, key in ipairs(self.paginator.result_keys) do
    local value = get(key, page)
    names[i] = key.text:match "^[^.]+"
    set(part, key.text, value == nil and json.null or value)
  end
  return ordered.object(names, part)
end

--- Reads all pages.
---@param self awscli.Paging
---@return table? whole
---@return lanyard.Error? err
function M.join(self)
  local whole, names = {}, {}
  while true do
    local page, err = self.next()
    if err then
      return nil, err
    elseif not page then
      break
    end
    for _, key in ipairs(self.paginator.result_keys) do
      local value = get(key, page)
      if value ~= nil then
        append(whole, key, value)
      end
    end
  end
  for i, key in ipairs(self.paginator.result_keys) do
    names[i] = key.text:match "^[^.]+"
  end
  merge(whole, self.common)
  for _, key in ipairs(self.paginator.non_aggregate_keys) do
    names[#names + 1] = key.text:match "^[^.]+"
  end
  whole.NextToken = self.resume_token or whole.NextToken
  return ordered.object(names, whole)
end

return M
