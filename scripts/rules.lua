-- Test and show the rules of one's own.
--
-- test asks the rules about each example in the file, with exit status 1 when one is not answered
-- as it expects. show lists rules, mutes and examples.
--
-- The file is the one named, else that of LANYARD_RULES, else ./.lanyard/rules.lua; --rules names it
-- for audit and the commands that change something. It is Lua in a sandbox, with these words:
--
--   rule "production images only to production services" {
--     on = "grant",
--     check = function(change)
--       if change.repository:match "^prod/" and change.service.tags.env ~= "prod" then
--         return deny "tag the service env=prod first"
--       end
--     end,
--   }
--
-- on is grant, revoke, enable, disable, deploy, undo, any (of these), audit, or a list. deny refuses
-- the change (exit status 4), warn "what" is told, allow() or nothing lets it be. A rule that fails
-- or takes too long denies.
--
-- A rule on = "audit" is asked about each repository and each service; one on = { "grant", "audit" }
-- about each grant there is. What it denies or warns of is a finding, as is this:
--
--   finding { severity = "high", message = "what", why = "the harm", fix = "what mends it" }
--
-- A change has what concerns it of:
--
--   on, dry_run, time, epoch (seconds since 1970)
--   caller.account, .arn, .region
--   service.name, .arn, .region, .state, .tags, .role.active, .role.arn
--   repository (its name)
--   repository_details.arn, .account, .region, .mutability, .tags
--   before, after (policies): .text, .statements, each with sid, effect,
--     principals (of type and value), actions, resources,
--     conditions (of operator, key and values)
--   grant.service, .principal, .sid, .expires (seconds since 1970)
--   deployment (what CreateContainerServiceDeployment gets)
--
-- A mute takes findings of an audit out of account: they are counted as muted, and listed apart in
-- JSON. Globs: repository, service, principal, statement, account, region, message (that of a rule's
-- finding begins with rule "NAME":). A mute that has ended is a finding.
--
--   mute {
--     finding = "public-access", repository = "demo/*",
--     reason = "images for everyone", ends = "2027-01-31",
--   }
--
-- An example is a change and what is expected: allow, deny, warn or finding, or one of these with a
-- part of its text.
--
--   example "a test service gets no production image" {
--     on = "grant", repository = "prod/web",
--     service = { name = "web", tags = { env = "test" } },
--     expect = "deny: env=prod",
--   }

local cli = require "lanyard.cli"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local report = require "lanyard.cli.print"
local rules = require "lanyard.rules"

local command = cli.command(...):with_output { "table", "json" }
command:argument("action", "What to do."):choices { "test", "show" }
command:argument("file", "The rules file."):args "?"
local options = command:parse()

local own = rules.new { path = options.file, check_mute = cli.check_mute }
cli.check(own:load())
if not own.file then
  command:usage("there are no rules: name a file, or write " .. rules.HERE)
end

if options.action == "test" then
  local results = require("lanyard.rules.examples").run(own)
  local failed, rows = 0, {}
  for i, result in ipairs(results) do
    failed = failed + (result.passed and 0 or 1)
    rows[i] = { result.place, result.example, result.passed and { "passed", "green" } or { "failed", "red" },
      result.passed and "" or ("expected %s, got %s"):format(result.expected, result.answer) }
  end
  if options.output == "json" then
    report.json(json.array(results))
  elseif #results == 0 then
    cli.note(("lanyard: %s has no examples"):format(own.file))
  else
    report.rows({ "PLACE", "EXAMPLE", "RESULT", "NOTE" }, rows)
  end
  return failed > 0 and cli.exit.failed or cli.exit.ok
end

local rows, items = {}, json.array {}
local function add(place, kind, name, about)
  rows[#rows + 1] = { place, kind, name, about }
  items[#items + 1] = { place = place, kind = kind, name = name, about = about }
end
for _, rule in ipairs(own.contents.rules) do
  add(rule.place, "rule", rule.name, "on " .. table.concat(lists.sorted_names(rule.on), ", "))
end
for _, mute in ipairs(own:mutes()) do
  add(mute.place, "mute", mute.finding, mute.reason .. (mute.ends and " (ends " .. mute.ends .. ")" or ""))
end
for _, example in ipairs(own.contents.examples) do
  add(example.place, "example", example.name, "expects " .. example.expect)
end
if options.output == "json" then
  report.json(items)
else
  report.rows({ "PLACE", "KIND", "NAME", "" }, rows)
end
return cli.exit.ok
