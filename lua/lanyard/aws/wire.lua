--- Formats requests and replies for the debug log, without secrets.
---
---     debug(wire.request(request, redactor))
---     debug(wire.reply(reply, redactor))
---
--- A secret is recognized by its name (lanyard.text.secret_fields) or, through the redactor, by its value: the keys of
--- the session and the secrets of the request. Sealed secrets are printed as ***. Container logs are hidden as a whole,
--- since they can contain secrets of any form.

local secret_fields = require "lanyard.text.secret_fields"
local lists = require "lanyard.lists"

local M = {}

local function header(name, value)
  if type(value) ~= "string" or secret_fields.is_secret(name) and not value:find "^AWS4%-HMAC%-SHA256 " then
    return "***"
  end
  return secret_fields.hide_query(value)
end

local function lines_of(mark, first, headers, body, redactor)
  local lines = { mark .. " " .. first }
  for _, name in ipairs(lists.sorted_names(headers)) do
    lines[#lines + 1] = ("%s %s: %s"):format(mark, name, header(name, headers[name]))
  end
  if type(body) == "string" and body ~= "" then
    -- Each line has the mark, so that none can pass for a line of lanyard.
    lines[#lines + 1] = mark .. " " .. redactor:redact(secret_fields.hide(body)):gsub("\r?\n", "\n" .. mark .. " ")
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
---@return string
function M.request(request, redactor)
  local first = request.method .. " " .. secret_fields.hide_query(request.url)
  return lines_of(">", first, request.headers, request.body, redactor)
end

--- Formats a reply: its status and duration, headers and body.
---@param reply table  { status, headers, body, elapsed }, from lanyard.http
---@param redactor userdata  a redactor of lanyard.credentials
---@return string
function M.reply(reply, redactor)
  return lines_of("<", ("%d (%.3f s)"):format(reply.status, reply.elapsed), reply.headers, reply.body, redactor)
end

return M
