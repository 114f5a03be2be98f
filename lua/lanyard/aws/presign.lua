--- Makes presigned URLs: the signature is in the query string.
--- https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
---
---     local url, headers, method = presign(client, described, { Bucket = "logs", Key = "a" }, { expires = 600 })

local auth = require "lanyard.aws.auth"
local customized = require "lanyard.aws.customized"
local errors = require "lanyard.errors"
local form = require "lanyard.protocol.form"
local lists = require "lanyard.lists"
local plan_of = require "lanyard.aws.plan"
local sigv4 = require "lanyard.sigv4"

-- Headers that describe this client, and are not a part of the request.
local OWN = { ["User-Agent"] = true }

local LONGEST = 604800

local function failed(client, operation, code, message)
  return nil, errors.new {
    code = code, message = message, service = client.service, operation = operation, sent = false,
  }
end

-- Returns the form of a request that can be a URL instead, with more fields | nil | nil, err
local function form_of(plan, more)
  local content_type = plan.headers["Content-Type"] or ""
  local is_form = content_type:find "^application/x%-www%-form%-urlencoded" ~= nil
  local text = customized.form(plan) or is_form and plan.body
  if not text then
    return nil
  elseif type(text) ~= "string" then
    return nil, "a sealed secret cannot be a part of a URL"
  end
  local fields = {}
  for _, name in ipairs(lists.sorted_names(more or {})) do
    table.move({ name, more[name] }, 1, 2, #fields + 1, fields)
  end
  return text .. (fields[1] and "&" .. form.text(fields) or "")
end

-- A form becomes the query string of a GET request, as for STS's GetCallerIdentity.
local function move_form(plan, more)
  local text, message = form_of(plan, more)
  if text then
    plan.method, plan.url, plan.body = "GET", plan.url .. (plan.url:find "?" and "&" or "?") .. text, nil
    plan.headers["Content-Type"] = nil
  end
  return not message, message
end

---@param client aws.Client
---@param described aws.Operation  of a model
---@param input table
---@param options { expires?: integer, fields?: table<string, string> }  fields: more of them in a form
---@return string? url
---@return table<string, string>|aws.Error headers  that the request must have, or the error
---@return string? method
return function(client, described, input, options)
  local operation, expires = described.model.name, options.expires or 3600
  if math.type(expires) ~= "integer" or expires < 1 or expires > LONGEST then
    return failed(client, operation, "InvalidValue", ("expires: a number of seconds from 1 to %d was expected")
      :format(LONGEST))
  end
  local plan, err = plan_of.new(client, described, input, { presigned = true })
  if not plan then
    return nil, err
  elseif plan.auth.kind ~= "sigv4" then
    return failed(client, operation, "NotSupported", ("a URL with the authentication '%s' cannot be presigned")
      :format(plan.auth.kind))
  end
  local keys
  keys, err = auth.keys(plan.auth, client)
  if not keys then
    return nil, err
  end
  local moved, message = move_form(plan, options.fields)
  if not moved then
    return failed(client, operation, "NotSupported", message)
  end
  local headers = {}
  for name, value in pairs(plan.headers) do
    headers[name] = not OWN[name] and value or nil
  end
  local request = {
    method = plan.method, url = plan.url, headers = headers, body = plan.body,
    payload_hash = plan.auth.sends_hash and "UNSIGNED-PAYLOAD" or nil,
  }
  local signing = auth.options(plan.auth, request, keys, client.options.clock.time() + client:clock_offset())
  signing.expires, signing.sign_body = expires, nil
  return (sigv4.presign(signing)), headers, plan.method
end
