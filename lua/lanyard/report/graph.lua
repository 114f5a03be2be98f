--- The graph of grants, which the formats dot, mermaid, svg and html draw.
---
---     for _, group in ipairs(graph.of(report, catalogue).groups) do ... end

local edges = require "lanyard.report.graph.edges"
local failures = require "lanyard.report.failures"
local lists = require "lanyard.lists"
local order = require "lanyard.report.graph.order"
local summary = require "lanyard.report.summary"

local M = {}

---@class report.Graph
---@field groups report.Group[]
---@field counts { left: integer, right: integer, ok: integer, noted: integer, broken: integer, missing: integer }
---@field note? string  set by lanyard.report.graph.fold: why not each node and edge is drawn, and how to draw them

--- An account and Region. The nodes and edges are in the order in which to draw them.
---@class report.Group
---@field title string
---@field error? string         why it could not be audited
---@field left report.Node[]    services and other principals
---@field right report.Node[]   repositories
---@field edges report.Edge[]

---@class report.Node
---@field id string
---@field name string
---@field kind string           left: "container-service", or a kind of lanyard.access.principal; right: "repository",
---  or "absent" for one that does not exist
---@field note? string
---@field repository? table     of the report
---@field neighbours report.Node[]

--- A grant, or an image that a service deploys without one.
---@class report.Edge
---@field id string
---@field number integer
---@field from report.Node
---@field to report.Node
---@field state "ok"|"noted"|"broken"|"missing"  see lanyard.report.graph.edges
---@field label string
---@field access? table         of the report
---@field findings audit.Finding[]
---@field count? integer         the grants of a folded edge; see lanyard.report.graph.fold

local Group = {}
Group.__index = Group

-- Returns the node with a key, and adds it if it is new.
function Group:node(side, key, name, kind)
  local known = self.nodes[side .. key]
  if not known then
    known = { name = name, kind = kind, key = key, neighbours = {} }
    self.nodes[side .. key] = known
    table.insert(self[side], known)
  end
  return known
end

function Group:connect(from, to, edge)
  edge.from, edge.to = from, to
  table.insert(self.edges, edge)
  table.insert(from.neighbours, to)
end

-- Returns the findings of a scope by repository.
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

-- Returns the key, name and kind of the node of a principal. All roles of a service are one node.
local function principal_of(access, scope)
  if access.service then
    local elsewhere = access.region ~= scope.region and (" (%s)"):format(access.region or "?") or ""
    return "service " .. access.service .. elsewhere, access.service .. elsewhere, "container-service"
  elseif access.kind == "public" then
    local name = access.audience or access.principal == "*" and "everyone" or access.principal
    return "public " .. access.principal .. " " .. name, name, "public"
  end
  -- One principal, such as everyone, is somebody else under each condition.
  return ("%s %s %s"):format(access.type, access.principal, access.audience or ""),
    access.audience or access.principal, access.kind
end

-- Adds a repository and an edge for each of its grants. Returns the findings that an edge shows.
local function add_repository(self, repository, scope, findings)
  local to = self:node("right", repository.name, repository.name, "repository")
  to.repository = repository
  to.note = repository.policy_error and "policy unknown: " .. repository.policy_error or nil
  local shown = {}
  for _, access in ipairs(repository.access) do
    local edge = edges.of_access(access, findings, self.breaks_pull)
    for _, finding in ipairs(edge.findings) do
      shown[finding] = true
    end
    self:connect(self:node("left", principal_of(access, scope)), to, edge)
  end
  for _, name in ipairs(repository.by_registry or {}) do
    self:connect(self:node("left", "service " .. name, name, "container-service"), to,
      { state = "ok", label = "registry policy", findings = {} })
  end
  return shown
end

-- Adds an edge for each image that a service deploys and cannot pull, unless an edge of a grant shows that.
local function add_missing(self, name, findings, shown)
  for _, finding in ipairs(findings) do
    if finding.service and finding.id:find "^image%-" and not shown[finding] and finding.severity ~= "info" then
      local to = self:node("right", name, name, "absent")
      local from = self:node("left", "service " .. finding.service, finding.service, "container-service")
      self:connect(from, to, { state = "missing", label = finding.id, findings = { finding } })
    end
  end
end

local function group_of(report, scope, prefix, breaks_pull)
  local self = setmetatable({
    title = summary.label(scope), left = {}, right = {}, edges = {}, nodes = {}, breaks_pull = breaks_pull,
  }, Group)
  if scope.error then
    self.error = failures.reason(scope)
    return self
  end
  local by_repository = findings_of(report, scope)
  local shown = {}
  for _, repository in ipairs(scope.repositories) do
    shown[repository.name] = add_repository(self, repository, scope, by_repository[repository.name] or {})
  end
  for _, name in ipairs(lists.sorted_names(by_repository)) do
    add_missing(self, name, by_repository[name], shown[name] or {})
  end
  for _, service in ipairs(scope.services) do
    self:node("left", "service " .. service.name, service.name, "container-service")
  end
  order.arrange(self, prefix)
  return self
end

local function breaking_ids(catalogue)
  local ids = {}
  for id, entry in pairs(catalogue) do
    ids[id] = entry.breaks_pull or nil
  end
  return ids
end

--- Returns the graph of a report.
---@param report audit.Report
---@param catalogue { [string]: { breaks_pull: boolean } } the findings by id
---@return report.Graph
function M.of(report, catalogue)
  local groups, number, breaks_pull = {}, 0, breaking_ids(catalogue)
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

--- Describes the graph in words, for readers who do not see it.
---@param counts table of a graph
---@return string
function M.summary(counts)
  return ("%d services and other principals, %d repositories. Grants: %d without findings, %d with findings, "
    .. "%d that do not allow a pull, %d missing."):format(counts.left, counts.right, counts.ok, counts.noted,
    counts.broken, counts.missing)
end

return M
