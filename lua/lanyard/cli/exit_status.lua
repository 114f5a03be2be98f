-- How a script ended: by what it returned, or raised: an exit of its own, an error of the world, a mistake in it.

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

-- returned(what the script returned) --> exit status, what to tell a person | nil. An integer is the status;
-- `false` and `nil, err`, as calls of the library fail, are a failure; nothing, or anything else, is none.
function M.returned(...)
  local first, err = ...
  if math.type(first) == "integer" then
    return first
  elseif first == false or first == nil and err ~= nil then
    return cli.exit.failed, err ~= nil and cli.describe(err) or "it returned false"
  end
  return cli.exit.ok
end

return M
