--- Removes secrets from text before it is stored or sent.
---
---     redact.text "AWS_SESSION_TOKEN=abc"   --> "AWS_SESSION_TOKEN=***"
---
--- Replaces the values of fields with the name of a secret, the secrets in environment variables, bearer tokens, and
--- the middle of access key ids. It cannot find a secret that is printed without a name and is not in the environment.

local credentials = require "lanyard.credentials"
local environment = require "lanyard.environment"
local secret_fields = require "lanyard.text.secret_fields"

local M = {}

local VARIABLES = {
  "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN",
  "LANYARD_WEBHOOK",
}

-- Returns a pattern that matches a name in any capitalization.
local function any_case(name)
  return (name:gsub("%a", function(letter) return ("[%s%s]"):format(letter, letter:upper()) end))
end

-- Names as in AWS config files and in prose: `name = value`, `name: value`.
local SPACED = {}
for i, name in ipairs { "aws_secret_access_key", "aws_session_token", "secretaccesskey", "sessiontoken", "password" } do
  SPACED[i] = "(" .. any_case(name) .. "[\"']?[ \t]*[=:][ \t]*[\"']?)[^%s\"',]+"
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
  text = credentials.redactor(known):redact(secret_fields.hide(text))
  for _, pattern in ipairs(SPACED) do
    text = text:gsub(pattern, "%1***")
  end
  text = text:gsub("([Bb]earer )[%w._~+/=-]+", "%1***")
  return (text:gsub(KEY_ID, "%1***%2"))
end

return M
