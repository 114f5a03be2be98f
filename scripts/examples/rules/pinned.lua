-- Requires production services to deploy images by digest. A tag can move to another image between the test and the
-- deployment.

rule "production deploys digests" {
  on = "deploy",
  check = function(change)
    if change.service.tags.env ~= "prod" then
      return allow()
    end
    for name, container in pairs(change.deployment.containers) do
      if not container.image:match "@sha256:%x+$" then
        deny("container " .. name .. " deploys " .. container.image .. ": pin it with --resolve")
      end
    end
  end,
}

example "a tag in production" {
  on = "deploy", service = { name = "web", tags = { env = "prod" } },
  deployment = { containers = { web = { image = "111122223333.dkr.ecr.us-east-1.amazonaws.com/web:1.0" } } },
  expect = "deny: pin it with --resolve",
}

example "a digest in production" {
  on = "deploy", service = { name = "web", tags = { env = "prod" } },
  deployment = { containers = { web = {
    image = "111122223333.dkr.ecr.us-east-1.amazonaws.com/web@sha256:" .. ("0"):rep(64),
  } } },
  expect = "allow",
}

example "a tag in a test" {
  on = "deploy", service = { name = "web-test" }, deployment = { containers = { web = { image = "nginx:1.25" } } },
  expect = "allow",
}
