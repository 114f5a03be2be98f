--- The edges of the graph of grants: their states and labels.
---
--- ok: the principal can pull. noted: it can pull, and a finding is about that. broken: a grant exists, and the
--- principal cannot pull. missing: a service deploys an image that it cannot pull, without a grant.

local lists = require "lanyard.lists"

local M = {}

-- Reports whether a finding is about an access: about its principal, about an image of its service, or, if it names
-- neither, about one of its statements.
local function is_about(finding, access, breaks_pull)
  if finding.principal then
    return finding.principal == access.principal
  elseif finding.service then
    return finding.service == access.service and breaks_pull[finding.id]
  end
  return finding.statement ~= nil and lists.contains(access.statements, finding.statement)
end

local function state_of(access, findings, breaks_pull)
  local state = (access.decision == "deny" or access.decision == "partial") and "broken" or "ok"
  for _, finding in ipairs(findings) do
    state = (state == "broken" or breaks_pull[finding.id]) and "broken" or "noted"
  end
  return state
end

-- Returns the ids of the findings, or else the statements that grant the access.
local function label_of(access, findings, state)
  local ids, known = {}, {}
  for _, finding in ipairs(findings) do
    if not known[finding.id] then
      known[finding.id] = true
      ids[#ids + 1] = finding.id
    end
  end
  if #ids > 0 then
    return table.concat(ids, ", ")
  elseif state == "broken" then
    return access.decision == "deny" and "denied" or "only one of two actions"
  end
  return (access.decision == "depends" and "conditional: " or "") .. access.statement
    .. (access.expires and ", until " .. access.expires:sub(1, 10) or "")
end

--- Returns the edge of an access, without its nodes.
---@param access table of a report
---@param findings audit.Finding[] of the repository
---@param breaks_pull { [string]: true } ids of the findings about grants that do not allow a pull
---@return report.Edge
function M.of_access(access, findings, breaks_pull)
  local about = {}
  for _, finding in ipairs(findings) do
    about[#about + 1] = is_about(finding, access, breaks_pull) and finding or nil
  end
  local state = state_of(access, about, breaks_pull)
  return { state = state, label = label_of(access, about, state), access = access, findings = about }
end

local SENTENCES = {
  ok = "%s can pull from %s: %s",
  noted = "%s can pull from %s, with a finding: %s",
  broken = "%s has a grant for %s and cannot pull: %s",
  missing = "%s deploys an image of %s and cannot pull it: %s",
}

local MANY = {
  ok = "can pull", noted = "can pull, with findings", broken = "granted, cannot pull",
  missing = "deployed, cannot be pulled",
}

--- Describes an edge in a sentence.
---@param edge report.Edge
---@return string
function M.sentence(edge)
  if edge.count and edge.count > 1 then
    return ("%s / %s / %s (%s)"):format(edge.from.name, edge.to.name, MANY[edge.state], edge.label)
  end
  return SENTENCES[edge.state]:format(edge.from.name, edge.to.name, edge.label)
end

return M
