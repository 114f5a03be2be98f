-- Draw who can pull from what: services and other principals, repositories, a line a grant.
--
-- Grants that let nobody pull, and grants that are missing, are marked. --output is svg (a picture that
-- stands alone), dot (for Graphviz) or mermaid (for wikis and Markdown). With --report nothing is asked
-- of AWS: the picture is of a report that `lanyard audit --output json` printed ("-" for stdin). What could not be
-- looked at is told on stderr.

local audit = require "lanyard.audit"
local cli = require "lanyard.cli"
local failures = require "lanyard.report.failures"
local escape = require "lanyard.text.escape"
local read = require "lanyard.audit.report.read"
local report = require "lanyard.cli.print"

local command = cli.command(...):with_aws():with_output(report.GRAPH_FORMATS)
command:argument("repository", "A repository's name, or a glob."):args "*"
command:option("--report", "Draw this report of an audit instead of looking."):argname "FILE"
local options = command:parse()

local function look()
  local globs = #options.repository > 0 and options.repository or nil
  return cli.check(audit.run(cli.connect(options), { globs = globs, profile = options.profile }))
end

local function tell(sentence)
  if sentence then
    cli.note("lanyard: " .. escape.printable(sentence))
  end
end

if options.report and #options.repository > 0 then
  command:usage "name repositories, or give a report"
end

local seen = options.report and cli.check(read.report(options.report)) or look()
for _, scope in ipairs(seen.scopes) do
  for _, failure in ipairs(failures.of_scope(scope)) do
    tell((failures.text(failure):gsub("^%u", string.lower)))
  end
  tell(failures.unread_policies(scope))
end
report.graph(options.output, seen)
return cli.exit.ok
