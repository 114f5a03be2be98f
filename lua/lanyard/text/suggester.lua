--- Suggests names for the first few of many missing ones. Each is compared with all names that exist: for thousands of
--- both, this would take minutes, and nobody reads more than a few.
---
---     local nearest = suggester { "grant", "revoke" }
---     nearest "grnt"     --> "grant"; nil for each missing name after the 20th

local suggest = require "lanyard.text.suggest"

local MOST <const> = 20

--- Returns a function that returns the nearest name of a missing one, as lanyard.text.suggest does, for the first 20.
---@param names string[]  the names that exist; may get more later
---@return fun(missing: string): string?
return function(names)
  local left = MOST
  return function(missing)
    if left == 0 then
      return nil
    end
    left = left - 1
    return suggest(missing, names)
  end
end
