--- The numbers of an audit in the text format of Prometheus, for the textfile collector of the node exporter or for a
--- push gateway. https://prometheus.io/docs/instrumenting/exposition_formats/

local escape = require "lanyard.text.escape"
local summary = require "lanyard.report.summary"
local timestamp = require "lanyard.text.timestamp"

local M = {}

local DECISIONS = { "allow", "depends", "partial", "deny" }

-- Returns one sample. labels: { name, value } pairs.
local function sample(name, labels, value)
  local words = {}
  for i, label in ipairs(labels) do
    words[i] = ('%s="%s"'):format(label[1], escape.label(label[2]))
  end
  return ("%s%s %d\n"):format(name, #words > 0 and "{" .. table.concat(words, ",") .. "}" or "", value)
end

local function family(out, name, help, samples)
  if #samples > 0 then
    out(("# HELP %s %s\n# TYPE %s gauge\n%s"):format(name, help, name, table.concat(samples)))
  end
end

local function findings_of(report)
  local samples, counts, order = {}, {}, {}
  for _, finding in ipairs(report.findings) do
    local labels = { { "id", finding.id }, { "severity", finding.severity }, { "account", finding.account or "" },
      { "region", finding.region or "" } }
    local name = sample("", labels, 0)
    if not counts[name] then
      order[#order + 1] = { name = name, labels = labels }
    end
    counts[name] = (counts[name] or 0) + 1
  end
  for i, entry in ipairs(order) do
    samples[i] = sample("lanyard_findings", entry.labels, counts[entry.name])
  end
  return samples
end

local function changes_of(report)
  local changes, samples = summary.changes(report), {}
  for i, entry in ipairs(changes and { { "finding", "new", changes.new }, { "finding", "gone", changes.resolved },
    { "grant", "new", changes.grants_added }, { "grant", "gone", changes.grants_removed } } or {}) do
    samples[i] = sample("lanyard_changes", { { "kind", entry[1] }, { "change", entry[2] } }, entry[3])
  end
  return samples
end

-- Returns one scope for each account and Region, because a series must not occur twice. One that could be audited
-- replaces one that failed.
local function distinct(scopes)
  local list, position = {}, {}
  for _, scope in ipairs(scopes) do
    local label = summary.label { account = scope.account or "", region = scope.region or "" }
    if not position[label] then
      position[label] = #list + 1
      list[position[label]] = scope
    elseif list[position[label]].error then
      list[position[label]] = scope
    end
  end
  return list
end

local function decisions_of(scope)
  local counts = {}
  for _, repository in ipairs(scope.repositories) do
    for _, access in ipairs(repository.access) do
      counts[access.decision] = (counts[access.decision] or 0) + 1
    end
  end
  return counts
end

-- Returns the samples of grants, repositories and success.
local function scope_samples(report)
  local grants, repositories, success = {}, {}, {}
  for _, scope in ipairs(distinct(report.scopes)) do
    local labels = { { "account", scope.account or "" }, { "region", scope.region or "" } }
    success[#success + 1] = sample("lanyard_audit_success", labels, scope.error and 0 or 1)
    if not scope.error then
      repositories[#repositories + 1] = sample("lanyard_repositories", labels, #scope.repositories)
      local counts = decisions_of(scope)
      for _, decision in ipairs(DECISIONS) do
        grants[#grants + 1] = sample("lanyard_grants", { labels[1], labels[2], { "decision", decision } },
          counts[decision] or 0)
      end
    end
  end
  return grants, repositories, success
end

--- Writes the numbers of a report.
---@param report audit.Report
---@param out fun(text: string) gets whole lines
function M.write(report, out)
  local grants, repositories, success = scope_samples(report)
  local rules = summary.rules(report)
  out(rules and ("# %s\n"):format(escape.printable(rules)) or "")
  for _, sentence in ipairs(summary.considered(report)) do
    out(("# %s\n"):format(escape.printable(sentence)))
  end
  family(out, "lanyard_findings", "Findings, by id and severity.", findings_of(report))
  if report.muted then
    family(out, "lanyard_findings_muted", "Findings that rules mute.",
      { sample("lanyard_findings_muted", {}, #report.muted) })
  end
  family(out, "lanyard_changes", "Changes since the baseline.", changes_of(report))
  if report.baseline then
    family(out, "lanyard_baseline_timestamp_seconds", "Time of the audit that is the baseline.",
      { sample("lanyard_baseline_timestamp_seconds", {}, timestamp.parse(report.baseline.time)) })
  end
  family(out, "lanyard_grants", "Principals that repository policies give a pull action, by decision.", grants)
  family(out, "lanyard_repositories", "Audited repositories.", repositories)
  family(out, "lanyard_audit_success", "Whether the account and Region could be audited.", success)
  family(out, "lanyard_audit_timestamp_seconds", "Time of the audit.",
    { sample("lanyard_audit_timestamp_seconds", {}, timestamp.parse(report.time)) })
end

return M
