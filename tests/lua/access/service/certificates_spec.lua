local emulated = require "lanyard.emulator.lightsail.certificates"
local world = require "world"

local NAME = "my-container-service"

local function certificate(w, name, options)
  emulated.create(w.world, "us-east-1", name, options)
end

describe("domains of a service", function()
  it("are attached with an issued certificate that covers them", function()
    local w <close> = world.new()
    certificate(w, "site", { domain = "example.com", alternatives = { "www.example.com", "*.shop.example.com" } })
    local wants = { domains = { site = { "www.example.com", "a.shop.example.com" } } }
    local result = assert(w.region:update_service(NAME, wants))
    assert.same({ site = { "a.shop.example.com", "www.example.com" } }, result.service.domains)
    assert.equal("unchanged", assert(w.region:update_service(NAME, wants)).kind)
    result = assert(w.region:update_service(NAME, { no_domains = true }))
    assert.same({}, result.service.domains)
    assert.equal(1, w:count "GetCertificates") -- not where domains are only detached
  end)

  it("move from one certificate to another", function()
    local w <close> = world.new()
    certificate(w, "old", { domain = "a.example.com", alternatives = { "b.example.com" } })
    certificate(w, "new", { domain = "a.example.com" })
    assert(w.region:update_service(NAME, { domains = { old = { "a.example.com", "b.example.com" } } }))
    local result = assert(w.region:update_service(NAME, { domains = { new = { "a.example.com" } } }))
    assert.same({ old = { "b.example.com" }, new = { "a.example.com" } }, result.service.domains)
  end)

  it("are refused before the call if the certificate is missing, not issued, or lacks them", function()
    local w <close> = world.new()
    certificate(w, "site", { domain = "example.com", alternatives = { "*.example.com" } })
    for _, status in ipairs(emulated.STATUSES) do
      if status ~= "ISSUED" then
        certificate(w, status:lower():gsub("_", "-"), { domain = "example.com", status = status })
      end
    end
    for _, case in ipairs {
      { { siet = { "example.com" } }, "there is no certificate 'siet' in this Region; did you mean 'site'%?", "create%-certificate" },
      { { site = { "other.org", "a.b.example.com", "www.example.com" } },
        "'site' does not cover a.b.example.com, other.org$", "it covers %*%.example%.com, example%.com" },
      { { ["pending-validation"] = { "example.com" } }, "is PENDING_VALIDATION, not ISSUED", "validation records to the DNS" },
      { { failed = { "example.com" } }, "is FAILED, not ISSUED %(DOMAIN_NOT_ALLOWED%)", "request a new one" },
      { { expired = { "example.com" } }, "is EXPIRED", "request a new one" },
      { { revoked = { "example.com" } }, "is REVOKED", "request a new one" },
      { { inactive = { "example.com" } }, "is INACTIVE", "ISSUED" },
      { { ["validation-timed-out"] = { "example.com" } }, "is VALIDATION_TIMED_OUT", "delete it" },
    } do
      for _, name in ipairs { NAME, "fresh" } do
        local change = name == NAME and w.region.update_service or w.region.create_service
        local _, err = change(w.region, name, { power = "nano", scale = 1, domains = case[1] })
        assert.equal("InvalidCertificate", err.code)
        assert.matches(case[2], err.message)
        assert.matches(case[3], err.tip)
      end
    end
    assert.equal(0, w:count "UpdateContainerService" + w:count "CreateContainerService")
  end)

  it("need the permission to read certificates", function()
    local w <close> = world.new { faults = { { operation = "GetCertificates", every = 1,
      error = { code = "AccessDeniedException", message = "no" } } } }
    local _, err = w.region:update_service(NAME, { domains = { site = { "www.example.com" } } })
    assert.equal("AccessDeniedException", err.code)
    assert.equal("GetCertificates", err.operation)
  end)
end)

describe("certificates", function()
  it("are read from all pages, once", function()
    local w <close> = world.new()
    for i = 1, 45 do
      certificate(w, "site-" .. i, { domain = i .. ".example.com" })
    end
    local all = assert(w.region:certificates())
    assert.same({ "ISSUED", { "45.example.com" } }, { all["site-45"].status, all["site-45"].domains })
    local calls = w:count "GetCertificates"
    assert(w.region:certificates())
    assert.equal(calls, w:count "GetCertificates")
  end)
end)
