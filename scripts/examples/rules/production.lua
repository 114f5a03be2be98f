-- Grants repositories below prod/ only to services with the tag env=prod. An audit reports existing grants that
-- violate the rule.

rule "production images only to production services" {
  on = { "grant", "audit" },
  check = function(change)
    if change.repository:match "^prod/" and change.service.tags.env ~= "prod" then
      return deny("tag the service " .. change.service.name .. " env=prod first")
    end
  end,
}

example "a production service gets a production image" {
  on = "grant", repository = "prod/web", service = { name = "web", tags = { env = "prod" } }, expect = "allow",
}

example "a test service gets no production image" {
  on = "grant", repository = "prod/web", service = { name = "web-test", tags = { env = "test" } },
  expect = "deny: tag the service web-test env=prod first",
}

example "a service without tags gets no production image" {
  on = "grant", repository = "prod/web", service = { name = "jobs" }, expect = "deny",
}

example "any service gets other images" {
  on = "grant", repository = "tools/curl", service = { name = "jobs" }, expect = "allow",
}

example "an audit reports a grant to another service" {
  on = "audit", repository = "prod/web", service = { name = "jobs" }, expect = "deny",
}
