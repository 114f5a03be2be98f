--- Lays a policy out as ECR returns it.
---
---     local text = layout.of(policy.parse(sent))
---
--- As recorded (the CLI's examples of get-repository-policy and the API reference of DeleteRepositoryPolicy; Resource
--- from the tests of aws-cloudformation-resource-providers-ecr): members of objects on lines of their own, indented by
--- two blanks for each object; lists on one line; blanks around colons and inside brackets; Sid, Effect, Principal,
--- Action, Resource, Condition in this order; a list of one item is the item, and Statement is always a list. Not
--- recorded: empty values, and the order of other members, which follow as they were sent.

local json = require "lanyard.json"

local M = {}

-- The order of the members of a document and of a statement.
local function ranks(names)
  local found, count = {}, 0
  for name in names:gmatch "%S+" do
    count = count + 1
    found[name] = count
  end
  return found
end
local DOCUMENT = ranks "Version Id Statement"
local STATEMENT = ranks "Sid Effect Principal NotPrincipal Action NotAction Resource NotResource Condition"

-- Returns the members of an object in ECR's order. Others keep their order, and follow.
local function ordered(node, order)
  local members = table.move(node, 1, #node, 1, {})
  local position = {}
  for i, member in ipairs(members) do
    position[member] = (order and order[member.key.value] or 1000) * 100000 + i
  end
  table.sort(members, function(a, b) return position[a] < position[b] end)
  return members
end

local write

-- Returns the text of an object whose members have an order.
local function write_object(node, text, indent, order)
  if #node == 0 then
    return "{ }"
  end
  local inner, parts = indent .. "  ", {}
  for i, member in ipairs(ordered(node, order)) do
    local is_document = order == DOCUMENT
    parts[i] = ("\n%s%s : %s"):format(inner, json.encode(member.key.value),
      write(member, text, inner, is_document and member.key.value or nil))
  end
  return "{" .. table.concat(parts, ",") .. "\n" .. indent .. "}"
end

-- Returns the text of the items of a list, which are on one line unless they are objects.
local function write_items(items, text, indent, order)
  if #items == 0 then
    return "[ ]"
  end
  local parts = {}
  for i, item in ipairs(items) do
    parts[i] = item.kind == "object" and write_object(item, text, indent, order) or write(item, text, indent)
  end
  return "[ " .. table.concat(parts, ", ") .. " ]"
end

-- Returns the text of a value. name: of a member of the document
function write(node, text, indent, name)
  if name == "Statement" then
    return write_items(node.kind == "array" and node or { node }, text, indent, STATEMENT)
  elseif node.kind == "array" then
    return #node == 1 and write(node[1], text, indent) or write_items(node, text, indent)
  elseif node.kind == "object" then
    return write_object(node, text, indent)
  elseif node.kind == "string" then
    return json.encode(node.value)
  end
  return text:sub(node.first, node.last)
end

--- Returns a policy in ECR's layout.
---@param doc policy.Document
---@return string
function M.of(doc)
  return write_object(doc:tree(), tostring(doc), "", DOCUMENT)
end

return M
