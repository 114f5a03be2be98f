--- The library for scripts. Each module is loaded at its first use:
---
---     local lanyard = require "lanyard"
---     local doc = lanyard.policy.new()

return setmetatable({ version = require "lanyard.version" }, {
  __index = function(self, name)
    local module = require("lanyard." .. name)
    rawset(self, name, module)
    return module
  end,
})
