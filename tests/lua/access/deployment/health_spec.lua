local health = require "lanyard.access.deployment.health"

describe("the options of a health check", function()
  it("become the members of Lightsail's health check", function()
    assert.same({ path = "/up?x=1", successCodes = "200,202-299", intervalSeconds = 300, timeoutSeconds = 2,
      healthyThreshold = 1, unhealthyThreshold = 10 }, health.read { health_path = "/up?x=1", health_codes = "200,202-299",
      health_interval = 300.0, health_timeout = 2, health_healthy = 1, health_unhealthy = 10 })
    assert.same({ intervalSeconds = 5 }, health.read { health_interval = 5 })
    assert.same({}, { health.read {} })
  end)

  it("are rejected outside the ranges of Lightsail", function()
    for _, case in ipairs {
      { { health_interval = 4 }, "--health-interval must be a whole number from 5 to 300 seconds" },
      { { health_interval = 301 }, "--health-interval must be a whole number from 5 to 300 seconds" },
      { { health_interval = 5.5 }, "--health-interval must be a whole number from 5 to 300 seconds" },
      { { health_timeout = 1 }, "--health-timeout must be a whole number from 2 to 60 seconds" },
      { { health_timeout = 61 }, "--health-timeout must be a whole number from 2 to 60 seconds" },
      { { health_healthy = 0 }, "--health-healthy must be a whole number from 1 to 2147483647" },
      { { health_unhealthy = 2147483648 }, "--health-unhealthy must be a whole number from 1 to 2147483647" },
      { { health_path = "up" }, "--health-path: 'up' is not a path: write it from its first slash, such as /up" },
      { { health_path = "/a b" }, "--health-path: '/a b' is not a path: write it from its first slash, such as /up" },
      { { health_path = "" }, "--health-path: '' is not a path: write it from its first slash, such as /up" },
    } do
      assert.same({ nil, case[2] }, { health.read(case[1]) })
    end
    for _, codes in ipairs { "", "199", "500", "200-500", "299-200", "200,", ",200", "2xx", "200 - 299", "200-", "20", "200-299-300" } do
      local check, message = health.read { health_codes = codes }
      assert.is_nil(check, codes)
      assert.equal(("--health-codes: '%s' is not a list of HTTP codes from 200 to 499: write 200, 200,202 or 200-299"):format(codes), message)
    end
  end)

  it("decide about a status by its codes", function()
    for codes, statuses in pairs { ["200"] = { 200 }, ["200,204"] = { 200, 204 }, ["200-202,301"] = { 200, 201, 202, 301 } } do
      local accepted = {}
      for status = 100, 599 do
        accepted[#accepted + 1] = health.accepts(codes, status) and status or nil
      end
      assert.same(statuses, accepted)
    end
  end)
end)
