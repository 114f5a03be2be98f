--- Formats requests and replies for the debug log, without secrets.
---
---     debug(wire.request(request, redactor, short))
---     debug(wire.reply(reply, redactor, short))
---
--- A secret is recognized by its name (lanyard.text.secret_fields) or, through the redactor, by its value: the keys of
--- the session and the secrets of the request. Short ones are hidden where they are a whole value. Sealed secrets are
--- printed as ***. Container logs are hidden as a whole, since they can contain secrets of any form.

local secret_fields = require "lanyard.text.secret_fields"
local lists = require "lanyard.lists"
local short_secrets = require "lanyard.aws.short_secrets"

local M = {}

local function header(name, value, short)
  if type(value) ~= "string" or secret_fields.is_secret(name) and not value:find "^AWS4%-HMAC%-SHA256 " then
    return "***"
  elseif short[value] and name:lower() ~= "content-length" then
    return "***"
  end
  return secret_fields.hide_query(value)
end

local function is_cbor(headers)
  local content_type = headers["Content-Type"] or headers["content-type"]
  return type(content_type) == "string" and content_type:find("cbor", 1, true) ~= nil
end

local function lines_of(mark, title, message, redactor, short, first)
  local headers, body = message.headers, message.body
  local lines = { mark .. " " .. title }
  for _, name in ipairs(lists.sorted_names(headers)) do
    lines[#lines + 1] = ("%s %s: %s"):format(mark, name, header(name, headers[name], short))
  end
  if type(body) == "string" and body ~= "" then
    -- Each line has the mark, so that none can pass for a line of lanyard.
    body = first and first:redact(body) or body
    body = secret_fields.hide(short_secrets.hide(body, short, is_cbor(headers)))
    lines[#lines + 1] = mark .. " " .. redactor:redact(body):gsub("\r?\n", "\n" .. mark .. " ")
  elseif type(body) == "userdata" and getmetatable(body).__name == "lanyard.stream" then
    lines[#lines + 1] = ("%s (%d bytes of %s)"):format(mark, body:length(), body:path())
  elseif body and body ~= "" then
    lines[#lines + 1] = mark .. " ***"
  end
  -- A reply can contain control sequences that a terminal would interpret.
  return (redactor:redact(table.concat(lines, "\n")):gsub("[\0-\8\11-\31\127]", "?"))
end

--- Formats a request: its method and URL, headers and body, one line each.
---@param request table  { method, url, headers, body }, as for lanyard.http
---@param redactor userdata  a redactor of lanyard.credentials
---@param short? table<string, boolean>  secrets that are too short for it
---@param first? userdata  a redactor that is applied first, so that nothing else hides a part of a secret only
---@return string
function M.request(request, redactor, short, first)
  local title = request.method .. " " .. secret_fields.hide_query(short_secrets.hide(request.url, short or {}))
  return lines_of(">", title, request, redactor, short or {}, first)
end

--- Formats a reply: its status and duration, headers and body.
---@param reply table  { status, headers, body, elapsed }, from lanyard.http
---@param redactor userdata  a redactor of lanyard.credentials
---@param short? table<string, boolean>  secrets that are too short for it
---@param first? userdata  a redactor that is applied first
---@return string
function M.reply(reply, redactor, short, first)
  local title = ("%d (%.3f s)"):format(reply.status, reply.elapsed)
  return lines_of("<", title, reply, redactor, short or {}, first)
end

return M
