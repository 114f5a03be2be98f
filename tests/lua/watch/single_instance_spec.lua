local helper = require "helper"
local single_instance = require "lanyard.watch.single_instance"

describe("a watch", function()
  it("runs once at a time, identified by its command or its name", function()
    local folder <close> = helper.folder()
    local first = assert(single_instance.acquire(nil, { "audit", "a b" }, folder.path))
    local second, err = single_instance.acquire(nil, { "audit", "a b" }, folder.path)
    assert.is_nil(second)
    assert.equal("Locked", err.code)
    assert.match("^this watch is already running, in the process that holds .*/watch/%x+%.lock$", err.message)
    local others <close> = assert(single_instance.acquire(nil, { "audit", "a", "b" }, folder.path))
    local named <close> = assert(single_instance.acquire("nightly", { "audit", "a b" }, folder.path))
    assert.is_nil((single_instance.acquire("nightly", { "status" }, folder.path)))
    first:close()
    local again <close> = assert(single_instance.acquire(nil, { "audit", "a b" }, folder.path))
    assert.is_truthy(others and named and again)
  end)
end)
