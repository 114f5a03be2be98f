--- Makes the input of an operation of its options.
---
---     input.make(options, operation, line, { binary_format = "base64" })
---     --> { input = { repositoryNames = { "web" } }, paging = { max_items = 10 }, files = {}, paginates = true }

local file_value = require "lanyard.awscli.file_value"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local options_of = require "lanyard.awscli.options"
local stream = require "lanyard.stream"
local typed = require "lanyard.awscli.typed"
local validate = require "lanyard.model.validate"
local values = require "lanyard.awscli.values"
local mistake = require("lanyard.awscli.words").mistake

local M = {}

---@class awscli.Input
---@field input table          of the operation
---@field files table<string, string>  paths of the files that are sent as members, which are streams
---@field paging { starting_token?: string, page_size?: integer, max_items?: integer }
---@field saves awscli.Save[]
---@field paginates boolean    whether all pages are read

-- ---------------------------------------------------------------------------------------------
-- Paging

-- Returns the members that say where a page begins and how long it is.
local function page_members(paginator)
  local members = { [paginator.limit_key or false] = true }
  for _, member in ipairs(options_of.several(paginator.input_token)) do
    members[member] = true
  end
  return members
end

-- Decides whether pages are joined: not where a member is given that paging would set.
local function decide_paging(options, line, json_input)
  local paginator = options.paginator
  if not paginator or line.globals["no-paginate"] then
    return false
  end
  local members = page_members(paginator)
  for _, given in ipairs(line.given) do
    if given.option.member and members[given.option.member] then
      return false
    end
  end
  for name in pairs(json_input) do
    if members[name] then
      return false
    end
  end
  return true
end

-- Returns the options with the ones of paging replaced by the members that they hide, where pages are not joined.
local function effective(line, paginates)
  local given = {}
  for i, one in ipairs(line.given) do
    local is_paging = one.option.kind == "paging"
    if is_paging and not paginates and not one.option.original then
      return mistake("ConflictingOptions", "--%s does not apply where pages are not joined (%s)", one.as,
        line.globals["no-paginate"] and "--no-paginate" or "another option says which page")
    end
    given[i] = is_paging and not paginates and { option = one.option.original, words = one.words, as = one.as } or one
  end
  return given
end

local function add_paging(result, given)
  local name, word = given.option.name:gsub("-", "_"), given.words[1]
  if name == "starting_token" then
    result.paging[name] = word
    return true
  end
  local number = word:find "^%d+$" and math.tointeger(word)
  if not number or number == 0 then
    return mistake("InvalidValue", "--%s: '%s' is not a whole number from 1", given.as, word)
  end
  result.paging[name] = number
  return true
end

-- ---------------------------------------------------------------------------------------------
-- Members

-- A member that is a stream names a file, which is read when it is sent.
local function add_file(result, given)
  local content, message = file_value.read(given.words[1])
  if content == nil then
    return mistake("InvalidValue", "--%s: %s", given.as, message)
  elseif file_value.is_bytes(content) or content ~= given.words[1] then
    result.input[given.option.member] = content
    return true
  end
  local file, err = stream.open(content) -- refuses a FIFO, for whose writer io.open would wait
  if not file and err.code == "NotRegular" then
    return mistake(err.code, "--%s: %s", given.as, err.message)
  elseif not file then
    return mistake("InvalidValue", "--%s: %s: the value is the name of a file", given.as,
      err.message:match "^cannot read (.*)$" or err.message)
  end
  file:close()
  result.files[given.option.member] = content
  return true
end

local function add_member(result, given)
  local option = given.option
  if option.extra then
    local ok, message = option.extra.set(result.input, given.words, option.shape, result.saves)
    if not ok then
      return mistake("InvalidValue", "--%s: %s", given.as, message)
    end
    return true
  elseif option.sets ~= nil and not given.words[1] then
    result.input[option.member] = option.sets
    return true
  elseif option.shape.type == "blob" and option.shape.streaming then
    return add_file(result, given)
  end
  local value, message = values.read(option.shape, given.words)
  if value == nil then
    return mistake("InvalidValue", "--%s: %s", given.as, message)
  end
  result.input[option.member] = value
  return true
end

-- ---------------------------------------------------------------------------------------------
-- JSON

-- Returns the members that --cli-input-json or --cli-input-yaml has. JSON is YAML, and no other YAML is read.
local function read_json(name, word)
  local content, message = file_value.read(word)
  local text = file_value.is_bytes(content) and content.bytes or content
  if not text then
    return mistake("InvalidValue", "--%s: %s", name, message)
  end
  local value, err = json.decode(text)
  if value == nil and name == "cli-input-yaml" and not text:find "^%s*[{%[]" then
    return mistake("InvalidValue", "--cli-input-yaml: of YAML only JSON is read; write the input as JSON")
  elseif value == nil then
    return mistake("InvalidValue", "--%s: invalid JSON: %s", name, err.message)
  elseif type(value) ~= "table" or json.is_array(value) then
    return mistake("InvalidValue", "--%s: a JSON object with the members is expected", name)
  end
  return value
end

-- Returns the members that the line has as JSON; none if it has no JSON.
local function json_of(globals)
  local json_word, yaml_word = globals["cli-input-json"], globals["cli-input-yaml"]
  if json_word and yaml_word then
    return mistake("ConflictingOptions", "--cli-input-json excludes --cli-input-yaml")
  elseif json_word or yaml_word then
    return read_json(json_word and "cli-input-json" or "cli-input-yaml", json_word or yaml_word)
  end
  return {}
end

-- ---------------------------------------------------------------------------------------------
-- Checks

local function missing(options, result)
  local list, seen = {}, {}
  for _, option in ipairs(options.list) do
    local is_given = option.member and (result.input[option.member] ~= nil or result.files[option.member])
    if option.required and not is_given and not seen[option.member] then
      seen[option.member] = true
      list[#list + 1] = "--" .. option.name
    end
  end
  return list[1] and lists.sentence(list) .. (list[2] and " are required" or " is required")
end

-- Puts the option before a path, and leaves out a path that only names its member.
local function with_option(options, message)
  local member = message:match "^([^.:]+)"
  for _, option in ipairs(options.list) do
    if option.member and option.member == member then
      local start = member .. ": "
      return ("--%s: %s"):format(option.name, message:sub(1, #start) == start and message:sub(#start + 1) or message)
    end
  end
  return message
end

-- Members that are files are checked like empty ones.
local function checked(options, operation, result, format)
  local absent = missing(options, result)
  if absent then
    return mistake("MissingArgument", absent)
  elseif not operation.input then
    return result
  end
  local encoded, message = typed.encoded(operation.input, result.input, format)
  if not encoded then
    return mistake("InvalidValue", with_option(options, message))
  end
  local complete = {}
  for name, value in pairs(encoded) do
    complete[name] = value
  end
  for _, member in ipairs(operation.input.members) do
    local is_made = member.idempotencyToken and complete[member.member] == nil
    complete[member.member] = (is_made or result.files[member.member]) and ("-"):rep(math.max(1, member.min or 1))
      or complete[member.member]
  end
  local ok, fault = validate(operation.input, complete)
  if not ok then
    return mistake("InvalidValue", with_option(options, fault))
  end
  result.input = encoded
  return result
end

--- Makes the input.
---@param options awscli.Options
---@param operation model.Operation
---@param line awscli.Line
---@param settings { binary_format: string, is_sample?: boolean }  is_sample: nothing is required and checked
---@return awscli.Input?
---@return awscli.Mistake? mistake
function M.make(options, operation, line, settings)
  local json_input, mistaken = json_of(line.globals)
  if not json_input then
    return nil, mistaken
  end
  local result = { input = {}, files = {}, paging = {}, saves = {} }
  result.paginates = decide_paging(options, line, json_input)
  local all, conflict = effective(line, result.paginates)
  if not all then
    return nil, conflict
  end
  for _, given in ipairs(all) do
    local ok, wrong = (given.option.kind == "paging" and add_paging or add_member)(result, given)
    if not ok then
      return nil, wrong
    end
  end
  for name, value in pairs(json_input) do
    if result.input[name] == nil and not result.files[name] then
      result.input[name] = value
    end
  end
  local _, message = (options.extras.finish or function() end)(result.input, result.saves)
  if message then
    return mistake("InvalidValue", "%s", message)
  end
  if settings.is_sample then
    return result
  end
  return checked(options, operation, result, settings.binary_format)
end

return M
