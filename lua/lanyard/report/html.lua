--- An audit report as one HTML file that needs no network: the numbers, the findings with a filter, the graph of
--- grants, and each grant with its statements.

local elements = require "lanyard.report.html.elements"
local failures = require "lanyard.report.failures"
local findings = require "lanyard.report.html.findings"
local grants = require "lanyard.report.html.grants"
local graph = require "lanyard.report.graph"
local page = require "lanyard.report.page"
local severities = require "lanyard.severity"
local summary = require "lanyard.report.summary"
local timestamp = require "lanyard.text.timestamp"

local M = {}

local text = elements.text

local function header(report, counts)
  local parts, rules = { '<dl class="counts">\n' }, summary.rules(report)
  for _, severity in ipairs(severities.LIST) do
    parts[#parts + 1] = ("<div><dt>%s</dt>%s</div>\n"):format(severity,
      elements.element("dd", counts[severity] > 0 and severity or "none", counts[severity]))
  end
  return ('<a class="skip" href="#findings">Skip to the findings</a>\n<header>\n<h1>Lanyard audit: %s</h1>\n'
    .. '<p class="soft">%s, %s, by %s</p>\n'):format(summary.severities(counts), text(summary.extent(counts)),
    text(report.time), text(report.tool)) .. (rules and elements.element("p", "soft", text(rules)) .. "\n" or "")
    .. table.concat(parts) .. "</dl>\n</header>\n"
end

local function unknown(report)
  local items = {}
  for i, failure in ipairs(failures.of(report)) do
    items[i] = ("<li>%s</li>\n"):format(text(failures.text(failure)))
  end
  return #items > 0 and ("<section>\n<h2>Unknown</h2>\n<ul>\n%s</ul>\n</section>\n"):format(table.concat(items)) or ""
end

local function limitations(report)
  local items = {}
  for i, sentence in ipairs(summary.considered(report)) do
    items[i] = ("<li>%s</li>\n"):format(text((sentence:gsub("^%l", string.upper))))
  end
  if #items == 0 then
    return ""
  end
  return ('<section id="limitations">\n<h2>Limitations</h2>\n<ul>\n%s</ul>\n</section>\n'):format(table.concat(items))
end

local function grant_line(grant)
  return ("%s: %s, %s<br><code>%s</code>"):format(text(summary.label(grant)), text(grant.repository),
    text(grant.decision), text(grant.audience or grant.principal))
end

local function policy_line(change)
  return ("%s: %s<br>%s"):format(text(summary.label(change)), text(change.repository),
    text(summary.policy_change(change)))
end

local function changes(report)
  local baseline = report.baseline
  if not baseline then
    return ""
  end
  return ('<section id="changes">\n<h2>Since %s</h2>\n<p>%s.</p>\n'):format(text(baseline.time),
    summary.since(summary.changes(report)))
    .. elements.list("Resolved findings", baseline.resolved, findings.line)
    .. elements.list("Changed policies", baseline.policies or {}, policy_line)
    .. elements.list("Added grants", baseline.grants.added, grant_line)
    .. elements.list("Removed grants", baseline.grants.removed, grant_line) .. "</section>\n"
end

--- Writes a report.
---@param report audit.Report
---@param out fun(text: string) gets whole lines
---@param options { catalogue: { [string]: { breaks_pull: boolean } } } the findings by id
function M.write(report, out, options)
  local write = out
  out = function(part) write(timestamp.localized(part)) end
  local counts = summary.counts(report)
  out(page.head("Lanyard audit: " .. summary.severities(counts)))
  out(header(report, counts))
  out(unknown(report))
  out(changes(report))
  findings.write(report, counts, out)
  out(findings.muted(report))
  out(limitations(report))
  grants.write(graph.of(report, options.catalogue), out)
  out(page.FOOT)
end

return M
