local lazy = require "lanyard.lazy"

describe("a lazy module", function()
  local loads

  before_each(function()
    loads = 0
    package.preload["lazy_spec.module"] = function()
      loads = loads + 1
      return { name = "a module", double = function(number) return 2 * number end }
    end
  end)
  after_each(function()
    package.preload["lazy_spec.module"], package.loaded["lazy_spec.module"] = nil, nil
  end)

  it("is loaded when it is used, once", function()
    local module = lazy "lazy_spec.module"
    assert.equal(0, loads)
    assert.equal(4, module.double(2))
    assert.equal("a module", module.name)
    assert.is_nil(module.absent)
    assert.equal(1, loads)
  end)

  it("is called if it is a function", function()
    package.preload["lazy_spec.module"] = function() return function(a, b) return a + b, "two results" end end
    assert.same({ 3, "two results" }, { lazy "lazy_spec.module"(1, 2) })
  end)

  it("sets the fields of the module", function()
    local module = lazy "lazy_spec.module"
    module.name = "another name"
    assert.equal("another name", require("lazy_spec.module").name)
    assert.equal("another name", module.name)
  end)

  it("raises the error of a module that does not exist", function()
    local module = lazy "lazy_spec.absent"
    assert.error_matches(function() return module.name end, "module 'lazy_spec.absent' not found")
  end)
end)
