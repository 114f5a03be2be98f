--- Policy files on the command line: reading them, naming their statements, and showing statements as JSON.

local cli = require "lanyard.cli"
local escape = require "lanyard.text.escape"
local json = require "lanyard.json"
local lazy = require "lanyard.lazy"
local policy = require "lanyard.policy"
local policy_pairs = require "lanyard.cli.policy_pairs"
local system = require "lanyard.system"

local refusals = lazy "lanyard.policy.lint.refusal"
local results = lazy "lanyard.cli.print"

local M = {}

--- Returns the name of a file for messages and results. "-" is stdin.
---@param file string
---@return string
function M.name(file)
  return file == "-" and "stdin" or escape.printable(file)
end

--- Ends the command where stdin is named twice: it can be read once.
---@param command cli.Command
---@param files string[]
function M.check_stdin(command, files)
  local count = 0
  for _, file in ipairs(files) do
    count = count + (file == "-" and 1 or 0)
  end
  if count > 1 then
    command:usage("stdin (-) can be read only once", "ConflictingOptions")
  end
end

--- A file that is not a policy.
---@class cli.PolicyFailure
---@field message string  what was expected, and what to do
---@field line? integer   nil for a file that cannot be read
---@field column? integer

-- Replies of AWS that contain a policy as an object, and the query that prints it.
local REPLIES = {
  { "PolicyVersion", "GetPolicyVersion", "PolicyVersion.Document" },
  { "PolicyDocument", "GetRolePolicy or GetUserPolicy", "PolicyDocument" },
  { "Role", "GetRole", "Role.AssumeRolePolicyDocument" },
}

-- Returns the text of the policy in a reply of GetRepositoryPolicy or GetRegistryPolicy with the line and column of its
-- member and the account of the registry, or nil and advice for another reply.
local function policy_text_of(text)
  local ok, reply = pcall(json.decode, text)
  if ok and type(reply) == "string" and policy.parse(reply) then
    return nil, "; this is a policy as a JSON string: pass --output text to the AWS CLI"
  elseif not ok or type(reply) ~= "table" then
    return nil
  elseif type(reply.policyText) == "string" then
    local before = text:sub(1, (text:find('"policyText"', 1, true) or 1) - 1)
    local _, breaks = before:gsub("\n", "")
    local account = tostring(reply.registryId):match "^%d%d%d%d%d%d%d%d%d%d%d%d$"
    return reply.policyText, breaks + 1, #(before:match "^.*\n(.*)$" or before) + 1, account
  end
  for _, one in ipairs(REPLIES) do
    if type(reply[one[1]]) == "table" then
      return nil, ("; this is a reply of %s: pass --query %s to the AWS CLI"):format(one[2], one[3])
    end
  end
  return nil
end

-- Returns why a text is not JSON, where the parser would name a character only.
local function text_problem(text)
  if not text:find "%S" then
    return "expected a policy, and the file is empty"
  elseif text:find "^\xff\xfe" or text:find "^\xfe\xff" then
    return "the file is UTF-16: save it as UTF-8"
  end
  return nil
end

-- Returns advice for a text that is a policy followed by another one.
local function advice_on_second(text, fault)
  if text:find("^%s*,?%s*{", fault.offset + 1) and policy.parse(text:sub(1, fault.offset)) then
    return "; a second document follows: write each to a file of its own, and join them with lanyard policy merge"
  end
  return ""
end

-- Parses a policy, or the policy in a reply of ECR.
local function parse(text)
  local doc, fault = policy.parse(text)
  if doc then
    return doc
  end
  local inner, line, column, account = policy_text_of(text)
  if not inner then
    local advice = line or advice_on_second(text, fault)
    return nil, { message = text_problem(text) or fault.expected .. advice, line = fault.line, column = fault.column }
  end
  local found, inner_fault = policy.parse(inner)
  if not found then
    return nil, {
      message = ("policyText:%d:%d: %s"):format(inner_fault.line, inner_fault.column, inner_fault.expected),
      line = line, column = column,
    }
  end
  return found, nil, { line = line, column = column, account = account }
end

-- Returns why a file cannot be read before it is opened: opening a FIFO waits for a writer. The descriptors of the
-- shell's <(command) are pipes, too, but have a writer.
local function file_problem(file)
  local kind = file ~= "" and file ~= "-" and policy_pairs.type_of(file)
  if file == "" then
    return "the name of a file is empty"
  elseif kind == "folder" then
    return escape.format("cannot read %s: it is a folder; name the files in it, as in %s/*.json", file,
      (file:gsub("/+$", "")))
  elseif file ~= "-" and not file:find "^/dev/" and not file:find "^/proc/"
    and kind == "other" then
    return escape.format("cannot read %s: it is neither a file nor a folder; to read from a pipe, pass - for stdin",
      file)
  end
  return nil
end

--- Reads and parses one file. For a reply of ECR with a member policyText, the policy in it is parsed.
---@param file string
---@return policy.Document? doc
---@return string? message  a line with file, line, column and what was expected
---@return cli.PolicyFailure? failure
---@return { line: integer, column: integer, account?: string }? reply  where the file has its policyText, and its
---                                                                     registryId
function M.read(file)
  local message = file_problem(file)
  local text, err
  if not message then
    text, err = system.read_file(file, policy.MOST_BYTES)
  end
  if not text then
    local code = not message and err.code or file == "" and "InvalidName" or "NotRegular"
    message = message or tostring(err)
    return nil, message, { message = message, code = code }
  end
  local doc, failure, reply = parse(text)
  if not doc then
    failure.code = "InvalidPolicy"
    return nil, ("%s:%d:%d: %s"):format(M.name(file), failure.line, failure.column, failure.message), failure
  end
  return doc, nil, nil, reply
end

--- Reads and parses one file, or ends the command with a message.
---@param file string
---@return policy.Document
function M.load(file)
  local doc, message, failure = M.read(file)
  return doc or cli.problem(failure.code, message)
end

--- Reads each file and passes it to `use`. A file that cannot be read is reported, and the rest follows.
---@param files string[]
---@param use fun(doc: policy.Document, name: string, reply?: { line: integer, column: integer, account?: string })
---@param on_failure? fun(failure: cli.PolicyFailure, name: string)  is called after the report
---@return integer status 1 where a file could not be read, else 0
function M.each(files, use, on_failure)
  local status = cli.exit.ok
  for _, file in ipairs(files) do
    local doc, message, failure, reply = M.read(file)
    if doc then
      use(doc, M.name(file), reply)
    else
      cli.note("lanyard: " .. cli.with_code(message, failure.code))
      status = cli.exit.failed
      if on_failure then
        on_failure(failure, M.name(file))
      end
    end
  end
  return status
end

--- Returns why a document cannot be asked about: AWS refuses to store it, so that no answer would say anything about
--- AWS, or it is an identity policy and is asked about as the policy of a resource. An unknown condition operator is
--- not such a problem: the answers say where they depend on it.
---@param doc policy.Document
---@param name string
---@param type "repository"|"resource"|"identity"
---@param advice? string  for a policy whose statements have no Principal
---@return string? message  nil if the document can be asked about
---@return cli.PolicyFailure? failure
function M.problem(doc, name, type, advice)
  local refusal = refusals.find(doc, type, { ["unknown-operator"] = true })
  if not refusal then
    return nil
  elseif refusal.id == "no-principal" and refusal.absent then
    local message = ("%s: statement %d has no Principal%s"):format(name, refusal.statement,
      advice or ": for an identity policy, pass --type identity")
    return message, { message = message, code = "WrongPolicyType" }
  end
  local text = escape.printable(refusals.text(refusal))
  return ("%s:%d:%d: %s"):format(name, refusal.line, refusal.column, text),
    { message = text, line = refusal.line, column = refusal.column, code = "RefusedPolicy" }
end

--- Ends the command if a document cannot be asked about.
---@param doc policy.Document
---@param name string
---@param type "repository"|"resource"|"identity"
---@param advice? string  for a policy whose statements have no Principal
function M.check_problem(doc, name, type, advice)
  local message, failure = M.problem(doc, name, type, advice)
  if message then
    cli.problem(failure.code, message)
  end
end

--- Returns the kind of some policies: "identity" if they have statements, none of which has a Principal.
---@param docs policy.Document[]
---@return "resource"|"identity"
function M.kind(docs)
  local kind = "resource"
  for _, doc in ipairs(docs) do
    for _, statement in ipairs(doc:statements()) do
      if #statement.principals > 0 or statement.flaw then
        return "resource"
      end
      kind = "identity"
    end
  end
  return kind
end

--- Returns a statement as JSON output shows it. Empty lists stay lists.
---@param statement policy.Statement
---@return table
function M.statement(statement)
  return {
    index = statement.index,
    sid = statement.sid,
    effect = statement.effect,
    principals = json.array(statement.principals),
    not_principal = statement.not_principal,
    actions = json.array(statement.actions),
    not_action = statement.not_action,
    resources = json.array(statement.resources),
    not_resource = statement.not_resource,
    condition_keys = json.array(statement.condition_keys),
    flaw = statement.flaw,
    line = statement.line,
    column = statement.column,
  }
end

local COLOURS = { allow = "green", deny = "red", ["implicit-deny"] = "red", depends = "yellow" }

--- Prints a decision.
---@param output string  "table" or "json"
---@param result { decision: string, reason: string, layer?: string, statement?: table, when?: policy.When }
---@return integer status
function M.print_decision(output, result)
  if output == "json" then
    results.json(result)
  else
    cli.out(("%s: %s"):format(cli.paint(COLOURS[result.decision], result.decision), escape.printable(result.reason)))
    if result.layer then
      cli.out(("decided by: %s"):format((result.layer:gsub("%-", " "):gsub("^vpc", "VPC"))))
    end
    if result.when then
      cli.out(("allowed if: %s"):format(escape.printable(result.when.text)))
    end
  end
  return result.decision == "allow" and cli.exit.ok or cli.exit.found
end

return M
