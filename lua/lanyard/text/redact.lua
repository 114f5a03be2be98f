-- Texts that are kept or sent on, without the secrets that are known to look like some: values of members, fields
-- and elements with a secret's name, the keys that the environment holds, and access keys' ids but for their ends.
-- A secret that is printed without its name, and is not of the environment, is not found.

local credentials = require "lanyard.credentials"
local settings = require "lanyard.aws.settings"
local wire = require "lanyard.aws.wire"

local M = {}

local VARIABLES = {
  "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN",
  "LANYARD_WEBHOOK",
}

-- A pattern for a name however it is capitalized.
local function any_case(name)
  return (name:gsub("%a", function(letter) return ("[%s%s]"):format(letter, letter:upper()) end))
end

-- As the AWS config files, and people, spell them: `name = value`, `name: value`.
local SPACED = {}
for i, name in ipairs { "aws_secret_access_key", "aws_session_token", "secretaccesskey", "sessiontoken", "password" } do
  SPACED[i] = "(" .. any_case(name) .. "[\"']?[ \t]*[=:][ \t]*[\"']?)[^%s\"',]+"
end

-- Sixteen letters and digits or more.
local KEY_ID = "%f[%w](A[KS]IA)" .. ("[%u%d]"):rep(8) .. "[%u%d]*(" .. ("[%u%d]"):rep(4) .. ")%f[^%w]"

-- text(text) --> the text with *** in the places of secrets
function M.text(text)
  local known = {}
  for _, name in ipairs(VARIABLES) do
    local value = settings.variable(name)
    known[#known + 1] = value and credentials.secret(value)
  end
  text = credentials.redactor(known):redact(wire.body(text))
  for _, pattern in ipairs(SPACED) do
    text = text:gsub(pattern, "%1***")
  end
  text = text:gsub("([Bb]earer )[%w._~+/=-]+", "%1***")
  return (text:gsub(KEY_ID, "%1***%2"))
end

return M
