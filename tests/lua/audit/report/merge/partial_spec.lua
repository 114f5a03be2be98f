local partial = require "lanyard.audit.report.merge.partial"

local function join(selections, failed)
  local reports = {}
  for i, selection in ipairs(selections) do
    reports[i] = { partial = selection or nil }
  end
  return partial.join(reports, failed or false)
end

describe("what a merged report covers", function()
  it("is everything when all reports do", function()
    assert.is_nil(join { false, false })
  end)

  it("is everything when all shards are present and none failed", function()
    local selection, missing = join { { shard = "1/2" }, { shard = "2/2" } }
    assert.same({ nil, {} }, { selection, missing })
    assert.same({}, (join({ { shard = "1/2" }, { shard = "2/2" } }, true)))
  end)

  it("is a part when shards are missing, which are named", function()
    local selection, missing = join { { shard = "1/3" }, { shard = "3/3" } }
    assert.same({}, selection)
    assert.same({ "2/3" }, missing)
  end)

  it("is the selection that the reports share", function()
    assert.same({ service = "web" }, (join { { service = "web" }, { service = "web" } }))
    assert.same({ repositories = { "a*" } }, (join { { repositories = { "a*" }, shard = "1/1" } }))
  end)

  it("is only known by its service when the selections differ", function()
    assert.same({ service = "web" }, (join { false, { service = "web" } }))
    assert.same({}, (join { { repositories = { "a*" } }, { repositories = { "b*" } } }))
    local _, missing = join { { shard = "1/2" }, { shard = "2/3" } }
    assert.is_nil(missing)
  end)
end)
