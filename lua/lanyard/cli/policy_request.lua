--- Requests on the command line: --principal, --action, --resource, --account, --context and --issuer of `policy can`
--- and `policy decide`.

local escape = require "lanyard.text.escape"
local json = require "lanyard.json"
local policy = require "lanyard.policy"
local policy_actions = require "lanyard.cli.policy_actions"
local principals = require "lanyard.access.principal"

local M = {}

local function text_of(value)
  local kind = math.type(value) or type(value)
  if kind == "string" then
    return value
  elseif kind == "boolean" or kind == "integer" then
    return tostring(value)
  elseif kind == "float" then
    return ("%.17g"):format(value)
  end
  return nil
end

-- Returns the values of a member of a JSON object as a list of texts | nil
local function values_of(value)
  if type(value) ~= "table" then
    local text = text_of(value)
    return text and { text }
  elseif not json.is_array(value) then
    return nil
  end
  local values, count = {}, 0
  for _ in pairs(value) do
    count = count + 1
  end
  for i = 1, #value do
    values[i] = text_of(value[i])
    if not values[i] then
      return nil
    end
  end
  return count == #value and values or nil
end

-- Calls `add(key, values)` for each key of a JSON object.
local function read_object(command, word, add)
  local ok, object = pcall(json.decode, word)
  if not ok or type(object) ~= "table" then
    command:usage(("--context: not a JSON object: %s"):format(escape.printable(ok and word or tostring(object))),
      "InvalidValue")
  end
  local keys = {}
  for key in pairs(object) do
    if type(key) ~= "string" then
      command:usage("--context: a JSON object of keys and values expected", "InvalidValue")
    end
    keys[#keys + 1] = key
  end
  table.sort(keys)
  for _, key in ipairs(keys) do
    local values = values_of(object[key])
    if not values then
      command:usage(("--context: %s: expected a string, a number, true, false, or a list of them")
        :format(escape.printable(key)), "InvalidValue")
    end
    add(key, values)
  end
end

--- Returns the context of `--context` words, KEY=VALUE or a JSON object of keys and values. A key that is given more
--- than once, in any letter case, has several values. An empty list says that the request lacks the key.
---@param command cli.Command
---@param words string[]
---@return table<string, string[]>? context  nil without a word
function M.context(command, words)
  if #words == 0 then
    return nil
  end
  local context, names = {}, {}
  local function add(key, values)
    local name = names[key:lower()] or key
    names[key:lower()] = name
    context[name] = table.move(values, 1, #values, #(context[name] or {}) + 1, context[name] or {})
  end
  for _, word in ipairs(words) do
    local key, value = word:match "^([^={]+)=(.*)$"
    if key then
      add(key, { value })
    elseif word:find "^%s*{" then
      read_object(command, word, add)
    else
      command:usage(("--context: '%s' is not KEY=VALUE or a JSON object"):format(escape.printable(word)),
        "InvalidValue")
    end
  end
  return context
end

--- Returns the request of the options, or ends the command if it cannot exist.
---@param command cli.Command
---@param options table
---@return { principal: string, action: string, resource?: string, context?: table, issuer?: string, partial: boolean }
function M.read(command, options)
  if not (options.principal and options.action_name) then
    command:usage("--principal and --action are required", "MissingArgument")
  end
  local valid, message = principals.check(options.principal)
  if not valid then
    command:usage("--principal: " .. message, "InvalidValue")
  elseif not options.action_name:find "^[%w-]+:%w+$" then
    command:usage(("--action: '%s' is not an action: write SERVICE:ACTION, such as ecr:BatchGetImage")
      :format(options.action_name), "InvalidValue")
  end
  policy_actions.note_unknown(options.action_name)
  local request = {
    principal = options.principal, action = options.action_name, resource = options.resource,
    context = M.context(command, options.context), issuer = options.issuer, partial = true,
  }
  local possible, contradiction = policy.possible {
    principal = request.principal, resource = request.resource, account = options.account, context = request.context,
    issuer = request.issuer,
  }
  if not possible then
    command:usage("such a request cannot exist: " .. escape.printable(contradiction), "InvalidValue")
  end
  return request
end

return M
