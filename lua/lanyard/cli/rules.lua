--- Loads the rules file of `lanyard rules test` and `lanyard rules show`.
---
---     local rules = rules_file.load(command, options.file)

local cli = require "lanyard.cli"
local rules = require "lanyard.rules"

local M = {}

--- Loads a rules file, or ends the command when there is none or it cannot be used. A file that the user does not trust
--- is loaded, because it is tested before it is trusted.
---@param command cli.Command
---@param path? string  the file in use unless given
---@return rules.Rules
function M.load(command, path)
  local loaded = rules.new { path = path, check_mute = cli.check_mute, for_review = true }
  cli.check(loaded:load())
  if loaded.untrusted then
    cli.note("lanyard: warning: " .. cli.describe(loaded.untrusted.message) .. ": it is not in force (lanyard trust)")
  end
  if not loaded.file then
    command:usage("no rules file was found: name a file, or create " .. require("lanyard.rules.file").DEFAULT_PATH,
      "MissingArgument")
  end
  return loaded
end

return M
