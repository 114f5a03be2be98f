---@meta rules

--- What a rules file sees: it declares rules, mutes and examples, and runs in a sandbox without files and network.
---
--- ```lua
--- rule "production images only to production services" {
---   on = { "grant", "audit" },
---   check = function(change)
---     if change.repository:match "^prod/"
---       and change.service.tags.env ~= "prod" then
---       return deny "tag the service env=prod first"
---     end
---   end,
--- }
---
--- example "a test service gets no production image" {
---   on = "grant", repository = "prod/web",
---   service = { name = "web", tags = { env = "test" } },
---   expect = "deny: env=prod",
--- }
--- ```
---
--- These are globals, in a rules file only. Such a file has Lua's functions for texts, tables and numbers, but neither
--- `require` nor files. `lanyard help rules` describes when rules are read and applied.

--- What a rule is about, and how it decides.
---@class rules.Definition
---@field on string|string[]  "grant", "revoke", "enable", "disable", "deploy", "undo", "any" (of these), "audit",
---  "call" (a call of `lanyard aws`), "service" (`lanyard service` creates, changes or deletes one,
---  `lanyard images prune` deletes an image of it), or a list
---@field check fun(change: rules.Change): rules.Verdict|rules.Verdict[]|nil  is called for each change or finding

--- What a check returns: a result of `allow`, `deny`, `warn` or `finding`. Without a result the change is allowed.
---@alias rules.Verdict table

--- Declares a rule. A check that raises an error, or takes too long, denies the change.
---@param name string
---@return fun(definition: rules.Definition) declare  takes the definition: rule "name" { ... }
function rule(name) end

--- Declares a bundled rule with its settings. "own-organization" denies a change that opens a repository to another
--- organization, to every organization or to everyone; it takes `organizations` and `accounts`, lists of ids.
---
--- ```lua
--- bundled "own-organization" { organizations = { "o-a1b2c3d4e5" } }
--- ```
---@param name "own-organization"
---@return fun(settings: table) declare
function bundled(name) end

--- Allows the change, as a check without a result does.
---@return rules.Verdict
function allow() end

--- Denies the change. In an audit it is a finding.
---@param reason string  what to do about it
---@return rules.Verdict
function deny(reason) end

--- Allows the change, and prints a warning. In an audit it is a finding.
---@param text string
---@return rules.Verdict
function warn(text) end

--- A finding that a rule reports.
---@class rules.FindingDefinition
---@field severity "critical"|"high"|"medium"|"low"|"info"  how bad it is
---@field message string  what is wrong
---@field why? string     its impact
---@field fix? string     how to fix it

--- Reports a finding of an audit.
---@param definition rules.FindingDefinition
---@return rules.Verdict
function finding(definition) end

--- What a mute selects: the finding and, as globs, what it is about.
---@class rules.MuteDefinition
---@field finding string      a name of `lanyard help findings`, or "rule"
---@field reason string       for the report
---@field ends? string        the date at whose start (UTC) the mute ends: "2027-01-31"
---@field repository? string  a glob, like the fields below
---@field service? string  a container service
---@field principal? string  as the policy has it
---@field statement? string  a Sid
---@field account? string  12 digits
---@field region? string  "us-east-1"
---@field message? string     the message of a rule's finding begins with rule "NAME":

--- Removes findings from the summary of an audit and from --fail-on. The report lists them as muted.
---
--- ```lua
--- mute {
---   finding = "public-access", repository = "demo/*",
---   reason = "images for everyone", ends = "2099-01-31",
--- }
--- ```
---@param definition rules.MuteDefinition
function mute(definition) end

--- A change and the expected result, for `lanyard rules test`. All members of a change can be given.
---@class rules.ExampleDefinition : rules.Change
---@field expect string  "allow", "deny", "warn" or "finding", or one of these with a part of its text: "deny: env=prod"

--- Declares an example, which `lanyard rules test` runs.
---@param name string
---@return fun(definition: rules.ExampleDefinition) declare  takes the definition: example "name" { ... }
function example(name) end
