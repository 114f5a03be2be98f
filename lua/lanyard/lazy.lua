--- Loads a module at its first use, for what most runs of a module do not need.
---
--- ```lua
--- local lazy = require "lanyard.lazy"
--- local suggest, xml = lazy "lanyard.text.suggest", lazy "lanyard.text.xml"
--- print(package.loaded["lanyard.text.xml"])
--- --> nil
--- print(suggest("lisst", { "list" }), xml.decode "<a><b>1</b></a>".a.b)
--- --> list	1
--- ```
---
--- The result has the fields of the module, and calls it if it is a function. It is not the module itself: `pairs`
--- finds nothing in it. Write what a module needs always, or at its own load, with `require`.

---@param name string  of the module
---@return table
return function(name)
  local loader = {
    __call = function(_, ...) return require(name)(...) end,
    __newindex = function(_, field, value) require(name)[field] = value end,
  }
  function loader.__index(_, field)
    local module = require(name)
    loader.__index = module
    return module[field]
  end
  return setmetatable({}, loader)
end
