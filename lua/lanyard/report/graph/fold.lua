--- Folds a graph of grants that is too large to draw: nodes whose names have a common prefix become one node, and their
--- grants of one state become one edge. Nodes of different kinds are not folded into one.
---
---     local drawn = fold.of(graph.of(report, catalogue))
---     print(drawn.note or "every node and edge is drawn")
---
--- At first all nodes of a kind are one part. Parts are divided by prefix, level by level, as long as the graph stays
--- small enough.

local order = require "lanyard.report.graph.order"
local prefixes = require "lanyard.report.graph.prefixes"
local shellwords = require "lanyard.text.shellwords"

local M = {}

--- A graph with more nodes, or with more edges, is folded.
M.MOST = 200

-- Counts the edges that the edges at some nodes become.
local function count_edges(self, nodes)
  local known, count = {}, 0
  for _, node in ipairs(nodes) do
    for _, line in ipairs(self.lines[node] or {}) do
      local part = self.part_of[line.other]
      local states = known[part] or {}
      known[part] = states
      if not states[line.state] then
        states[line.state] = true
        count = count + 1
      end
    end
  end
  return count
end

local function assign(self, parts)
  for _, part in ipairs(parts) do
    for _, node in ipairs(part.nodes) do
      self.part_of[node] = part
    end
  end
end

-- Returns the parts of a part, or an empty list if they would make the graph too large.
local function divide(self, part)
  local parts = prefixes.divide(part)
  local nodes, edges = self.nodes + #parts - 1, self.edges - count_edges(self, part.nodes)
  for _, one in ipairs(parts) do
    edges = edges + count_edges(self, one.nodes)
  end
  if nodes > self.most or edges > self.most then
    return {}
  end
  self.nodes, self.edges = nodes, edges
  assign(self, parts)
  return parts
end

-- Returns a part for each kind of the nodes of one side.
local function parts_by_kind(nodes)
  local by_kind, kinds, parts = {}, {}, {}
  for _, node in ipairs(nodes) do
    if not by_kind[node.kind] then
      by_kind[node.kind] = {}
      kinds[#kinds + 1] = node.kind
    end
    table.insert(by_kind[node.kind], node)
  end
  for i, kind in ipairs(kinds) do
    parts[i] = prefixes.part("", by_kind[kind])
  end
  return parts
end

local function add_line(self, node, other, state)
  self.lines[node] = self.lines[node] or {}
  table.insert(self.lines[node], { other = other, state = state })
end

-- Returns the part of each node.
local function divide_all(graph, most)
  local self = { most = most, nodes = 0, edges = 0, part_of = {}, lines = {} }
  local queue = {}
  for _, group in ipairs(graph.groups) do
    for _, edge in ipairs(group.edges) do
      add_line(self, edge.from, edge.to, edge.state)
      add_line(self, edge.to, edge.from, edge.state)
    end
    for _, side in ipairs { group.right, group.left } do
      local parts = parts_by_kind(side)
      assign(self, parts)
      table.move(parts, 1, #parts, #queue + 1, queue)
    end
  end
  self.nodes = #queue
  for _, group in ipairs(graph.groups) do
    self.edges = self.edges + count_edges(self, group.right)
  end
  local i = 1
  while queue[i] do
    local parts = #queue[i].nodes > 1 and divide(self, queue[i]) or {}
    table.move(parts, 1, #parts, #queue + 1, queue)
    i = i + 1
  end
  return self.part_of
end

-- ---------------------------------------------------------------------------------------------
-- The folded graph

local NOUNS = { repository = "repositories", absent = "repositories", ["container-service"] = "services" }

local function node_of(part)
  local first = part.nodes[1]
  if #part.nodes == 1 then
    return { name = first.name, kind = first.kind, key = first.key, note = first.note, repository = first.repository,
      neighbours = {}, edges = {} }
  end
  local name = ("%s*%s: %d %s"):format(part.prefix, part.others and " (others)" or "", #part.nodes,
    NOUNS[first.kind] or "principals")
  local unknown = 0
  for _, node in ipairs(part.nodes) do
    unknown = unknown + (node.note and 1 or 0)
  end
  return { name = name, kind = first.kind, key = name, neighbours = {}, edges = {},
    note = unknown > 0 and ("%d policies unknown"):format(unknown) or nil }
end

-- Sets the label of an edge for several ones.
local function label(edge)
  local noun = edge.state == "missing" and "images" or "grants"
  edge.label = ("%d %s%s"):format(edge.count, noun, edge.label and ": " .. edge.label or "")
end

-- Returns the edge between two nodes with the state and label of another, and adds it if it is new.
local function folded_edge(group, from, to, edge)
  from.edges[to] = from.edges[to] or {}
  local found = from.edges[to][edge.state]
  if not found then
    found = { from = from, to = to, state = edge.state, label = edge.label, id = edge.id, count = 0, findings = {} }
    from.edges[to][edge.state] = found
    table.insert(group.edges, found)
    table.insert(from.neighbours, to)
  end
  return found
end

local function fold_edges(group, edges, folded_of)
  for _, edge in ipairs(edges) do
    local found = folded_edge(group, folded_of(edge.from), folded_of(edge.to), edge)
    found.count = found.count + 1
    found.label = found.label == edge.label and edge.label or nil
    table.move(edge.findings, 1, #edge.findings, #found.findings + 1, found.findings)
  end
  for _, edge in ipairs(group.edges) do
    if edge.count > 1 then
      label(edge)
    end
  end
end

local function fold_group(group, part_of, prefix)
  local folded = { title = group.title, error = group.error, left = {}, right = {}, edges = {} }
  local nodes = {}
  for _, side in ipairs { "left", "right" } do
    for _, node in ipairs(group[side]) do
      local part = part_of[node]
      if not nodes[part] then
        nodes[part] = node_of(part)
        table.insert(folded[side], nodes[part])
      end
    end
  end
  fold_edges(folded, group.edges, function(node) return nodes[part_of[node]] end)
  order.arrange(folded, prefix)
  return folded
end

-- Returns how to draw each grant. The example is the largest part of repositories that has a prefix.
local function note_of(graph, count, edges, part_of)
  local largest
  for _, group in ipairs(graph.groups) do
    for _, node in ipairs(group.right) do
      local part = part_of[node]
      local is_larger = #part.nodes > 1 and part.prefix ~= "" and (not largest or #part.nodes > #largest.nodes)
      largest = is_larger and part or largest
    end
  end
  return ("%d services, other principals and repositories with %d grants are folded by the prefixes of their names; "
    .. "name repositories to draw each grant%s"):format(count, edges,
    largest and ", for example: " .. shellwords.join { "lanyard", "graph", largest.prefix .. "*" } or "")
end

--- Returns the graph to draw: folded, with a note, if it has more than `most` nodes or more than `most` edges.
--- A folded edge has the number of its grants as `count`, and the id of the first one.
---@param graph report.Graph
---@param most? integer  MOST unless given
---@return report.Graph
function M.of(graph, most)
  most = most or M.MOST
  local edges = 0
  for _, group in ipairs(graph.groups) do
    edges = edges + #group.edges
  end
  local nodes = graph.counts.left + graph.counts.right
  if nodes <= most and edges <= most then
    return graph
  end
  local part_of, groups, number = divide_all(graph, most), {}, 0
  for i, group in ipairs(graph.groups) do
    groups[i] = fold_group(group, part_of, "g" .. i)
    for _, edge in ipairs(groups[i].edges) do
      number = number + 1
      edge.number = number
    end
  end
  return { groups = groups, counts = graph.counts, note = note_of(graph, nodes, edges, part_of) }
end

return M
