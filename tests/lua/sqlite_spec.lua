local helper = require "helper"
local sqlite = require "lanyard.sqlite"

local function opened(path, options)
  return assert(sqlite.open(path or ":memory:", options))
end

local function rows(db, sql, ...)
  return assert(assert(db:prepare(sql)):query(...))
end

local function code(_, err)
  return err.code, tostring(err)
end

describe("a database", function()
  it("returns stored values with all bytes, and nil for NULL", function()
    local db <close> = opened()
    assert.is_true(db:exec "CREATE TABLE t (a, b); CREATE TABLE u (c)")
    local insert = assert(db:prepare "INSERT INTO t VALUES (?, ?)")
    for i, value in ipairs { 7, 1.5, "x\0'; DROP TABLE t; --\u{e9}", "", true } do
      assert.equal(1, insert:run(i, value))
      assert.equal(i, db:id())
    end
    assert.equal(1, insert:run(6, nil))
    assert.same({ { 7 }, { 1.5 }, { "x\0'; DROP TABLE t; --\u{e9}" }, { "" }, { 1 }, {} },
      rows(db, "SELECT b FROM t ORDER BY a"))
    assert.same({ { 2 } }, rows(db, "SELECT a FROM t WHERE b = ?", 1.5))
    assert.same({}, rows(db, "SELECT a FROM t WHERE a > ?", 9))
    assert.equal(6, assert(db:prepare "UPDATE t SET b = ?"):run(0))
  end)

  it("reports an invalid statement, and raises an error for a wrong number or type of values", function()
    local db <close> = opened()
    assert(db:exec "CREATE TABLE t (a UNIQUE NOT NULL)")
    assert.same({ "SqliteError", "no such table: x" }, { code(db:prepare "SELECT * FROM x") })
    assert.match("syntax error", select(2, code(db:exec "SELEKT")))
    local insert = assert(db:prepare "INSERT INTO t VALUES (?)")
    assert(insert:run(1))
    assert.equal("Constraint", (code(insert:run(1))))
    assert.equal("Constraint", (code(insert:run(nil))))
    assert.equal(1, insert:run(2))
    assert.has_error(function() insert:run() end, "1 values expected, got 0")
    assert.has_error(function() insert:run(1, 2) end, "1 values expected, got 2")
    assert.error_matches(function() insert:run {} end, "nil, boolean, number or string expected")
    assert.error_matches(function() db:prepare "" end, "it contains no statement")
    assert.error_matches(function() sqlite.open(":memory:", { read_only = true }) end, "no such field: 'read_only'")
  end)

  it("stores booleans as 0 and 1", function()
    local db <close> = opened()
    assert.same({ { 1, 0 } }, rows(db, "SELECT ?, ?", true, false))
  end)

  it("cannot be used after it is closed, but its open statements can", function()
    local db = opened()
    local one = assert(db:prepare "SELECT 1")
    db:close()
    db:close()
    assert.error_matches(function() db:exec "SELECT 1" end, "the database is closed")
    assert.same({ { 1 } }, one:query())
    one:close()
    one:close()
    assert.error_matches(function() one:query() end, "the statement is closed")
  end)

  it("is not used by a finalizer while its rows are read", function()
    local db <close> = opened()
    local one <close> = assert(db:prepare [[
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000) SELECT i FROM n]])
    local reading, found = false, {}
    local function leave_garbage()
      setmetatable({}, { __gc = function()
        for _, use in ipairs(reading and { one.query, one.run, one.close } or {}) do
          local _, err = pcall(use, one)
          found[err] = true
        end
      end })
    end
    for _ = 1, 100 do
      leave_garbage()
      reading = true
      local result = assert(one:query())
      reading = false
      assert.equal(20000, #result)
      if next(found) then
        break
      end
    end
    assert.same({ ["the statement is running"] = true }, found)
  end)

  it("allows one connection to write at a time, and reports busy to the other", function()
    local folder <close> = helper.folder()
    local first <close> = opened(folder .. "/a.db")
    local second <close> = opened(folder .. "/a.db")
    assert(first:exec "CREATE TABLE t (a); BEGIN IMMEDIATE; INSERT INTO t VALUES (1)")
    assert.same({ "Busy", "database is locked" }, { code(second:exec "BEGIN IMMEDIATE") })
    assert(first:exec "ROLLBACK")
    assert(second:exec "BEGIN IMMEDIATE; INSERT INTO t VALUES (2); COMMIT")
    assert.same({ { 2 } }, rows(first, "SELECT a FROM t"))
  end)

  it("contains exactly the committed data after its process is killed", function()
    local folder <close> = helper.folder()
    local script = ([[local db = require("lanyard.sqlite").open("%s/a.db")
      db:exec "CREATE TABLE t (a); INSERT INTO t VALUES (1)"
      db:exec "PRAGMA cache_spill = 1; PRAGMA cache_size = 1; BEGIN; INSERT INTO t SELECT randomblob(9999) FROM t, t, t"
      db:exec "INSERT INTO t SELECT randomblob(9999) FROM t, t, t"
      local pid = io.open "/proc/self/stat":read "n"
      os.execute("kill -9 " .. pid)]]):format(folder)
    assert.equal(137, helper.run({ helper.lanyard, "-e", script }).status)
    assert.is_true(helper.exists(folder .. "/a.db-journal"))
    local reader <close> = opened(folder .. "/a.db", { readonly = true })
    assert.same({ { 1 } }, rows(reader, "SELECT a FROM t"))
  end)

  it("is neither created nor written when it is opened for reading", function()
    local folder <close> = helper.folder()
    assert.equal("CannotOpen", (code(sqlite.open(folder .. "/a.db", { readonly = true }))))
    opened(folder .. "/a.db"):exec "CREATE TABLE t (a)"
    local db <close> = opened(folder .. "/a.db", { readonly = true })
    assert.equal("ReadOnly", (code(db:exec "INSERT INTO t VALUES (1)")))
    assert.equal("CannotOpen", (code(sqlite.open(folder .. "/none/a.db"))))
    helper.write(folder .. "/text", ("no database "):rep(100))
    assert.equal("NotDatabase", (code(opened(folder .. "/text"):exec "SELECT * FROM sqlite_schema")))
  end)

  it("cannot load extensions", function()
    local db <close> = opened()
    assert.equal("not authorized", select(2, code(assert(db:prepare "SELECT load_extension('x')"):query())))
  end)
end)

describe("a build without SQLite", function()
  it("has the module, which reports that SQLite is missing", function()
    local folder <close> = helper.folder()
    local objects = { "lua/sqlite", "lua/util", "base/buf", "base/library" }
    for i, name in ipairs(objects) do objects[i] = ("%s/core/%s.o"):format(folder, name) end
    local made = helper.run { "make", "-s", "SQLITE=", "B=" .. folder, table.unpack(objects) }
    assert.same({ "", 0 }, { made.err, made.status })
    assert.equal(0, helper.run({ "gcc", "-shared", "-o", folder .. "/lanyard.so", table.unpack(objects) }).status)
    local result = helper.run({ "lua5.4", "-e",
      'print(select(2, require("lanyard.sqlite").open "a.db").code, select(2, require("lanyard.sqlite").open "a.db"))' },
      { LUA_CPATH = folder .. "/?.so" })
    assert.equal("NoSqlite\tcannot open a.db: this lanyard was built without SQLite (install libsqlite3-dev, "
      .. "and build it again)\n", result.out)
  end)
end)
