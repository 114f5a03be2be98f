-- The form of a history database: schema.sql, looks.sql and audiences.sql, and the numbers that identify a file.

local assets = require "lanyard.assets"

local M = {}

-- Increases when the current code would misread files of the earlier version.
M.VERSION = 1

-- "Lany", the application id in SQLite's file header.
M.APPLICATION = 0x4c616e79

-- Creates the table `looks` in a database that lacks it.
M.LOOKS = assets.read "lanyard/audit/report/history/looks.sql"

-- Creates the table `audiences` and its view in a database that lacks them.
M.AUDIENCES = assets.read "lanyard/audit/report/history/audiences.sql"

-- Makes an empty database a history.
M.CREATE = ("%s\nPRAGMA application_id = %d;\nPRAGMA user_version = %d;\n")
  :format(assets.read "lanyard/audit/report/history/schema.sql", M.APPLICATION, M.VERSION)

return M
