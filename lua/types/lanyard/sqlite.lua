---@meta lanyard.sqlite

--- SQLite databases (https://sqlite.org/c3ref/intro.html).
---
--- ```lua
--- local sqlite = require "lanyard.sqlite"
--- local db <close> = assert(sqlite.open ":memory:")
--- assert(db:exec "CREATE TABLE images (repository TEXT, tags INTEGER)")
--- local insert = assert(db:prepare "INSERT INTO images VALUES (?, ?)")
--- assert(insert:run("web", 3))
--- local select = assert(db:prepare "SELECT * FROM images WHERE tags > ?")
--- for _, row in ipairs(assert(select:query(1))) do
---   print(row[1], row[2])
--- end
--- --> web	3
--- ```
---
--- A failure is nil and an error with the code "Busy", "NotDatabase", "ReadOnly", "CannotOpen", "Constraint" or
--- "SqliteError" and SQLite's message. The schema is not trusted: it cannot call functions with side effects, and no
--- extension can be loaded. A build without libsqlite3 has this module, but cannot open a database.
local sqlite = {}

--- How a database is opened.
---@class sqlite.OpenOptions
---@field readonly? boolean  statements cannot write, and the file is not created
---@field busy? number       seconds to wait for the lock of another process, while nothing else runs; 0 by default

--- Opens a database, and creates the file if it does not exist.
---@param path string  ":memory:" for a database without a file
---@param options? sqlite.OpenOptions
---@return sqlite.Database? db
---@return lanyard.Error? err
function sqlite.open(path, options) end

--- An open database. A `<close>` variable closes it at the end of its block.
---@class sqlite.Database
local Database = {}

--- Runs one or more statements, and ignores their rows.
---@param sql string
---@return true? ok
---@return lanyard.Error? err
function Database:exec(sql) end

--- Compiles one statement.
---@param sql string  with `?` for values
---@return sqlite.Statement? statement
---@return lanyard.Error? err
function Database:prepare(sql) end

--- Returns the rowid of the row that was inserted last.
---@return integer
function Database:id() end

--- Closes the database. Uncommitted changes are rolled back. It may be called again. The file stays open until the last
--- statement is collected.
function Database:close() end

--- A compiled statement. A `<close>` variable closes it at the end of its block.
---@class sqlite.Statement
local Statement = {}

--- Runs the statement, and ignores its rows.
---@param ... string|number|boolean|nil  one value for each `?`; nil is NULL
---@return integer? count  of the rows that were changed
---@return lanyard.Error? err
function Statement:run(...) end

--- Runs the statement and returns its rows. A row is a list of its columns' values, with nil for NULL.
---@param ... string|number|boolean|nil  one value for each `?`; nil is NULL
---@return any[][]? rows
---@return lanyard.Error? err
function Statement:query(...) end

--- Closes the statement. It may be called again.
function Statement:close() end

return sqlite
