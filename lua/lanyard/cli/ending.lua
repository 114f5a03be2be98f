-- How a script ended that raised something: an exit of its own, an error of the world, a mistake in it.

local cli = require "lanyard.cli"
local errors = require "lanyard.errors"

local M = {}

-- of(raised) --> exit status, what to tell a person | nil
function M.of(raised)
  if cli.is_exit(raised) then
    return raised.status, raised.message
  elseif errors.is(raised) then
    if raised.code == "Interrupted" then
      return cli.exit.interrupted, "interrupted"
    end
    return cli.exit.failed, cli.describe(raised)
  end
  local text = tostring(raised)
  if not cli.debug then
    text = text:match "^[^\n]*" .. " (--debug shows the traceback)"
  end
  return cli.exit.failed, text
end

return M
