-- Limits what container services cost: a power above medium, or a price above a limit, needs the tag approved-by. No
-- service with the tag keep is deleted.

local LARGE = { large = true, xlarge = true }
local LIMIT = 200 -- USD a month

rule "no service above power medium without approval" {
  on = "service",
  check = function(change)
    local after = change.after
    if not after or after.tags["approved-by"] then
      return allow()
    elseif LARGE[after.power] then
      return deny("power " .. after.power .. " needs the tag approved-by")
    elseif not after.monthly_price then
      return warn("the price is unknown: " .. tostring(change.unknown))
    elseif after.monthly_price > LIMIT then
      return deny(("%g USD a month need the tag approved-by"):format(after.monthly_price))
    end
  end,
}

rule "services with the tag keep are not deleted" {
  on = "service",
  check = function(change)
    if change.action == "delete" and change.before.tags.keep then
      return deny("remove the tag keep from " .. change.service.name .. " first")
    end
  end,
}

example "a small service needs no approval" {
  on = "service", action = "create", after = { power = "micro", scale = 2, monthly_price = 20 }, expect = "allow",
}

example "a large service needs approval" {
  on = "service", action = "create", after = { power = "large", monthly_price = 80 },
  expect = "deny: power large needs the tag approved-by",
}

example "many nodes need approval, too" {
  on = "service", action = "update", service = { name = "web" }, before = { power = "medium", monthly_price = 40 },
  after = { power = "medium", scale = 20, monthly_price = 800 }, expect = "deny: 800 USD a month",
}

example "an approved service can be large" {
  on = "service", action = "update", before = {},
  after = { power = "xlarge", monthly_price = 160, tags = { ["approved-by"] = "ops" } }, expect = "allow",
}

example "an unknown price is a warning" {
  on = "service", action = "update", before = {}, after = { scale = 2 }, unknown = "the monthly price: denied",
  expect = "warn",
}

example "a service to keep is not deleted" {
  on = "service", action = "delete", service = { name = "web" }, before = { tags = { keep = "yes" } },
  expect = "deny: remove the tag keep from web first",
}
