-- Requires an expiry within 90 days for grants of services outside production. Test services are forgotten, and
-- their access with them.

local DAYS = 90

rule "grants outside production expire" {
  on = "grant",
  check = function(change)
    if change.service.tags.env == "prod" then
      return allow()
    end
    local expires = change.grant and change.grant.expires
    if not expires then
      return deny("set an expiry: --expires " .. DAYS .. "d")
    elseif expires > change.epoch + DAYS * 86400 then
      return deny("the grant expires too late: the limit is " .. DAYS .. " days")
    end
  end,
}

example "production" {
  on = "grant", repository = "web", service = { name = "web", tags = { env = "prod" } }, expect = "allow",
}

example "a test without an expiry" {
  on = "grant", repository = "web", service = { name = "web-test" }, grant = {}, expect = "deny: --expires 90d",
}

example "a test for 30 days" {
  on = "grant", repository = "web", service = { name = "web-test" }, epoch = 1800000000,
  grant = { expires = 1800000000 + 30 * 86400 }, expect = "allow",
}

example "a test for a year" {
  on = "grant", repository = "web", service = { name = "web-test" }, epoch = 1800000000,
  grant = { expires = 1800000000 + 365 * 86400 }, expect = "deny: too late",
}
