--- Loads the rules file of `lanyard rules test` and `lanyard rules show`.
---
---     local rules = rules_file.load(command, options.file)

local cli = require "lanyard.cli"
local rules = require "lanyard.rules"

local M = {}

--- Loads a rules file, or ends the command when there is none or it cannot be used.
---@param command cli.Command
---@param path? string  the file in use unless given
---@return rules.Rules
function M.load(command, path)
  local loaded = rules.new { path = path, check_mute = cli.check_mute }
  cli.check(loaded:load())
  if not loaded.file then
    command:usage("no rules file was found: name a file, or create " .. rules.DEFAULT_PATH)
  end
  return loaded
end

return M
