--- Opens a folder of models in any form.

local errors = require "lanyard.errors"

local M = {}

--- A folder of models.
---@class model.Folder
---@field source string    what it is, with its version: "botocore 1.29.27"
---@field names string[]   of the services, sorted
---@field read fun(name: string): table?, lanyard.Error?  returns the canonical data of a service
---@field partitions fun(): table?, lanyard.Error?  returns the partitions, if the folder has them

local FORMS = { "botocore", "npm", "smithy" }

--- Opens a folder.
---@param folder string
---@return model.Folder? models, lanyard.Error? err
function M.open(folder)
  for _, form in ipairs(FORMS) do
    local models = require("lanyard.model." .. form).open(folder)
    if models then
      return models
    end
  end
  return nil, errors.new { code = "NoModels", message = ("%s has no models of AWS services"):format(folder) }
end

return M
