--- Opens the SQLite file of a history, and runs code on it with transactions and errors that name the file.

local errors = require "lanyard.errors"
local schema = require "lanyard.audit.report.history.schema"
local sqlite = require "lanyard.sqlite"
local system = require "lanyard.system"

local M = {}

-- Seconds to wait for another process that writes to the file.
local BUSY = 30

local ADVICE = {
  Busy = "another program has locked it for %d s: end that program, or try again",
  ReadOnly = "name a file in a folder that is writable",
  SqliteError = "check that it is a complete file",
  CannotOpen = "name a file in an existing folder",
}

-- The first bytes of each database that is not empty. https://www.sqlite.org/fileformat.html#magic_header_string
local HEADER = "SQLite format 3\0"

-- Returns the first bytes of a file, or nil and why they cannot be read.
local function head_of(path)
  local file <close>, problem = io.open(path, "rb")
  local head
  if file then
    head, problem = file:read(#HEADER)
  end
  return head or "", problem
end

-- SQLite reports a file that the disk cannot read (EIO) as one that is not a database.
local function not_database(path, err)
  local head, problem = head_of(path)
  local message = "%s is not a history of lanyard audit --history; name another file"
  if problem then
    message, problem = "cannot read %s: %s", problem:gsub("^.*: ", "")
  elseif head == HEADER then
    message = "%s: a part of this database is damaged or cannot be read; check the disk"
  end
  return errors.new { code = err.code, message = message:format(path, problem) }
end

local function with_advice(path, err)
  if err.code == "NotDatabase" then
    return not_database(path, err)
  end
  local advice = ADVICE[err.code]
  return errors.new { code = err.code,
    message = ("%s: %s%s"):format(path, err.message, advice and "; " .. advice:format(BUSY) or "") }
end

local function refusal(path, text, ...)
  return errors.new { code = "InvalidHistory", message = ("%s %s"):format(path, text:format(...)) }
end

-- Reports whether a database is a history, or empty. Raises an error for any other database.
local function is_history(db, path)
  local function number(sql)
    return assert(assert(db:prepare(sql)):query())[1][1]
  end
  local application, version = number "PRAGMA application_id", number "PRAGMA user_version"
  if number "SELECT count(*) FROM sqlite_schema" == 0 then
    return false
  elseif application ~= schema.APPLICATION then
    error(refusal(path, "is a database of another program"))
  elseif version ~= schema.VERSION then
    error(refusal(path, "is a history of version %d, and this lanyard reads version %d: use a newer lanyard", version,
      schema.VERSION))
  end
  return true
end

--- Runs a function that raises errors of the database.
---@param path string of the file
---@param body fun(): any
---@return any result  nil when an error was raised
---@return aws.Error? err names the file
function M.guarded(path, body)
  local ok, result = pcall(body)
  if ok then
    return result
  elseif not errors.is(result) then
    error(result, 0)
  end
  return nil, result.code == "InvalidHistory" and result or with_advice(path, result)
end

--- Begins a transaction, which is rolled back if it is closed before it is committed.
---@param db sqlite.Database
---@return { commit: fun() }
function M.transaction(db)
  assert(db:exec "BEGIN IMMEDIATE")
  local open = true
  return setmetatable({
    commit = function()
      assert(db:exec "COMMIT")
      open = false
    end,
  }, { __close = function()
    if open then
      db:exec "ROLLBACK"
    end
  end })
end

local function open_to_read(path)
  if not system.exists(path) then
    error(refusal(path, "does not exist: lanyard audit --history creates it"))
  end
  local db = assert(sqlite.open(path, { busy = BUSY, readonly = true }))
  if not is_history(db, path) then
    error(refusal(path, "has no audits: lanyard audit --history stores them"))
  end
  return db
end

-- Creates a file that only this user can read: a history names who can pull what. SQLite gives its other files the mode
-- of the database. An existing file keeps its mode. If the file cannot be created, SQLite reports why.
local function create_private(path)
  if path ~= ":memory:" and not system.exists(path) then
    system.append_file(path, "", "new")
  end
end

local function open_to_write(path)
  create_private(path)
  local db = assert(sqlite.open(path, { busy = BUSY }))
  local transaction <close> = M.transaction(db)
  if not is_history(db, path) then
    assert(db:exec(schema.CREATE))
  end
  assert(db:exec(schema.LOOKS))
  assert(db:exec(schema.AUDIENCES))
  transaction.commit()
  return db
end

--- Opens the file of a history. A file that is opened for writing is created if it does not exist, so that an error is
--- reported before an audit begins.
---@param path string
---@param readonly boolean
---@return sqlite.Database? db
---@return aws.Error? err
function M.open(path, readonly)
  return M.guarded(path, function()
    return (readonly and open_to_read or open_to_write)(path)
  end)
end

return M
