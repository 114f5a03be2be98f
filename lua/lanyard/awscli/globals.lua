--- The options that every operation has. They can be anywhere on the command line, and win over a member of the same
--- name, as in the AWS CLI.

---@class awscli.Global
---@field name string          without dashes
---@field help string
---@field value? string        the placeholder of its value; nil for a flag
---@field choices? string[]
---@field integer? boolean     its value is a number from 0
---@field yields? boolean      a member of the same name wins
---@field refused? string      why it cannot be used
---@field optional? boolean    it may have no value

---@type awscli.Global[]
local LIST = {
  { name = "profile", value = "NAME", help = "Profile in the AWS config files." },
  { name = "region", value = "REGION", help = "AWS Region." },
  { name = "endpoint-url", value = "URL", help = "Call this endpoint instead of AWS's." },
  { name = "output", value = "FORMAT", choices = { "json", "text", "table", "jsonl", "yaml" },
    help = "Output format (default: json)." },
  { name = "query", value = "EXPRESSION", help = "Print what this JMESPath expression selects of the result." },
  { name = "no-paginate", help = "Make one call, for the first page." },
  { name = "cli-input-json", value = "JSON",
    help = "Take the members from this JSON, or from file://FILE; options win." },
  { name = "generate-cli-skeleton", value = "input|output", choices = { "input", "output" }, optional = true,
    help = "Print JSON with all members, for --cli-input-json or as a sample of the output, and call nothing." },
  { name = "cli-binary-format", value = "FORMAT", choices = { "base64", "raw-in-base64-out" },
    help = "How bytes are written in options (default: base64)." },
  { name = "no-sign-request", help = "Use no credentials and sign nothing." },
  { name = "ca-bundle", value = "FILE", help = "Trust the certificates in this file instead of the system's." },
  { name = "cli-connect-timeout", value = "SECONDS", integer = true,
    help = "Seconds to wait for a connection (default: 5); 0 means no limit." },
  { name = "cli-read-timeout", value = "SECONDS", integer = true,
    help = "Seconds to wait for a reply (default: 30); 0 means no limit." },
  { name = "dry-run", yields = true, help = "Check the input and the rules, and call nothing." },
  { name = "rules", value = "FILE", yields = true,
    help = "Ask the rules in this file before the call; none for no rules." },
  { name = "debug", help = "Print tracebacks, and a wire log without secrets, on stderr." },
  { name = "help", help = "Print this help." },
}

-- Options of the AWS CLI that change nothing here: there is no pager, no prompt, and no colour; and the YAML of which
-- only JSON is read.
local IGNORED = {
  { name = "cli-input-yaml", value = "JSON" },
  { name = "no-cli-pager" }, { name = "no-cli-auto-prompt" },
  { name = "color", value = "WHEN", choices = { "on", "off", "auto" } },
}

-- Options of the AWS CLI that lanyard refuses, and what to do instead.
local REFUSED = {
  { name = "no-verify-ssl", refused = "certificates are always checked; --ca-bundle names others to trust, "
    .. "and so do AWS_CA_BUNDLE and ca_bundle in the AWS config file" },
  { name = "cli-auto-prompt", refused = "there is no prompt; the shell completes options (lanyard help completion)" },
  { name = "version", refused = "the version is printed by lanyard --version" },
}

local by_name = {}
for _, list in ipairs { LIST, IGNORED, REFUSED } do
  for _, option in ipairs(list) do
    by_name[option.name] = option
  end
end

return { list = LIST, by_name = by_name }
