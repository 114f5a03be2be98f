--- The services that command lines can name, and their models.
---
---     catalogue.names()        --> { "accessanalyzer", ..., "s3api", ... }
---     catalogue.load "s3api"   --> the model of S3
---
--- This is the only module of the package that reads models.

local models = require "lanyard.model.load"
local names = require "lanyard.awscli.names"

local M = {}

--- Returns the names of the services, sorted, as the AWS CLI writes them.
---@return string[]
function M.names()
  local list = {}
  for i, model in ipairs(models.names() or {}) do
    list[i] = names.service(model)
  end
  table.sort(list)
  return list
end

--- Returns the model of a service.
---@param service string  as in the AWS CLI
---@return model.Service?
---@return lanyard.Error? err  nil, or with the code UnknownService, where there is no such service
function M.load(service)
  local model = names.model_of(service)
  if not model then
    return nil
  end
  return models.load(model)
end

return M
