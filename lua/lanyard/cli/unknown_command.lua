--- Describes a name that is not a command.
---
---     unknown_command("grnat")   --> "there is no command 'grnat'; did you mean 'grant'?"

local commands = require "lanyard.cli.commands"
local escape = require "lanyard.text.escape"
local suggest = require "lanyard.text.suggest"

--- Returns the message about a name that is not a command, with the nearest name. A name that looks like the code of an
--- error has the nearest code.
---@param name string
---@param err? lanyard.Error  about a script of this name that is not trusted
---@param others? string[]    words that are accepted besides commands
---@return string
return function(name, err, others)
  local message = ("there is no command '%s'"):format(name)
  if err then
    return escape.printable(("%s; %s (review it, then run 'lanyard trust')"):format(message, err.message))
  end
  local names = { table.unpack(others or {}) }
  for _, script in ipairs((commands.list())) do
    names[#names + 1] = not script.name:find " " and script.name or nil
  end
  local near = others and require("lanyard.cli.errors").nearest(name) or suggest(name, names)
  return escape.printable(message) .. (near and ("; did you mean '%s'?"):format(near) or "")
end
