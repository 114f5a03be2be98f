--- Names as the AWS CLI writes them: services, operations, members and waiters.
---
---     names.operation "DescribeDBInstances"    --> "describe-db-instances"
---     names.member "SourceARNs"                --> "source-arns"
---     names.model_of "s3api"                   --> "s3"
---
--- The rules are botocore's (`xform_name`): a word begins at a capital that a small letter follows, and at a capital
--- after a small letter or a digit. tests/compare/cli_names.py compares all names of all services with the AWS CLI's.

local M = {}

-- Words that are not split, in operations and waiters.
local WORDS = { { "iSCSI", "Iscsi" }, { "HITsFor", "HitsFor" }, { "PartiQL", "Partiql" }, { "WhatsApp", "Whatsapp" },
  { "OTel", "Otel" } }

-- Other names that the AWS CLI has for operations, or had.
local ALIASES = {
  ["get-o-tel-enrichment"] = "get-otel-enrichment", ["start-o-tel-enrichment"] = "start-otel-enrichment",
  ["stop-o-tel-enrichment"] = "stop-otel-enrichment",
  ["list-hi-ts-for-qualification-type"] = "list-hits-for-qualification-type",
  ["add-option-to-option-group"] = "modify-option-group", ["remove-option-from-option-group"] = "modify-option-group",
  ["get-login-password"] = "get-authorization-token",
  ["delete-whatsapp-media-message"] = "delete-whatsapp-message-media",
}

-- Services whose command has another name than their model.
local MODELS = { s3api = "s3", deploy = "codedeploy", configservice = "config", ["runtime.sagemaker"] =
  "sagemaker-runtime" }
local COMMANDS = { s3 = "s3api", codedeploy = "deploy", config = "configservice" }

--- Returns the option of a member, without its dashes.
---@param name string  "repositoryName"
---@return string      "repository-name"
function M.member(name)
  if name:find("-", 1, true) then
    return name
  end
  -- Several capitals with an s at the end are one word: ARNs.
  if name:sub(-1) == "s" and name:find "%us$" then
    local before, plural = name:match "^(.-)(%u%u+s)$"
    name = before and before .. "-" .. plural:lower() or name
  end
  local split = name:gsub("%u%l+", "-%0"):gsub("([%l%d])(%u)", "%1-%2"):lower()
  return name:find "^%u%l" and split:sub(2) or split
end

--- Returns the command of an operation, or the name of a waiter.
---@param name string  "DescribeRepositories"
---@return string      "describe-repositories"
function M.operation(name)
  for _, word in ipairs(WORDS) do
    if name:find(word[1], 1, true) then
      name = name:gsub(word[1], word[2])
    end
  end
  return M.member(name)
end

--- Returns the present name of a command.
---@param command string
---@return string
function M.current(command)
  return ALIASES[command] or command
end

--- Returns the name of the model of a service.
---@param service string  as in the AWS CLI: "s3api"
---@return string?        as in the models: "s3"; nil where the AWS CLI has another command of that name
function M.model_of(service)
  return MODELS[service] or not COMMANDS[service] and service or nil
end

--- Returns the name of the command of a service.
---@param model string  as in the models: "s3"
---@return string       as in the AWS CLI: "s3api"
function M.service(model)
  return COMMANDS[model] or model
end

return M
