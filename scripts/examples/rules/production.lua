-- Images of production go only to services of production: repositories below prod/ to services that are
-- tagged env=prod. An audit tells the grants that are otherwise.

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

example "a test service does not" {
  on = "grant", repository = "prod/web", service = { name = "web-test", tags = { env = "test" } },
  expect = "deny: tag the service web-test env=prod first",
}

example "a service without tags does not" {
  on = "grant", repository = "prod/web", service = { name = "jobs" }, expect = "deny",
}

example "anyone gets other images" {
  on = "grant", repository = "tools/curl", service = { name = "jobs" }, expect = "allow",
}

example "an audit tells a grant that is otherwise" {
  on = "audit", repository = "prod/web", service = { name = "jobs" }, expect = "deny",
}
