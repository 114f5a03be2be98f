---@meta lanyard.policy

--- Defines what C provides: the functions that make documents, and methods of documents.
local policy = {}

--- Creates an empty document: no statements, Version 2008-10-17.
---@return policy.Document doc
function policy.new() end

--- Parses the text of a policy. An edit of the document later keeps the bytes of everything that it does not change.
---
--- ```lua
--- local doc, err = policy.parse '{ "Version": "2012-10-17", "Statement": ['
--- print(doc, err.code, err.line, err.column)
--- --> nil	InvalidPolicy	1	42
--- ```
---@param text string  JSON, at most MOST_BYTES long
---@return policy.Document? doc
---@return lanyard.Error? err  code "InvalidPolicy", with `line`, `column`, `offset` (bytes, from 0) and `expected`, the
---  message without the position
function policy.parse(text) end

--- A principal in a statement.
---@class policy.Principal
---@field type string   "AWS", "Service", "Federated", "CanonicalUser" or "*"
---@field value string  as the policy has it

--- A condition in a statement: one key under one operator.
---@class policy.Condition
---@field operator string  "StringEquals", "ForAnyValue:StringLike"
---@field key string       "aws:PrincipalOrgID"
---@field values string[]  numbers and booleans as text
---@field literal? boolean true if values look like policy variables, but are text: the Version is not 2012-10-17

--- A statement of a document, as a copy: changing it changes no document.
---@class policy.Statement
---@field index integer          its position in the document, from 1
---@field sid? string  its Sid
---@field effect? "Allow"|"Deny" nil if it is neither
---@field principals policy.Principal[]  of Principal or NotPrincipal
---@field not_principal boolean  the principals are the ones of NotPrincipal
---@field actions string[]  of Action or NotAction
---@field not_action boolean     the actions are the ones of NotAction
---@field resources string[]  of Resource or NotResource
---@field not_resource boolean   the resources are the ones of NotResource
---@field has_resource boolean   it has Resource or NotResource
---@field has_condition boolean  it has a Condition with a key
---@field condition_keys string[]  the keys in its Condition, with their operators
---@field conditions policy.Condition[]  each key under each operator
---@field flaw? string           what IAM does not accept in it; such a statement decides nothing
---@field text string            its JSON text, as the document has it
---@field first integer          the position of its first byte in the document's text, from 1
---@field last integer           the position of its last byte
---@field line integer           the line of its first character, from 1
---@field column integer

--- A node of a document's text. Arrays and objects have their items as list elements.
---@class policy.Node
---@field kind "object"|"array"|"string"|"number"|"boolean"|"null"
---@field value? string|boolean  of a string, a number (as text) or a boolean
---@field key? { value: string, first: integer, last: integer, line: integer, column: integer }  of a member
---@field first integer          the position of its first byte in the document's text, from 1
---@field last integer
---@field line integer           from 1
---@field column integer
---@field [integer] policy.Node

---@class policy.Document
local Document = {}

--- Removes principals from the statements that allow them something. A statement that loses its last principal is
--- removed. Raises an error if neither or both of `principal` and `match` are given.
---
--- ```lua
--- local doc = policy.new()
--- doc:allow { principal = "111122223333", actions = policy.PULL_ACTIONS }
--- print(doc:revoke { principal = "111122223333" })
--- --> true	1
--- print(doc:revoke { match = function(_, value) return value == "*" end })
--- --> false	0
--- ```
---@param options policy.RevokeOptions
---@return boolean changed
---@return integer touched  the number of statements that were changed or removed
function Document:revoke(options) end

--- What `Document:revoke` removes: give `principal` or `match`.
---@class policy.RevokeOptions
---@field principal? string  as the policy has it; an account also matches the ARN of its root
---@field match? fun(type: string, value: string, statement: policy.Statement): boolean  decides for each principal
---@field sid? string        only in statements with this Sid
---@field effect? "Allow"|"any"  "Allow" by default; "any" also changes Deny statements, which gives access

--- Removes the statements with a Sid, one statement by its position, or the statements for which a function returns
--- true. Raises an error unless one of them is given.
---@param options { sid?: string, index?: integer, match?: fun(statement: policy.Statement): boolean }
---@return boolean changed
---@return integer count  the number of statements that were removed
function Document:remove(options) end

--- Joins statements that differ only in their Sids and principals. The joined statement has the principals of all.
---@param options? { sid?: string, match?: fun(statement: policy.Statement): boolean }  sid: the Sid of a joined
---  statement; match: which statements may be joined, all by default
---@return boolean changed
---@return integer count  the number of statements that were removed
function Document:fold(options) end

--- Sorts the statements by Sid, and the lists in them. The policy allows the same requests.
---@return boolean changed
function Document:sort() end

--- Appends a copy of a statement of another document, or of all its statements in one step.
---@param other policy.Document
---@param index? integer  the position of the statement in the other document, from 1; all by default
function Document:append(other, index) end

--- Returns a statement. Raises an error if there is none at this position.
---@param index integer  from 1
---@return policy.Statement
function Document:statement(index) end

--- Returns all statements in their order.
---
--- ```lua
--- local doc = policy.new()
--- doc:allow { principal = "111122223333", actions = policy.PULL_ACTIONS }
--- for _, statement in ipairs(doc:statements()) do
---   print(statement.index, statement.effect, statement.principals[1].value)
--- end
--- --> 1	Allow	111122223333
--- ```
---@return policy.Statement[]
function Document:statements() end

--- Returns the text as a tree of nodes with their positions, for tools that report places in files.
---@return policy.Node
function Document:tree() end

--- Reports whether the document has no statement.
---@return boolean
function Document:empty() end

--- Returns the size of the text in characters, as ECR counts them for the limit of repository policies.
---@return integer
function Document:size() end

--- Returns the text with one member or item per line, indented by two blanks.
---@return string text
function Document:format() end

--- Returns the text without white space outside of strings.
---@return string text
function Document:compact() end

--- Returns a copy, which edits of this document do not change.
---@return policy.Document
function Document:copy() end

--- Reports whether two documents say the same: the same statements with the same Sids, whatever their order and layout.
--- Two documents can allow the same requests without being equivalent: see `policy.equal_access`.
---@param other policy.Document
---@return boolean
function Document:equivalent(other) end

--- Reports whether one statement applies to every request that another one applies to, whatever their effects.
---@param outer integer  the position of the first statement, from 1
---@param inner integer  the position of the other one
---@return boolean
function Document:covers(outer, inner) end

--- Returns bytes that are equal for statements with the same meaning.
---@param index integer      the position of the statement, from 1
---@param with_sid? boolean  statements with different Sids differ
---@return string
function Document:meaning(index, with_sid) end

--- Makes several settings in one step; `json` is the text of a value.
---@private
function Document:set_all(settings) end

--- Decides statements for `can`.
---@private
function Document:weigh(request) end

--- Says why a statement applies to a request of `weigh`.
---@private
function Document:explain(request, index, certain) end

--- Returns the parts of statements for which it is open whether they apply.
---@private
function Document:residue(request) end

return policy
