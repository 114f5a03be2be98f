--- Checks what a service is to be, before any call.
---
---     local ok, message = wants.check { power = "nano", scale = 2 }
---
--- Limits: botocore's model of Lightsail (CreateContainerService: scale 1 to 20, up to four public domain names;
--- Tag: 128 and 256 characters, their alphabet, 50 tags of a resource), and
--- https://docs.aws.amazon.com/lightsail/latest/userguide/amazon-lightsail-tags.html ("aws:" is reserved).

local lists = require "lanyard.lists"
local service_state = require "lanyard.access.service.state"

local M = {}

M.MAX_SCALE = 20
local MAX_DOMAINS, MAX_TAGS = 4, 50
local MAX_KEY, MAX_VALUE = 128, 256

-- ---------------------------------------------------------------------------------------------
-- Tags

-- Letters of other alphabets are allowed, so that only ASCII is checked by character.
local function is_tag_text(text, longest)
  local length = utf8.len(text)
  return length ~= nil and length <= longest and not text:find "[^%w%s+%-=._:/@\x80-\xff]" and not text:find "%c"
end

--- Checks a tag.
---@param key string
---@param value? string
---@return true? ok
---@return string? message
function M.tag(key, value)
  if key == "" then
    return nil, "a tag needs a key"
  elseif key:lower():find "^aws:" then
    return nil, ("'%s' is not the key of a tag: AWS reserves keys that begin with aws:"):format(key)
  elseif not is_tag_text(key, MAX_KEY) then
    return nil, ("'%s' is not the key of a tag: use 1 to %d letters, digits, blanks and + - = . _ : / @")
      :format(key, MAX_KEY)
  elseif value and not is_tag_text(value, MAX_VALUE) then
    return nil, ("'%s' is not the value of a tag: use up to %d letters, digits, blanks and + - = . _ : / @")
      :format(value, MAX_VALUE)
  end
  return true
end

local function check_tags(wants)
  for _, key in ipairs(lists.sorted_names(wants.tags or {})) do
    local ok, message = M.tag(key, wants.tags[key])
    if not ok then
      return nil, message
    end
  end
  for _, key in ipairs(wants.untag or {}) do
    local ok, message = M.tag(key)
    if not ok then
      return nil, message
    elseif (wants.tags or {})[key] then
      return nil, ("the tag '%s' cannot be both set and removed"):format(key)
    end
  end
  return true
end

-- ---------------------------------------------------------------------------------------------
-- Domains

-- RFC 1123, 2.1: labels of up to 63 letters, digits and hyphens; RFC 1035, 2.3.4: 255 octets, 253 as text.
local function is_host_name(name)
  local labels = 0
  for label in (name .. "."):gmatch "([^.]*)%." do
    labels = labels + 1
    if #label < 1 or #label > 63 or not label:find "^%w[%w-]*$" or label:sub(-1) == "-" then
      return false
    end
  end
  return labels >= 2 and #name <= 253
end

--- Returns a domain name in lower case.
---@param name string
---@return string? domain
---@return string? message
function M.domain(name)
  if not is_host_name(name) then
    return nil, ("'%s' is not a domain name: write it as www.example.com"):format(name)
  end
  return name:lower()
end

local function check_domains(domains)
  local owner = {}
  for _, certificate in ipairs(lists.sorted_names(domains)) do
    if not certificate:find "^[%w_][%w_-]*$" then
      return nil, ("'%s' is not the name of a certificate: use letters, digits, - and _"):format(certificate)
    elseif #domains[certificate] == 0 then
      return nil, ("the certificate '%s' needs a domain name"):format(certificate)
    end
    for _, name in ipairs(domains[certificate]) do
      local ok, message = M.domain(name)
      if not ok then
        return nil, message
      elseif ok ~= name then
        return nil, ("'%s' is not a domain name: write it in lower case"):format(name)
      elseif owner[name] then
        return nil, owner[name] == certificate and ("the domain name '%s' is given twice"):format(name)
          or ("the domain name '%s' is given for two certificates, '%s' and '%s'"):format(name, owner[name],
            certificate)
      end
      owner[name] = certificate
    end
  end
  return true
end

-- ---------------------------------------------------------------------------------------------
-- All of them

--- Checks a change by itself. Whether Lightsail has the power, and certificates for the domains, only calls show.
---@param wants access.service.Wants
---@return true? ok
---@return string? message
function M.check(wants)
  local scale = wants.scale
  if wants.power ~= nil and not (type(wants.power) == "string" and wants.power:find "^[%w-]+$") then
    return nil, ("'%s' is not a power: `lanyard service powers` lists them"):format(tostring(wants.power))
  elseif scale ~= nil and not (math.type(scale) == "integer" and scale >= 1 and scale <= M.MAX_SCALE) then
    return nil, ("'%s' is not a scale: write a number of nodes, 1 to %d"):format(tostring(scale), M.MAX_SCALE)
  end
  local ok, message = check_tags(wants)
  if ok then
    ok, message = check_domains(wants.domains or {})
  end
  return ok, message
end

--- Checks the state that a change leads to.
---@param after access.service.State
---@return true? ok
---@return string? message
function M.check_state(after)
  local names = service_state.domain_names(after.domains)
  if #names > MAX_DOMAINS then
    return nil, ("a container service can have %d domain names, and would have %d: %s"):format(MAX_DOMAINS, #names,
      table.concat(names, ", "))
  elseif #lists.sorted_names(after.tags) > MAX_TAGS then
    return nil, ("a container service can have %d tags, and would have %d"):format(MAX_TAGS,
      #lists.sorted_names(after.tags))
  end
  return true
end

return M
