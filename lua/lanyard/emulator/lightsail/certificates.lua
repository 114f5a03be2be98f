--- The SSL/TLS certificates of Lightsail, and the public domain names of container services that they cover.
---
--- region.certificates[name] = { arn, domain, alternatives, status, created, issued, expires, failure, tags }
---
--- Facts: botocore's model of 2016-11-28; "You can specify up to four public domain names for a container service" in
--- API_UpdateContainerService. Lightsail's texts for domain names that it refuses are not recorded.

local ids = require "lanyard.emulator.ids"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local services = require "lanyard.emulator.lightsail.services"
local shape = require "lanyard.emulator.shape"
local tags = require "lanyard.emulator.lightsail.tags"

local M = {}

---@type table<string, emulator.Operation>
M.operations = {}

--- The states of a certificate.
---@type string[]
M.STATUSES = { "PENDING_VALIDATION", "ISSUED", "INACTIVE", "EXPIRED", "VALIDATION_TIMED_OUT", "REVOKED", "FAILED" }

local MAX_DOMAINS = 4
local PAGE_SIZE = 100
local VALIDITY = 395 * 24 * 60 * 60 -- ACM issues certificates for 13 months

--- Returns the certificates of a Region, by name.
function M.of(world, region)
  local state = world.region(region)
  state.certificates = state.certificates or {}
  return state.certificates
end

--- Creates a certificate.
---@param options { domain: string, alternatives: string[]?, status: string?, failure: string?, tags: table? }
function M.create(world, region, name, options)
  local now, status = world.now(), options.status or "ISSUED"
  local was_issued = status ~= "PENDING_VALIDATION" and status ~= "VALIDATION_TIMED_OUT" and status ~= "FAILED"
  local created = status == "EXPIRED" and now - VALIDITY - 1 or now
  M.of(world, region)[name] = {
    arn = ("arn:aws:lightsail:%s:%s:Certificate/%s"):format(region, world.account, ids.uuid()),
    domain = options.domain,
    alternatives = json.array(table.move(options.alternatives or {}, 1, #(options.alternatives or {}), 1, {})),
    status = status,
    created = created,
    issued = was_issued and created or nil,
    expires = was_issued and created + VALIDITY or nil,
    revoked = status == "REVOKED" and now or nil,
    failure = options.failure or status == "FAILED" and "DOMAIN_NOT_ALLOWED" or nil,
    tags = options.tags or {},
  }
end

-- ---------------------------------------------------------------------------------------------
-- The domain names of container services

local function covers(certificate, domain)
  local names = { certificate.domain, table.unpack(certificate.alternatives) }
  for _, name in ipairs(names) do
    local parent = name:match "^%*%.(.+)$"
    if name == domain or parent and domain:match "^[^.]+%.(.+)$" == parent then
      return true
    end
  end
  return false
end

local function check_domain(name, certificate, domain)
  if covers(certificate, domain) then
    return nil
  end
  return services.invalid(("The domain name \"%s\" is not in the certificate \"%s\"."):format(domain, name))
end

-- Returns why the domain names of one certificate are refused, or nil.
local function check_certificate(world, region, name, domains)
  local certificate = M.of(world, region)[name]
  if not certificate then
    return services.absent(("The specified certificate does not exist: %s"):format(name),
      "GetCertificates returns the certificates of the Region.")
  elseif certificate.status ~= "ISSUED" and #domains > 0 then
    return services.invalid(("The certificate \"%s\" is not valid for use: its status is %s."):format(name,
      certificate.status), "Validate the certificate first.")
  end
  for _, domain in ipairs(domains) do
    local failure = check_domain(name, certificate, domain)
    if failure then
      return failure
    end
  end
  return nil
end

--- Returns the public domain names that a service has after a request. A certificate that the request does not name
--- keeps its domain names, and an empty list detaches it: Terraform's provider sends one for that reason
--- (internal/service/lightsail/container_service.go, containerServicePublicDomainNamesChanged).
---@param current table<string, string[]>
---@param requested? table<string, string[]>
---@return table<string, string[]>
function M.merge(current, requested)
  local merged = {}
  for name, domains in pairs(current) do
    merged[name] = domains
  end
  for name, domains in pairs(requested or {}) do
    merged[name] = #domains > 0 and domains or nil
  end
  return merged
end

--- Returns why domain names are refused, or nil.
---@param requested? table<string, string[]>  of the request
---@param merged table<string, string[]>      of the service after the request
---@return emulator.Exception?
function M.check(world, region, requested, merged)
  local count, seen = 0, {}
  for _, name in ipairs(lists.sorted_names(requested or {})) do
    local failure = check_certificate(world, region, name, requested[name])
    if failure then
      return failure
    end
  end
  for _, domains in pairs(merged) do
    for _, domain in ipairs(domains) do
      if seen[domain] then
        return services.invalid(("The domain name \"%s\" is specified more than once."):format(domain))
      end
      seen[domain], count = true, count + 1
    end
  end
  if count > MAX_DOMAINS then
    return services.invalid(("A container service can have at most %d public domain names."):format(MAX_DOMAINS))
  end
  return nil
end

-- ---------------------------------------------------------------------------------------------
-- GetCertificates

local function count_uses(world, region, name)
  local count = 0
  for _, service in pairs(services.existing(world, region)) do
    count = count + (service.domains[name] and 1 or 0)
  end
  return count
end

local VALIDATION = { PENDING_VALIDATION = "PENDING_VALIDATION", FAILED = "FAILED", VALIDATION_TIMED_OUT = "FAILED" }

local function describe_records(certificate)
  local records = json.array {}
  for i, domain in ipairs { certificate.domain, table.unpack(certificate.alternatives) } do
    local label = certificate.arn:match "/(%x+)"
    records[i] = {
      domainName = domain,
      resourceRecord = { name = ("_%s.%s."):format(label, domain:gsub("^%*%.", "")), type = "CNAME",
        value = ("_%s.acm-validations.aws."):format(label:reverse()) },
      validationStatus = VALIDATION[certificate.status] or "SUCCESS",
    }
  end
  return records
end

local function describe_detail(world, region, name, certificate)
  return {
    arn = certificate.arn,
    name = name,
    domainName = certificate.domain,
    status = certificate.status,
    subjectAlternativeNames = json.array { certificate.domain, table.unpack(certificate.alternatives) },
    domainValidationRecords = describe_records(certificate),
    requestFailureReason = certificate.failure,
    inUseResourceCount = count_uses(world, region, name),
    keyAlgorithm = "RSA-2048",
    createdAt = certificate.created,
    issuedAt = certificate.issued,
    issuerCA = certificate.issued and "Amazon" or nil,
    notBefore = certificate.issued,
    notAfter = certificate.expires,
    revokedAt = certificate.revoked,
    eligibleToRenew = "INELIGIBLE",
    tags = tags.describe(certificate.tags),
    supportCode = ("%s/%s"):format(world.account, certificate.arn:match "[^/]+$"),
  }
end

local function describe(world, region, name, certificate, with_details)
  return {
    certificateArn = certificate.arn,
    certificateName = name,
    domainName = certificate.domain,
    certificateDetail = with_details and describe_detail(world, region, name, certificate) or nil,
    tags = tags.describe(certificate.tags),
  }
end

-- Returns the names of the certificates that a request selects, sorted.
local function select(certificates, request)
  local wanted, chosen = request.certificateStatuses and lists.set(table.concat(request.certificateStatuses, " ")), {}
  for _, name in ipairs(lists.sorted_names(certificates)) do
    if (not wanted or wanted[certificates[name].status])
      and (not request.certificateName or request.certificateName == name) then
      chosen[#chosen + 1] = name
    end
  end
  return chosen
end

M.operations.GetCertificates = {
  input = shape.structure {
    certificateStatuses = shape.list(shape.string { enum = M.STATUSES }),
    includeCertificateDetails = shape.boolean(),
    certificateName = shape.string(),
    pageToken = shape.string(),
  },
  call = function(world, request, context)
    local certificates = M.of(world, context.region)
    if request.certificateName and not certificates[request.certificateName] then
      return nil, services.absent(("The specified certificate does not exist: %s"):format(request.certificateName),
        "Check the name of the certificate, and the Region.")
    end
    local chosen = select(certificates, request)
    local first = not request.pageToken and 1 or math.tointeger(tonumber(request.pageToken:match "^page%-(%d+)$"))
    if not first or first < 1 or first > math.max(1, #chosen) then
      return nil, services.invalid "The specified page token is not valid."
    end
    local list, last = json.array {}, math.min(first + PAGE_SIZE - 1, #chosen)
    for i = first, last do
      list[#list + 1] = describe(world, context.region, chosen[i], certificates[chosen[i]],
        request.includeCertificateDetails)
    end
    return { certificates = list, nextPageToken = last < #chosen and ("page-%d"):format(last + 1) or nil }
  end,
}

return M
