-- Certificates, and the public domain names of container services.

local certificates = require "lanyard.emulator.lightsail.certificates"
local json = require "lanyard.json"
local world = require "world"

local NAME = "my-container-service"

describe("certificates of the emulated Lightsail", function()
  local w, lightsail
  before_each(function()
    w = world.new { activation_delay = 10 }
    lightsail = w.region.lightsail
    local function add(name, options) certificates.create(w.world, "us-east-1", name, options) end
    w.world.region("us-east-1").certificates = {}
    add("shop", { domain = "shop.example", alternatives = { "www.shop.example", "*.api.shop.example", "a.shop.example", "b.shop.example" } })
    add("blog", { domain = "blog.example", tags = { env = "prod" } })
    add("new", { domain = "new.example", status = "PENDING_VALIDATION" })
  end)
  after_each(function() getmetatable(w).__close(w) end)

  local function update(domains)
    w.passed = w.passed + 10
    return lightsail:UpdateContainerService { serviceName = NAME, publicDomainNames = domains }
  end
  local function fails(code, reply, err)
    assert.is_nil(reply)
    assert.equal(code, err.code)
    return err.message
  end
  local function service()
    return assert(lightsail:GetContainerServices { serviceName = NAME }).containerServices[1]
  end
  local function list(input)
    local found = {}
    for i, one in ipairs(assert(lightsail:GetCertificates(input)).certificates) do found[i] = one.certificateName end
    return table.concat(found, " ")
  end

  it("are listed by name and status, with details on request", function()
    assert.equal("blog new shop", list {})
    assert.equal("new", list { certificateStatuses = { "PENDING_VALIDATION", "FAILED" } })
    assert.equal("shop", list { certificateName = "shop" })
    assert.equal("", list { certificateName = "shop", certificateStatuses = { "EXPIRED" } })
    assert.is_nil(assert(lightsail:GetCertificates()).certificates[1].certificateDetail)
    local detail = assert(lightsail:GetCertificates { certificateName = "new", includeCertificateDetails = true }).certificates[1].certificateDetail
    assert.equal("PENDING_VALIDATION", detail.status)
    assert.is_nil(detail.issuedAt)
    assert.matches("^_%x+%.new%.example%.$", detail.domainValidationRecords[1].resourceRecord.name)
    fails("NotFoundException", lightsail:GetCertificates { certificateName = "absent" })
    fails("InvalidInputException", lightsail:GetCertificates { certificateStatuses = { "issued" } })
    fails("InvalidInputException", lightsail:GetCertificates { pageToken = "x" })
  end)

  it("give domain names to a service, which provisions them", function()
    assert(update { shop = { "shop.example", "v2.api.shop.example" } })
    assert.equal("UPDATING", service().state)
    assert.equal("PROVISIONING_CERTIFICATE", service().stateDetail.code)
    assert.same({ shop = { "shop.example", "v2.api.shop.example" } }, service().publicDomainNames)
    local detail = assert(lightsail:GetCertificates { certificateName = "shop", includeCertificateDetails = true }).certificates[1].certificateDetail
    assert.equal(1, detail.inUseResourceCount)
    w.passed = w.passed + 10
    assert(lightsail:DeleteContainerService { serviceName = NAME })
    w.passed = w.passed + 10
    detail = assert(lightsail:GetCertificates { certificateName = "shop", includeCertificateDetails = true }).certificates[1].certificateDetail
    assert.equal(0, detail.inUseResourceCount)
  end)

  it("keep their domain names until an empty list detaches them", function()
    assert(update { shop = { "shop.example" } })
    assert(update { blog = { "blog.example" } })
    assert.same({ shop = { "shop.example" }, blog = { "blog.example" } }, service().publicDomainNames)
    assert(update { shop = json.array {} })
    assert.same({ blog = { "blog.example" } }, service().publicDomainNames)
    assert(update { blog = json.array {} })
    assert.is_nil(service().publicDomainNames)
  end)

  it("must exist, be issued, and cover at most four domain names", function()
    assert.equal("The specified certificate does not exist: absent", fails("NotFoundException", update { absent = { "a.example" } }))
    assert.matches("its status is PENDING_VALIDATION", fails("InvalidInputException", update { new = { "new.example" } }))
    for _, domain in ipairs { "other.example", "v2.shop.example", "a.b.api.shop.example", "SHOP.example", "" } do
      assert.equal(('The domain name "%s" is not in the certificate "shop".'):format(domain),
        fails("InvalidInputException", update { shop = { domain } }))
    end
    assert.matches("more than once", fails("InvalidInputException", update { shop = { "shop.example", "shop.example" } }))
    assert.matches("at most 4", fails("InvalidInputException", update {
      shop = { "shop.example", "www.shop.example", "a.shop.example", "b.shop.example" }, blog = { "blog.example" } }))
    assert.equal("READY", service().state)
  end)

  it("are checked when a service is created", function()
    local function create(name, domains)
      return lightsail:CreateContainerService { serviceName = name, power = "nano", scale = 1, publicDomainNames = domains }
    end
    fails("NotFoundException", create("web", { absent = { "a.example" } }))
    fails("NotFoundException", lightsail:GetContainerServices { serviceName = "web" })
    assert.same({ blog = { "blog.example" } }, assert(create("web", { blog = { "blog.example" } })).containerService.publicDomainNames)
  end)
end)

describe("tags of the emulated Lightsail", function()
  local w, lightsail
  before_each(function()
    w = world.new()
    lightsail = w.region.lightsail
    certificates.create(w.world, "us-east-1", "shop", { domain = "shop.example" })
  end)
  after_each(function() getmetatable(w).__close(w) end)

  local function tag(name, tags)
    return lightsail:TagResource { resourceName = name, tags = tags }
  end
  local function fails(code, reply, err)
    assert.is_nil(reply)
    assert.equal(code, err.code)
  end

  it("are added, replaced and removed", function()
    assert(tag(NAME, { { key = "env", value = "prod" }, { key = "team" } }))
    assert(tag(NAME, { { key = "env", value = "test" } }))
    assert.same({ { key = "env", value = "test" }, { key = "team" } },
      assert(lightsail:GetContainerServices { serviceName = NAME }).containerServices[1].tags)
    local reply = assert(lightsail:UntagResource { resourceName = NAME, tagKeys = { "env", "absent" } })
    assert.equal("Succeeded", reply.operations[1].status)
    assert.same({ { key = "team" } }, assert(lightsail:GetContainerServices { serviceName = NAME }).containerServices[1].tags)
    assert(tag("shop", { { key = "env" } }))
    assert.same({ { key = "env" } }, assert(lightsail:GetCertificates { certificateName = "shop" }).certificates[1].tags)
  end)

  it("have limits", function()
    for _, one in ipairs { { key = "" }, {}, { key = "aws:x" }, { key = ("k"):rep(129) }, { key = "a*b" }, { key = "k", value = ("v"):rep(257) } } do
      fails("InvalidInputException", tag(NAME, { one }))
    end
    fails("InvalidInputException", tag(NAME, { { key = "a" }, { key = "a" } }))
    assert(tag(NAME, { { key = ("\u{e9}"):rep(128), value = ("\u{e9}"):rep(256) } }))
    local many = {}
    for i = 1, 50 do many[i] = { key = "k" .. i } end
    fails("InvalidInputException", tag(NAME, many))
    fails("NotFoundException", tag("absent", { { key = "a" } }))
    fails("InvalidInputException", lightsail:UntagResource { resourceName = "-", tagKeys = json.array {} })
    fails("InvalidInputException", lightsail:TagResource { resourceName = NAME, resourceArn = "arn", tags = json.array {} })
  end)
end)
