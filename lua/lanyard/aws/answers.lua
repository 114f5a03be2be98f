--- Compares an answer of AWS with the request.
---
---     local found, err = answers.by_name(reply.repositories, { "web", "api" }, {
---       service = "ecr", operation = "DescribeRepositories", what = "repository", member = "repositoryName" })
---     if answers.rejected(err, "RepositoryPolicyNotFoundException") then ... end

local errors = require "lanyard.errors"

local M = {}

--- What an answer is about.
---@class aws.Answer
---@field service string
---@field operation string
---@field what string     what an item of the list is, for example "repository"
---@field member? string  the member of an item with its name
---@field name? fun(item: table): string?  returns the name of an item, instead of `member`

--- Returns nil and an error about an answer that does not fit the request.
---@param about { service: string, operation: string }
---@param message string
---@return nil
---@return lanyard.Error
function M.invalid(about, message)
  return nil, errors.new {
    code = "InvalidResponse", service = about.service, operation = about.operation, message = message,
    retryable = false, sent = true, tip = "a proxy may have changed the reply; --debug shows it",
  }
end

--- Returns the items of a list by name. Each requested name must be in the list once, and no other name.
---@param items table[]
---@param wanted string[]
---@param about aws.Answer
---@return table<string, table>? by_name
---@return lanyard.Error? err  code InvalidResponse
function M.by_name(items, wanted, about)
  local found, requested = {}, {}
  for _, name in ipairs(wanted) do
    requested[name] = true
  end
  for _, item in ipairs(items) do
    local name = about.name and about.name(item) or about.member and item[about.member]
    if not name then
      return M.invalid(about, ("the reply has one %s without a name"):format(about.what))
    elseif not requested[name] then
      return M.invalid(about, ("the reply has the %s '%s', which was not requested"):format(about.what, name))
    elseif found[name] then
      return M.invalid(about, ("the reply has the %s '%s' twice"):format(about.what, name))
    end
    found[name] = item
  end
  for _, name in ipairs(wanted) do
    if not found[name] then
      return M.invalid(about, ("the reply lacks the %s '%s', and does not say why"):format(about.what, name))
    end
  end
  return found
end

-- The HTTP status of an error that says that something does not exist: 400 in AWS's JSON protocols, and
local STATUS = { NoSuchEntity = 404 }

--- Reports whether AWS rejected a call with a code. A code alone does not decide: a failing server or a proxy can send
--- any text, and only a rejection says how things are. This program itself makes errors without a status.
---@param err? lanyard.Error
---@param code string
---@return boolean
function M.rejected(err, code)
  return err ~= nil and err.code == code and (err.status == nil or err.status == (STATUS[code] or 400))
end

return M
