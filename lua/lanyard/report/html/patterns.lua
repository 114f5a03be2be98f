--- Joins grants and findings of one pattern in an HTML report: they differ only in their repository. If there are still
--- many rows, the ones without a pattern are joined by what they have in common, and each part has its own texts.

local M = {}

--- More grants, or more findings, than this are joined.
M.MOST = 200

--- More rows than this are joined although each has texts of its own.
M.MOST_ROWS = 1000

--- The grants of one row.
---@class report.html.Grants
---@field edge report.Edge     the first one
---@field edges report.Edge[]
---@field is_mixed? boolean    whether each grant has its own statements

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

-- Returns what grants of one row have in common, with or without their statements. The label of a grant with findings
-- has their ids, and the label of another one its statements.
local function key_of(edge, with_statements)
  local label = (with_statements or #edge.findings > 0) and edge.label or ""
  return table.concat({ edge.from.id, edge.access and edge.access.principal or "", edge.state, label,
    with_statements and statements_of(edge) or nil }, "\0")
end

-- Returns rows of edges. Edges without a key are not joined.
local function rows_of(edges, key)
  local list, known = {}, {}
  for _, edge in ipairs(edges) do
    local name = key(edge) or edge
    if not known[name] then
      known[name] = { edge = edge, edges = {} }
      list[#list + 1] = known[name]
    end
    table.insert(known[name].edges, edge)
  end
  return list
end

-- Joins the rows of one grant each, which have statements of their own.
local function join_single(rows)
  local list, known = {}, {}
  for _, row in ipairs(rows) do
    local key = #row.edges == 1 and key_of(row.edge) or row
    local joined = known[key]
    if not joined then
      known[key], list[#list + 1] = row, row
    else
      joined.is_mixed = true
      table.insert(joined.edges, row.edge)
    end
  end
  return list
end

--- Returns the rows of a graph by group: one for each grant, or one for each pattern if the graph has more grants than
--- MOST, or one for several grants of a principal if it also has more patterns than MOST_ROWS. `row_of` has
--- the id of the first grant of a row by the id of each of its grants.
---@param graph report.Graph
---@return report.html.Grants[][] rows
---@return { [string]: string } row_of
function M.grants(graph)
  local rows, row_of, count, patterns = {}, {}, 0, 0
  for _, group in ipairs(graph.groups) do
    count = count + #group.edges
  end
  for i, group in ipairs(graph.groups) do
    rows[i] = rows_of(group.edges, function(edge) return count > M.MOST and key_of(edge, true) or nil end)
    patterns = patterns + #rows[i]
  end
  for i, list in ipairs(rows) do
    rows[i] = patterns > M.MOST_ROWS and join_single(list) or list
    for _, row in ipairs(rows[i]) do
      for _, edge in ipairs(row.edges) do
        row_of[edge.id] = row.edge.id
      end
    end
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
---@field statements? table<audit.Finding, table>  if each finding has its own texts: the statements that they are about
---@field message string            with the number of repositories in place of their names

-- What findings of one row have in common, and what the ones of one pattern have in common as well.
local NAMES = { "severity", "id", "state", "account", "region", "profile", "service" }
local MORE = { "principal", "statement", "why" }

local function key_of_names(finding, names)
  local parts = {}
  for i, name in ipairs(names) do
    parts[i] = finding[name] or ""
  end
  return table.concat(parts, "\0")
end

local function key_of_finding(finding, statement)
  local parts = { key_of_names(finding, NAMES), key_of_names(finding, MORE) }
  parts[#parts + 1] = replace_name(finding.message, finding.repository, "\1")
  parts[#parts + 1] = replace_name(finding.fix, finding.repository, "\1")
  parts[#parts + 1] = statement and statement.text or nil
  return table.concat(parts, "\0")
end

-- Joins the rows of one finding each, which have texts of their own.
local function join_findings(rows)
  local list, known = {}, {}
  for _, row in ipairs(rows) do
    local is_single = #row.findings == 1 and row.finding.repository
    local key = is_single and key_of_names(row.finding, NAMES) or row
    local joined = known[key]
    if not joined then
      known[key], list[#list + 1] = row, row
    else
      joined.statements = joined.statements or { [joined.finding] = joined.statement }
      joined.statements[row.finding] = row.statement
      table.insert(joined.findings, row.finding)
    end
  end
  return list
end

--- Returns the rows of findings: one for each finding, or one for each pattern if there are more than MOST, or one for
--- several findings of one kind if there are also more patterns than MOST_ROWS.
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
  rows = #rows > M.MOST_ROWS and join_findings(rows) or rows
  for _, row in ipairs(rows) do
    if row.statements then
      row.message = ("each of %d findings has its own text"):format(#row.findings)
    elseif #row.findings > 1 then
      row.message = replace_name(row.message, row.finding.repository,
        ("each of %d repositories"):format(#row.findings))
    end
  end
  return rows
end

return M
