--- What lanyard consists of: `lanyard --version --verbose` and `lanyard --licenses`.

local assets = require "lanyard.assets"
local index = require "lanyard.model.index"

local M = {}

-- The models inside, in words.
local function models()
  local names, err = index.services()
  if not names then
    return err.code == "NoModels" and "none (lanyard help NoModels)" or tostring(err)
  end
  return ("%s (%d services)"):format(index.source(), #names)
end

--- Returns the version, and the versions of the models and of the libraries.
---@return string
function M.versions()
  local rows = require("lanyard.embedded").versions()
  table.insert(rows, 1, { "models", models() })
  rows[#rows + 1] = { "argparse", require("argparse").version }
  local lines = { "lanyard " .. require "lanyard.version" }
  for _, row in ipairs(rows) do
    lines[#lines + 1] = ("%-9s  %s"):format(row[1], row[2])
  end
  return table.concat(lines, "\n")
end

--- Returns the licences and notices of what the binary contains.
---@return string
function M.licenses()
  return assets.read "lanyard/licenses.txt"
end

return M
