-- Who can pull what, as a graph: the form that dot, mermaid, svg and html draw.
--
--   for _, group in ipairs(graph.of(report, catalogue).groups) do ... end
--
-- A group is an account and Region: { title, error | nil, left, right, edges }. left has the services and
-- other principals, right the repositories, edges a grant each; all in the order to draw them in.
-- A node: { id, name, kind, note | nil, repository = of the report | nil }; kinds on the left are those of
-- lanyard.audit.scan.inventory and "container-service", on the right "repository" and "absent" (nobody has it).
-- An edge: { id, number, from, to, state, label, access | nil, findings }. Its state:
--   ok       the principal may pull             noted    it may, and there is a finding about that
--   broken   it was meant to pull and cannot    missing  a service deploys an image that it cannot pull

local summary = require "lanyard.report.summary"
local lists = require "lanyard.lists"

local M = {}

-- ---------------------------------------------------------------------------------------------
-- Findings of a scope, by repository

local function findings_of(report, scope)
  local by_repository = {}
  for _, finding in ipairs(report.findings) do
    if finding.repository and finding.account == scope.account and finding.region == scope.region then
      by_repository[finding.repository] = by_repository[finding.repository] or {}
      table.insert(by_repository[finding.repository], finding)
    end
  end
  return by_repository
end

-- Whether a finding is about this access: its principal, or its service's image, or without either its
-- statement.
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

-- What stands at an edge: the findings about it, or else by which statement it is.
local function label_of(access, findings, state)
  local words, known = {}, {}
  for _, finding in ipairs(findings) do
    if not known[finding.id] then
      known[finding.id] = true
      words[#words + 1] = finding.id
    end
  end
  if #words > 0 then
    return table.concat(words, ", ")
  elseif state == "broken" then
    return access.decision == "deny" and "denied" or "only one of two actions"
  end
  return (access.decision == "depends" and "on a condition: " or "") .. access.statement
    .. (access.expires and ", until " .. access.expires:sub(1, 10) or "")
end

-- ---------------------------------------------------------------------------------------------
-- Nodes

-- Where a principal's node is kept, its name and kind. All roles of a service are the service.
local function principal_of(access, scope)
  if access.service then
    local elsewhere = access.region ~= scope.region and (" (%s)"):format(access.region or "?") or ""
    return "service " .. access.service .. elsewhere, access.service .. elsewhere, "container-service"
  elseif access.kind == "public" then
    return "public " .. access.principal, access.principal == "*" and "everyone" or access.principal, "public"
  end
  return access.type .. " " .. access.principal, access.principal, access.kind
end

local Group = {}
Group.__index = Group

local function node_of(self, side, key, name, kind)
  local known = self.nodes[side .. key]
  if not known then
    known = { name = name, kind = kind, key = key, ends = {} }
    self.nodes[side .. key] = known
    table.insert(self[side], known)
  end
  return known
end

function Group:connect(from, to, edge)
  edge.from, edge.to = from, to
  table.insert(self.edges, edge)
  table.insert(from.ends, to)
end

local function add_repository(self, repository, scope, findings)
  local to = node_of(self, "right", repository.name, repository.name, "repository")
  to.repository = repository
  to.note = repository.unknown and "policy unknown: " .. repository.unknown or nil
  local told = {}
  for _, access in ipairs(repository.access) do
    local about = {}
    for _, finding in ipairs(findings) do
      if is_about(finding, access, self.breaks_pull) then
        about[#about + 1] = finding
        told[finding] = true
      end
    end
    local state = state_of(access, about, self.breaks_pull)
    self:connect(node_of(self, "left", principal_of(access, scope)), to, {
      state = state, label = label_of(access, about, state), access = access, findings = about,
    })
  end
  return told
end

-- Images that a service deploys and has no grant for, or that are of a repository that is not there.
local function add_missing(self, name, findings, told)
  for _, finding in ipairs(findings) do
    if finding.service and finding.id:find "^image%-" and not told[finding] and finding.severity ~= "info" then
      local to = node_of(self, "right", name, name, "absent")
      local from = node_of(self, "left", "service " .. finding.service, finding.service, "container-service")
      self:connect(from, to, { state = "missing", label = finding.id, findings = { finding } })
    end
  end
end

-- ---------------------------------------------------------------------------------------------
-- Order

local function by_name(a, b)
  if a.name ~= b.name then
    return a.name < b.name
  end
  return a.key < b.key
end

-- Principals stand about where their repositories do, so that few edges cross; those without any last.
local function arrange(self, prefix)
  table.sort(self.right, by_name)
  for i, node in ipairs(self.right) do
    node.place, node.id = i, ("%sr%d"):format(prefix, i)
  end
  for _, node in ipairs(self.left) do
    local sum = 0
    for _, to in ipairs(node.ends) do
      sum = sum + to.place
    end
    node.middle = #node.ends > 0 and sum / #node.ends or math.huge
  end
  table.sort(self.left, function(a, b)
    if a.middle ~= b.middle then
      return a.middle < b.middle
    end
    return by_name(a, b)
  end)
  for i, node in ipairs(self.left) do
    node.place, node.id = i, ("%sp%d"):format(prefix, i)
  end
  for i, edge in ipairs(self.edges) do
    edge.order = i
  end
  table.sort(self.edges, function(a, b)
    if a.to ~= b.to then
      return a.to.place < b.to.place
    elseif a.from ~= b.from then
      return a.from.place < b.from.place
    end
    return a.order < b.order
  end)
end

local function group_of(report, scope, prefix, breaks_pull)
  local self = setmetatable({
    title = summary.place(scope), left = {}, right = {}, edges = {}, nodes = {}, breaks_pull = breaks_pull,
  }, Group)
  if scope.error then
    self.error = summary.failure(scope)
    return self
  end
  local by_repository = findings_of(report, scope)
  local told = {}
  for _, repository in ipairs(scope.repositories) do
    told[repository.name] = add_repository(self, repository, scope, by_repository[repository.name] or {})
  end
  for _, name in ipairs(lists.sorted_names(by_repository)) do
    add_missing(self, name, by_repository[name], told[name] or {})
  end
  for _, service in ipairs(scope.services) do
    node_of(self, "left", "service " .. service.name, service.name, "container-service")
  end
  arrange(self, prefix)
  return self
end

-- Returns the ids of findings that say that a grant lets nobody pull.
local function breaking(catalogue)
  local ids = {}
  for id, entry in pairs(catalogue) do
    ids[id] = entry.breaks_pull or nil
  end
  return ids
end

-- of(report, catalogue) --> { groups, counts = { left, right, ok, noted, broken, missing } }
-- catalogue: the properties of findings by id, of which breaks_pull is used; see lanyard.audit.findings.
function M.of(report, catalogue)
  local groups, number, breaks_pull = {}, 0, breaking(catalogue)
  local counts = { left = 0, right = 0, ok = 0, noted = 0, broken = 0, missing = 0 }
  for i, scope in ipairs(summary.scopes(report)) do
    local group = group_of(report, scope, "g" .. i, breaks_pull)
    groups[i] = group
    counts.left, counts.right = counts.left + #group.left, counts.right + #group.right
    for _, edge in ipairs(group.edges) do
      number = number + 1
      edge.number, edge.id = number, "grant-" .. number
      counts[edge.state] = counts[edge.state] + 1
    end
  end
  return { groups = groups, counts = counts }
end

-- An edge as a sentence.
function M.sentence(edge)
  local what = ({
    ok = "%s can pull from %s: %s",
    noted = "%s can pull from %s, but: %s",
    broken = "%s was meant to pull from %s, and cannot: %s",
    missing = "%s deploys an image of %s, and cannot pull it: %s",
  })[edge.state]
  return what:format(edge.from.name, edge.to.name, edge.label)
end

-- The whole as a sentence, for those who do not see it.
function M.summary(counts)
  return ("%d services and other principals, %d repositories. Grants: %d as they should be, %d with a finding, "
    .. "%d that let nobody pull, %d missing."):format(counts.left, counts.right, counts.ok, counts.noted,
    counts.broken, counts.missing)
end

return M
