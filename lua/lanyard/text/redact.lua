--- Removes secrets from text before it is stored or sent.
---
---     redact.text "AWS_SESSION_TOKEN=abc"   --> "AWS_SESSION_TOKEN=***"
---
--- Replaces the values of fields with the name of a secret (lanyard.text.secret_fields, as in the debug log), the
--- secrets in environment variables, the values of --env in command lines, bearer tokens, private keys in PEM, and the
--- middle of access key ids. It cannot find a secret that is printed without a name and is not in the environment.

local credentials = require "lanyard.credentials"
local env_options = require "lanyard.text.env_options"
local environment = require "lanyard.environment"
local lists = require "lanyard.lists"
local secret_fields = require "lanyard.text.secret_fields"

local M = {}

local VARIABLES = {
  "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN",
  "LANYARD_WEBHOOK",
}

-- Words after "bearer" in prose.
local PROSE = lists.set "token tokens auth authentication authorization credentials scheme of and or is"

-- Hides the private keys in PEM (RFC 7468). One that is cut ends with the text.
local function hide_private_keys(text)
  local parts, position = {}, 1
  while true do
    local _, last, label = text:find("%-%-%-%-%-BEGIN ([%u%d ]*)%-%-%-%-%-", position)
    if not last then
      parts[#parts + 1] = text:sub(position)
      return table.concat(parts)
    end
    parts[#parts + 1] = text:sub(position, last)
    position = last + 1
    if label:sub(-#"PRIVATE KEY") == "PRIVATE KEY" then
      parts[#parts + 1] = "***"
      position = text:find("-----END ", position, true) or #text + 1
    end
  end
end

-- An access key id has at least sixteen letters and digits. Its last four stay, so that a reader can identify it.
local KEY_ID = "%f[%w](A[KS]IA)" .. ("[%u%d]"):rep(8) .. "[%u%d]*(" .. ("[%u%d]"):rep(4) .. ")%f[^%w]"

--- Returns the text with *** in place of secrets.
---@param text string
---@return string
function M.text(text)
  local known = {}
  for _, name in ipairs(VARIABLES) do
    local value = environment.get(name)
    known[#known + 1] = value and credentials.secret(value)
  end
  text = credentials.redactor(known):redact(hide_private_keys(secret_fields.hide(env_options.hide(text))))
  text = text:gsub("%f[%w]([Bb]earer +)([%w._~+/=-]+)", function(scheme, token)
    return not PROSE[token:match "^%a+" or token] and scheme .. "***" or nil
  end)
  return (text:gsub(KEY_ID, "%1***%2"))
end

return M
