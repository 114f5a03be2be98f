-- The library, for scripts: `local lanyard = require "lanyard"`, then lanyard.aws, lanyard.policy,
-- lanyard.task and so on, each loaded when it is first used.

return setmetatable({ version = require "lanyard.version" }, {
  __index = function(self, name)
    local module = require("lanyard." .. name)
    rawset(self, name, module)
    return module
  end,
})
