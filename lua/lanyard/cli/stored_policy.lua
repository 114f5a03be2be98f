--- Shows policies as they are stored in ECR, for `lanyard show`: as text, by statement, and as a value.

local audience = require "lanyard.policy.audience"
local cli = require "lanyard.cli"
local errors = require "lanyard.errors"
local escape = require "lanyard.text.escape"
local json = require "lanyard.json"
local policy_files = require "lanyard.cli.policy_files"
local statement_text = require "lanyard.cli.statement_text"
local statements = require "lanyard.policy.statements"
local system = require "lanyard.system"

local M = {}

local STDOUT = 1

-- ---------------------------------------------------------------------------------------------
-- Text

--- Prints the text of a policy. On a terminal, characters that are not printable are escaped; in a file or pipe, the
--- bytes are the stored ones, with a line end after the last.
---@param one access.StoredPolicy
function M.raw(one)
  if not system.isatty(STDOUT) then
    cli.data(one.text)
  elseif one.doc then
    cli.json(one.text)
  else
    cli.out(one.text)
  end
end

--- Prints a policy with a member or element on each line.
---@param one access.StoredPolicy
function M.pretty(one)
  cli.json(one.doc:format())
end

-- ---------------------------------------------------------------------------------------------
-- Statements

-- Returns who a statement admits, less whom the Denies exclude; nil for one that is not an Allow.
local function audience_of(one, statement, now)
  if statement.effect ~= "Allow" then
    return nil
  end
  return audience.of(one.doc, {
    account = one.account, organization = false, statement = statement.index, now = now,
  })
end

--- Returns an error if AWS would not accept the policy: then nobody can say whom it admits. nil for a valid one.
---@param one access.StoredPolicy
---@return lanyard.Error?
function M.problem(one)
  local message = policy_files.problem(one.doc, one.name, one.repository and "repository" or "resource",
    "; AWS refuses such a policy")
  return message and errors.new { code = "InvalidPolicy", message = "the audience is unknown: " .. message } or nil
end

local function condition_text(condition)
  local values = {}
  for i, value in ipairs(condition.values) do
    values[i] = tostring(value)
  end
  return ("%s %s %s"):format(condition.operator, condition.key, table.concat(values, ", "))
end

local COLOURS = { Allow = "green", Deny = "red" }

local function add_statement(lines, one, statement, now, is_valid)
  local function line(label, text)
    if text ~= "" then
      lines[#lines + 1] = ("    %-11s %s"):format(label, escape.printable(text))
    end
  end
  local effect = statement.effect or "no valid Effect"
  lines[#lines + 1] = ("  %s  %s"):format(cli.paint(COLOURS[effect], effect),
    escape.printable(statements.numbered(statement)))
  local reached = is_valid and audience_of(one, statement, now)
  if reached then
    line("audience", reached.text .. (reached.certain and "" or " (not certain)"))
  end
  line("principals", statement_text.principals(statement))
  line("actions", statement_text.joined(statement.actions, statement.not_action))
  line("resources", statement_text.joined(statement.resources, statement.not_resource))
  for i, condition in ipairs(statement.conditions) do
    line(i == 1 and "conditions" or "", condition_text(condition))
  end
end

--- Prints the statements of a policy, each with its audience.
---@param one access.StoredPolicy
---@param now number  seconds since 1970
---@param is_valid boolean  whether AWS accepts the policy, so that there is an audience
function M.statements(one, now, is_valid)
  local lines = { cli.paint("bold", escape.printable(one.repository or one.name)) }
  for _, statement in ipairs(one.doc:statements()) do
    add_statement(lines, one, statement, now, is_valid)
  end
  cli.out(table.concat(lines, "\n"))
end

-- ---------------------------------------------------------------------------------------------
-- Value

local function class_item(class)
  local restrictions = json.array {}
  for i, demand in ipairs(class.restrictions) do
    restrictions[i] = { operator = demand.operator, key = demand.key, values = json.array(demand.values) }
  end
  return {
    kind = class.kind, type = class.type, id = class.id, account = class.account, relation = class.relation,
    public = class.public, certain = class.certain, text = class.text, restrictions = restrictions,
    except = json.array(class.except),
  }
end

local function audience_item(found)
  if not found then
    return nil
  end
  local classes = json.array {}
  for i, class in ipairs(found) do
    classes[i] = class_item(class)
  end
  return { kind = found.kind, public = found.public, certain = found.certain, text = found.text, classes = classes }
end

local function statement_item(one, statement, now, is_valid)
  local item, conditions = policy_files.statement(statement), json.array {}
  for i, condition in ipairs(statement.conditions) do
    conditions[i] = { operator = condition.operator, key = condition.key, values = json.array(condition.values) }
  end
  item.conditions = conditions
  item.audience = is_valid and audience_item(audience_of(one, statement, now)) or nil
  return item
end

--- Returns a policy as a value for JSON.
---@param one access.StoredPolicy
---@param region_name string
---@param now number  seconds since 1970
---@param err? lanyard.Error  why it could not be read, or why there is no audience
---@return table
function M.item(one, region_name, now, err)
  local item = {
    repository = one.repository, registry = not one.repository, account = one.account, region = region_name,
    text = one.text or json.null,
    error = err and { code = err.code, message = err.message, request_id = err.request_id },
  }
  if one.doc then
    item.size, item.statements = one.doc:size(), json.array {}
    for i, statement in ipairs(one.doc:statements()) do
      item.statements[i] = statement_item(one, statement, now, not err)
    end
  end
  return item
end

return M
