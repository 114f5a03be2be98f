-- An audit's numbers in the text format of Prometheus, for the textfile collector of its node exporter
-- or a push gateway. https://prometheus.io/docs/instrumenting/exposition_formats/

local summary = require "lanyard.report.summary"
local escape = require "lanyard.text.escape"
local timestamp = require "lanyard.text.timestamp"

local M = {}

local DECISIONS = { "allow", "depends", "partial", "deny" }

-- labels: { { name, value }... }
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

-- What came and went since the baseline.
local function changes_of(report)
  local changes, samples = summary.changes(report), {}
  for i, entry in ipairs(changes and { { "finding", "new", changes.new }, { "finding", "gone", changes.gone },
    { "grant", "new", changes.grants_new }, { "grant", "gone", changes.grants_gone } } or {}) do
    samples[i] = sample("lanyard_changes", { { "kind", entry[1] }, { "change", entry[2] } }, entry[3])
  end
  return samples
end

-- Scopes of one account and Region, as two profiles may have, are told once: a series is there once.
local function distinct(scopes)
  local list, at = {}, {}
  for _, scope in ipairs(scopes) do
    local place = summary.place { account = scope.account or "", region = scope.region or "" }
    if not at[place] then
      at[place] = #list + 1
      list[at[place]] = scope
    elseif list[at[place]].error then
      list[at[place]] = scope
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

-- write(report, out): out(text) takes whole lines.
function M.write(report, out)
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
  family(out, "lanyard_findings", "What the audit found, by finding and severity.", findings_of(report))
  if report.muted then
    family(out, "lanyard_findings_muted", "What the audit found and rules mute.",
      { sample("lanyard_findings_muted", {}, #report.muted) })
  end
  family(out, "lanyard_changes", "What came and went since the baseline.", changes_of(report))
  if report.baseline then
    family(out, "lanyard_baseline_timestamp_seconds", "When the audit of the baseline was made.",
      { sample("lanyard_baseline_timestamp_seconds", {}, timestamp.parse(report.baseline.time)) })
  end
  family(out, "lanyard_grants", "Principals that policies give a pull action, by what they get.", grants)
  family(out, "lanyard_repositories", "Repositories that were looked at.", repositories)
  family(out, "lanyard_audit_success", "Whether the account and Region could be looked at.", success)
  family(out, "lanyard_audit_timestamp_seconds", "When the audit was made.",
    { sample("lanyard_audit_timestamp_seconds", {}, timestamp.parse(report.time)) })
end

return M
