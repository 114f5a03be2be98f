-- Whoever is not production gets a grant that ends, within 90 days: tests are forgotten, and their access
-- with them.

local DAYS = 90

rule "grants of other than production end" {
  on = "grant",
  check = function(change)
    if change.service.tags.env == "prod" then
      return allow()
    end
    local expires = change.grant and change.grant.expires
    if not expires then
      return deny("give the grant an end: --expires " .. DAYS .. "d")
    elseif expires > change.epoch + DAYS * 86400 then
      return deny("the grant ends too late: " .. DAYS .. " days are the most")
    end
  end,
}

example "production" {
  on = "grant", repository = "web", service = { name = "web", tags = { env = "prod" } }, expect = "allow",
}

example "a test without an end" {
  on = "grant", repository = "web", service = { name = "web-test" }, grant = {}, expect = "deny: --expires 90d",
}

example "a test of 30 days" {
  on = "grant", repository = "web", service = { name = "web-test" }, epoch = 1800000000,
  grant = { expires = 1800000000 + 30 * 86400 }, expect = "allow",
}

example "a test of a year" {
  on = "grant", repository = "web", service = { name = "web-test" }, epoch = 1800000000,
  grant = { expires = 1800000000 + 365 * 86400 }, expect = "deny: too late",
}
