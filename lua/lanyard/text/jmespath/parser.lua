--- Parses a JMESPath expression into a tree: a top-down operator precedence parser.
---
---     local tree = parser.parse "a.b[0]"
---
--- A node has `kind`, `at` (the byte of the expression) and `depth` (of the tree below it); its other members depend on
--- the kind and are described beside the functions of lanyard.text.jmespath.evaluate.

local failure = require "lanyard.text.jmespath.failure"
local functions = require "lanyard.text.jmespath.functions"
local lexer = require "lanyard.text.jmespath.lexer"

local M = {}

--- The greatest depth of a tree. The evaluation recurses this deep.
M.MAX_DEPTH = 1000

-- How strongly an operator binds the expression on its left. What is not listed does not continue an expression.
local STRENGTH = {
  ["|"] = 1, ["||"] = 2, ["&&"] = 3,
  ["=="] = 5, ["!="] = 5, ["<"] = 5, ["<="] = 5, [">"] = 5, [">="] = 5,
  ["[]"] = 9, ["*"] = 20, ["[?"] = 21, ["."] = 40, ["!"] = 45, ["["] = 55,
}

-- An operator that binds more weakly than this ends the part of an expression that applies to each element.
local PROJECTION_END = 10

---@class jmespath.Parser
---@field tokens jmespath.Token[]
---@field next integer   the position of the next token
---@field level integer  how deep `expression` has called itself
local Parser = {}
Parser.__index = Parser

-- ---------------------------------------------------------------------------------------------
-- Tokens and nodes

function Parser:peek(ahead)
  return self.tokens[math.min(self.next + (ahead or 0), #self.tokens)]
end

function Parser:take()
  local token = self:peek()
  self.next = self.next + 1
  return token
end

local function named(token)
  return token.kind == "end" and "the end of the expression" or ("'%s'"):format(token.text)
end

function Parser:unexpected(wanted)
  local token = self:peek()
  if wanted then
    failure.syntax(token.at, "expected %s, found %s", wanted, named(token))
  end
  failure.syntax(token.at, "unexpected %s", named(token))
end

function Parser:expect(kind)
  if self:peek().kind ~= kind then
    self:unexpected(("'%s'"):format(kind))
  end
  return self:take()
end

local function too_deep(at)
  failure.raise("limit", at, "the expression is nested deeper than %d levels", M.MAX_DEPTH)
end

-- Makes a node. The nodes among its members, and in its lists, are below it.
local function new(kind, at, node)
  local deepest = 0
  for _, member in pairs(node) do
    if type(member) == "table" then
      deepest = math.max(deepest, member.depth or 0)
    end
  end
  for _, child in ipairs(node.items or {}) do
    deepest = math.max(deepest, (child.expression or child).depth)
  end
  node.kind, node.at, node.depth = kind, at, deepest + 1
  if node.depth > M.MAX_DEPTH then
    too_deep(at)
  end
  return node
end

local function current(at)
  return new("current", at, {})
end

-- ---------------------------------------------------------------------------------------------
-- Parts that several operators share

-- What follows the dot at `at`.
function Parser:after_dot(strength)
  local token = self:peek()
  if token.kind == "name" or token.kind == "quoted" or token.kind == "*" then
    return self:expression(strength)
  elseif token.kind == "[" then
    self:take()
    return self:list(token.at)
  elseif token.kind == "{" then
    self:take()
    return self:hash(token.at)
  end
  self:unexpected "a name, '*', '[' or '{' after '.'"
end

-- What applies to each element of a projection; the element itself where nothing follows.
function Parser:each(strength)
  local token = self:peek()
  local kind = token.kind
  if (STRENGTH[kind] or 0) < PROJECTION_END then
    return current(token.at)
  elseif kind == "[" or kind == "[?" then
    return self:expression(strength)
  elseif kind == "." then
    self:take()
    return self:after_dot(strength)
  end
  self:unexpected()
end

-- [number], [start:stop:step] or [*], after the bracket
function Parser:bracket(left, at)
  local kind = self:peek().kind
  if kind == "*" then
    self:take()
    self:expect "]"
    return new("projection", at, { left = left, right = self:each(STRENGTH["*"]) })
  elseif kind ~= "number" and kind ~= ":" then
    self:unexpected "a number, ':' or '*'"
  elseif kind == "number" and self:peek(1).kind ~= ":" then
    local index = self:take().value
    self:expect "]"
    return new("index", at, { left = left, index = index })
  end
  local slice = self:slice(left, at)
  return new("projection", at, { left = slice, right = self:each(STRENGTH["*"]) })
end

function Parser:slice(left, at)
  local bounds, position = {}, 1
  while self:peek().kind ~= "]" do
    local token = self:peek()
    if token.kind == ":" and position < 3 then
      position = position + 1
    elseif token.kind == "number" and not bounds[position] then
      bounds[position] = token.value
    else
      self:unexpected "']'"
    end
    self:take()
  end
  self:take()
  if bounds[3] == 0 then
    failure.raise("invalid-value", at, "the step of a slice cannot be 0")
  end
  return new("slice", at, { left = left, start = bounds[1], stop = bounds[2], step = bounds[3] or 1 })
end

-- [a, b], after the bracket
function Parser:list(at)
  local items = {}
  repeat
    items[#items + 1] = self:expression(0)
  until self:peek().kind ~= "," or not self:take()
  self:expect "]"
  return new("list", at, { items = items })
end

-- {name: a, other: b}, after the brace
function Parser:hash(at)
  local items = {}
  repeat
    local token = self:peek()
    if token.kind ~= "name" and token.kind ~= "quoted" then
      self:unexpected "the name of a member"
    end
    self:take()
    self:expect ":"
    items[#items + 1] = { name = token.value, expression = self:expression(0) }
  until self:peek().kind ~= "," or not self:take()
  self:expect "}"
  return new("hash", at, { items = items })
end

-- An argument: an expression, or & and the expression that the function applies.
function Parser:argument()
  if self:peek().kind ~= "&" then
    return self:expression(0)
  end
  local at = self:take().at
  return new("reference", at, { expression = self:expression(0) })
end

-- f(a, b), after the parenthesis
function Parser:call(name)
  local items = {}
  if self:peek().kind ~= ")" then
    repeat
      items[#items + 1] = self:argument()
    until self:peek().kind ~= "," or not self:take()
  end
  if self:peek().kind ~= ")" then
    self:unexpected "',' or ')'"
  end
  self:take()
  local node = new("call", name.at, { name = name.value, items = items })
  functions.check(node)
  return node
end

-- ---------------------------------------------------------------------------------------------
-- What begins an expression, by the kind of its first token

local FIRST = {}

function FIRST.literal(_, token)
  return new("literal", token.at, { value = { token.value } })
end

function FIRST.name(self, token)
  if self:peek().kind == "(" then
    self:take()
    return self:call(token)
  end
  return new("field", token.at, { name = token.value })
end

function FIRST.quoted(self, token)
  if self:peek().kind == "(" then
    failure.syntax(token.at, "the name of a function is not quoted")
  end
  return new("field", token.at, { name = token.value })
end

FIRST["@"] = function(_, token)
  return current(token.at)
end

FIRST["*"] = function(self, token)
  return new("values", token.at, { left = current(token.at), right = self:each(STRENGTH["*"]) })
end

FIRST["!"] = function(self, token)
  return new("not", token.at, { operand = self:expression(STRENGTH["!"]) })
end

FIRST["("] = function(self)
  local inner = self:expression(0)
  self:expect ")"
  return inner
end

FIRST["{"] = function(self, token)
  return self:hash(token.at)
end

FIRST["&"] = function(_, token)
  failure.syntax(token.at, "'&' is valid only before an argument of a function")
end

-- ---------------------------------------------------------------------------------------------
-- What continues an expression, by the kind of the operator

local NEXT = {}

NEXT["."] = function(self, left, token)
  if self:peek().kind == "*" then
    self:take()
    return new("values", token.at, { left = left, right = self:each(STRENGTH["."]) })
  end
  return new("chain", token.at, { left = left, right = self:after_dot(STRENGTH["."]) })
end

NEXT["[]"] = function(self, left, token)
  local flat = new("flatten", token.at, { left = left })
  return new("projection", token.at, { left = flat, right = self:each(STRENGTH["[]"]) })
end

NEXT["[?"] = function(self, left, token)
  local condition = self:expression(0)
  self:expect "]"
  return new("filter", token.at, { left = left, condition = condition, right = self:each(STRENGTH["[?"]) })
end

NEXT["["] = function(self, left, token)
  return self:bracket(left, token.at)
end

local function binary(kind)
  return function(self, left, token)
    return new(kind, token.at, { left = left, right = self:expression(STRENGTH[token.kind]), operator = token.kind })
  end
end

NEXT["|"], NEXT["||"], NEXT["&&"] = binary "chain", binary "or", binary "and"
for _, operator in ipairs { "==", "!=", "<", "<=", ">", ">=" } do
  NEXT[operator] = binary "compare"
end

FIRST["[]"] = function(self, token)
  return NEXT["[]"](self, current(token.at), token)
end

FIRST["[?"] = function(self, token)
  return NEXT["[?"](self, current(token.at), token)
end

FIRST["["] = function(self, token)
  local kind = self:peek().kind
  if kind == "number" or kind == ":" or kind == "*" and self:peek(1).kind == "]" then
    return self:bracket(current(token.at), token.at)
  end
  return self:list(token.at)
end

-- ---------------------------------------------------------------------------------------------

--- Parses an expression up to an operator that does not bind more strongly than `strength`.
function Parser:expression(strength)
  self.level = self.level + 1
  local first = FIRST[self:peek().kind]
  if not first then
    self:unexpected(self:peek().kind == "end" and "an expression" or nil)
  elseif self.level > M.MAX_DEPTH then
    too_deep(self:peek().at)
  end
  local left = first(self, self:take())
  while (STRENGTH[self:peek().kind] or 0) > strength do
    local continue = NEXT[self:peek().kind]
    if not continue then
      self:unexpected()
    end
    left = continue(self, left, self:take())
  end
  self.level = self.level - 1
  return left
end

--- Parses a whole expression. Raises a failure of lanyard.text.jmespath.failure.
---@param source string
---@return table node
function M.parse(source)
  local parser = setmetatable({ tokens = lexer.tokens(source), next = 1, level = 0 }, Parser)
  if parser:peek().kind == "end" then
    failure.syntax(1, "the expression is empty")
  end
  local tree = parser:expression(0)
  if parser:peek().kind ~= "end" then
    parser:unexpected()
  end
  return tree
end

return M
