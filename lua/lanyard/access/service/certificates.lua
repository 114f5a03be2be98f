--- The certificates of custom domains. A container service takes a domain name only with a certificate that is issued
--- and has this name: https://docs.aws.amazon.com/lightsail/2016-11-28/api-reference/API_UpdateContainerService.html
--- (publicDomainNames).

local errors = require "lanyard.errors"
local lists = require "lanyard.lists"
local suggest = require "lanyard.text.suggest"

local M = {}

--- A certificate of Lightsail.
---@class access.Certificate
---@field name string
---@field status? string    "ISSUED", "PENDING_VALIDATION" and so on, as Lightsail has it
---@field domains string[]  the names that it has, in lower case, sorted
---@field expires? number   seconds since 1970
---@field reason? string    why its request failed

local function add_name(set, name)
  if type(name) == "string" and name ~= "" then
    set[name:lower()] = true
  end
end

local function certificate_of(raw)
  local detail, names = raw.certificateDetail or {}, {}
  add_name(names, raw.domainName)
  for _, name in ipairs(detail.subjectAlternativeNames or {}) do
    add_name(names, name)
  end
  return {
    name = raw.certificateName, status = detail.status, domains = lists.sorted_names(names),
    expires = type(detail.notAfter) == "number" and detail.notAfter or nil,
    reason = detail.requestFailureReason ~= "" and detail.requestFailureReason or nil,
  }
end

--- Reads the certificates of the Region, by name. They are read once in a command.
---@param region access.Region
---@return table<string, access.Certificate>? certificates
---@return aws.Error? err
function M.all(region)
  local shared = region.shared
  if shared.certificates then
    return shared.certificates
  end
  local found = {}
  local next_page = region.lightsail:pages("GetCertificates", { includeCertificateDetails = true })
  local page, err = next_page()
  while page do
    for _, raw in ipairs(page.certificates) do
      found[raw.certificateName] = certificate_of(raw)
    end
    page, err = next_page()
  end
  if err then
    return nil, err
  end
  shared.certificates = found
  return found
end

-- ---------------------------------------------------------------------------------------------
-- Checking

--- What to do with a certificate that is not issued, by its status.
local REMEDIES = {
  PENDING_VALIDATION = "add its validation records to the DNS of the domain, and repeat the command once it is issued: "
    .. "lanyard aws lightsail get-certificates --certificate-name %s --include-certificate-details shows them",
  FAILED = "request a new one: lanyard aws lightsail create-certificate",
  VALIDATION_TIMED_OUT = "delete it, request a new one, and add its validation records at once",
  EXPIRED = "request a new one: lanyard aws lightsail create-certificate",
  REVOKED = "request a new one: lanyard aws lightsail create-certificate",
}

-- Reports whether a certificate has a name: itself, or a wildcard for its first label (RFC 6125, 6.4.3).
local function covers(certificate, name)
  local wildcard = "*." .. (name:match "^[^.]+%.(.+)$" or "")
  return lists.contains(certificate.domains, name) or lists.contains(certificate.domains, wildcard)
end

-- Returns why names cannot be used with a certificate, and what to do; nil if they can.
local function problem(all, name, domains)
  local certificate = all[name]
  if not certificate then
    local near = suggest(name, lists.sorted_names(all))
    return ("there is no certificate '%s' in this Region%s"):format(name,
      near and ("; did you mean '%s'?"):format(near) or ""),
      ("create it: lanyard aws lightsail create-certificate --certificate-name %s --domain-name %s")
        :format(name, domains[1])
  elseif certificate.status ~= "ISSUED" then
    local remedy = REMEDIES[certificate.status] or "use a certificate that is ISSUED"
    return ("the certificate '%s' is %s, not ISSUED%s"):format(name, certificate.status or "in an unknown state",
      certificate.reason and " (" .. certificate.reason .. ")" or ""), remedy:format(name)
  end
  local missing = {}
  for _, domain in ipairs(domains) do
    missing[#missing + 1] = not covers(certificate, domain) and domain or nil
  end
  if #missing > 0 then
    return ("the certificate '%s' does not cover %s"):format(name, table.concat(missing, ", ")),
      ("it covers %s: use these names, or create a certificate for the others"):format(
        table.concat(certificate.domains, ", "))
  end
  return nil
end

--- Checks that the certificates of domains are issued and cover them.
---@param region access.Region
---@param domains table<string, string[]>  names by certificate
---@return true? ok
---@return aws.Error? err  code InvalidCertificate, or that of a failed call
function M.check(region, domains)
  if not next(domains) then
    return true
  end
  local all, err = M.all(region)
  if not all then
    return nil, err
  end
  for _, name in ipairs(lists.sorted_names(domains)) do
    local message, tip = problem(all, name, domains[name])
    if message then
      return nil, errors.new { code = "InvalidCertificate", message = message, tip = tip }
    end
  end
  return true
end

return M
