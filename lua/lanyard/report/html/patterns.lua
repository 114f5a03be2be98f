--- Joins grants and findings of one pattern in an HTML report: they differ only in their repository.

local M = {}

--- More grants, or more findings, than this are joined.
M.MOST = 200

--- The grants of one row.
---@class report.html.Grants
---@field edge report.Edge     the first one
---@field edges report.Edge[]

-- Returns the texts, or else the labels, of the statements of a grant as a key.
local function statements_of(edge)
  local wanted, parts = {}, {}
  for _, label in ipairs(edge.access and edge.access.statements or {}) do
    wanted[label] = true
    parts[#parts + 1] = label
  end
  for _, statement in ipairs(edge.to.repository and edge.to.repository.statements or {}) do
    parts[#parts + 1] = wanted[statement.label] and statement.text or nil
  end
  return table.concat(parts, "\0")
end

local function key_of(edge)
  return table.concat({ edge.from.id, edge.access and edge.access.principal or "", edge.state, edge.label,
    statements_of(edge) }, "\0")
end

--- Returns the rows of a graph by group: one for each grant, or one for each pattern if the graph has more grants than
--- MOST. `row_of` has the id of the first grant of a row by the id of each of its grants.
---@param graph report.Graph
---@return report.html.Grants[][] rows
---@return { [string]: string } row_of
function M.grants(graph)
  local rows, row_of, count = {}, {}, 0
  for _, group in ipairs(graph.groups) do
    count = count + #group.edges
  end
  for i, group in ipairs(graph.groups) do
    local list, known = {}, {}
    for _, edge in ipairs(group.edges) do
      local key = count > M.MOST and key_of(edge) or edge
      if not known[key] then
        known[key] = { edge = edge, edges = {} }
        list[#list + 1] = known[key]
      end
      table.insert(known[key].edges, edge)
      row_of[edge.id] = known[key].edge.id
    end
    rows[i] = list
  end
  return rows, row_of
end

-- Returns a text with another text for the name of a repository, where it is a word of its own.
local function replace_name(text, name, other)
  local parts, start = {}, 1
  repeat
    local first, last = text:find(name, start, true)
    if first then
      local is_part = first > 1 and text:find("^[%w/._-]", first - 1) or text:find("^[%w/_-]", last + 1)
      parts[#parts + 1] = text:sub(start, first - 1) .. (is_part and name or other)
      start = last + 1
    end
  until not first
  return table.concat(parts) .. text:sub(start)
end

--- The findings of one row.
---@class report.html.Findings
---@field finding audit.Finding     the first one
---@field findings audit.Finding[]
---@field statement? table          that all of them are about, of the report
---@field message string            with the number of repositories in place of their names

local NAMES = { "severity", "id", "state", "account", "region", "profile", "service", "principal", "statement", "why" }

local function key_of_finding(finding, statement)
  local parts = {}
  for i, name in ipairs(NAMES) do
    parts[i] = finding[name] or ""
  end
  parts[#parts + 1] = replace_name(finding.message, finding.repository, "\1")
  parts[#parts + 1] = replace_name(finding.fix, finding.repository, "\1")
  parts[#parts + 1] = statement and statement.text or nil
  return table.concat(parts, "\0")
end

--- Returns the rows of findings: one for each finding, or one for each pattern if there are more than MOST.
---@param findings audit.Finding[]
---@param statement_of fun(finding: audit.Finding): table?  returns the statement that a finding is about
---@return report.html.Findings[]
function M.findings(findings, statement_of)
  local rows, known = {}, {}
  for _, finding in ipairs(findings) do
    local statement = statement_of(finding)
    local key = #findings > M.MOST and finding.repository and key_of_finding(finding, statement) or finding
    if not known[key] then
      known[key] = { finding = finding, findings = {}, statement = statement, message = finding.message }
      rows[#rows + 1] = known[key]
    end
    table.insert(known[key].findings, finding)
  end
  for _, row in ipairs(rows) do
    if #row.findings > 1 then
      row.message = replace_name(row.message, row.finding.repository,
        ("each of %d repositories"):format(#row.findings))
    end
  end
  return rows
end

return M
