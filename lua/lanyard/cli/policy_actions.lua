--- Actions on the command line of `policy can`, `decide`, `reach` and `check`.

local ecr_actions = require "lanyard.policy.ecr_actions"
local match = require "lanyard.match"
local suggest = require "lanyard.text.suggest"
local terminal = require "lanyard.cli.terminal"

local M = {}

--- Prints a note on stderr if ECR has no such action: a misspelt one is allowed to nobody. AWS adds actions, so it is
--- not an error.
---@param action string  SERVICE:ACTION, which may have wildcards
function M.note_unknown(action)
  local service, name = action:match "^([^:]*):(.*)$"
  if not service or service:lower() ~= "ecr" then
    return
  end
  for _, known in ipairs(ecr_actions.ALL) do
    if match.glob(name, known, true) then
      return
    end
  end
  local nearest = suggest(name, ecr_actions.ALL)
  terminal.note(("lanyard: note: ECR has no action '%s' that lanyard knows%s"):format(action,
    nearest and ("; did you mean ecr:%s?"):format(nearest) or ""))
end

return M
