--- The catalogue of errors: a record for each code that lanyard prints, `[NoRegion]` at the end of a line.
---
---     errors.get("NoRegion").remedy
---
--- A record is the only place that has the exit status, the cause and the remedy of a code. `lanyard help errors`, the
--- page of a code and the exit status of an error are derived from it. Errors that AWS answers have AWS's own codes;
--- lanyard.aws.advice knows what to do about some of them.

local layout = require "lanyard.text.layout"
local suggest = require "lanyard.text.suggest"

local M = {}

--- What is known of an error.
---@class cli.ErrorRecord
---@field code string
---@field area string    the title of its group
---@field status integer exit status; `named` says when it is 2 instead
---@field named boolean  the exit status is 2 for a file that the command line names
---@field cause string
---@field remedy string

local WIDTH = 80 -- the caller fits the text to the terminal

-- The modules with the records, in the order of `lanyard help errors`.
local AREAS = { "command_line", "settings", "files", "policies", "changes", "deployments", "audits", "system" }

local by_code, in_order

local function load()
  by_code, in_order = {}, {}
  for _, area in ipairs(AREAS) do
    local list = require("lanyard.cli.errors." .. area)
    for _, row in ipairs(list) do
      local record = {
        code = row[1], area = list.title, status = row[2], named = row.named or false, cause = row[3], remedy = row[4],
      }
      assert(not by_code[record.code], record.code)
      by_code[record.code] = record
      in_order[#in_order + 1] = record
    end
  end
end

--- Returns the record of a code.
---@param code any
---@return cli.ErrorRecord?
function M.get(code)
  if not by_code then
    load()
  end
  return by_code[code]
end

--- Returns all records, by area.
---@return cli.ErrorRecord[]
function M.all()
  M.get()
  return in_order
end

-- ---------------------------------------------------------------------------------------------
-- Help

-- Codes of AWS that lanyard gives to errors of its own, with advice.
local SHARED = { "NotFoundException" }

-- The codes of AWS that lanyard advises about, sorted.
local function codes_of_aws()
  require "lanyard.access.lightsail" -- registers advice
  local codes = { table.unpack(SHARED) }
  for code in pairs(require("lanyard.aws.advice").codes()) do
    codes[#codes + 1] = not M.get(code) and code or nil
  end
  table.sort(codes)
  return codes
end

local INTRODUCTION = [[
The codes of lanyard's errors. An error ends with its code in brackets, and has it as `error.code` in JSON. `lanyard
help CODE` describes one. Exit status 2 means that another command line avoids the error, 4 that a rule denies the
change or is not trusted.]]

local AWS = [[
AWS's own codes come before AWS's message, as in "ecr:SetRepositoryPolicy: InvalidParameterException: ...". `lanyard
help CODE` describes the ones that lanyard has advice for:]]

local function status_of(record)
  return record.named and ("%d, or 2 where the help of the command says so"):format(record.status)
    or tostring(record.status)
end

--- Returns the list of all errors with cause and remedy.
---@return string
function M.page()
  local lines, area = { layout.text(INTRODUCTION, WIDTH) }, nil
  for _, record in ipairs(M.all()) do
    if record.area ~= area then
      area = record.area
      lines[#lines + 1] = "\n" .. area .. "\n"
    end
    lines[#lines + 1] = ("  %s (exit status %d)"):format(record.code, record.status)
    lines[#lines + 1] = "    " .. layout.hanging(record.cause, WIDTH, 4)
    lines[#lines + 1] = "    " .. layout.hanging("Remedy: " .. record.remedy, WIDTH, 4)
  end
  lines[#lines + 1] = "\nErrors of AWS\n\n" .. layout.text(AWS, WIDTH) .. "\n"
  lines[#lines + 1] = "  " .. layout.hanging(table.concat(codes_of_aws(), ", "), WIDTH, 2)
  return table.concat(lines, "\n")
end

local PAGE = "%s\n\nCause\n  %s\n\nRemedy\n  %s\n\nExit status\n  %s\n"

--- Returns the page of one error; nil if there is no such code. Case does not count.
---@param code string
---@return string? text
function M.describe(code)
  for _, record in ipairs(M.all()) do
    if record.code:lower() == code:lower() then
      return PAGE:format(record.code, layout.hanging(record.cause, WIDTH, 2), layout.hanging(record.remedy, WIDTH, 2),
        status_of(record))
    end
  end
  for _, own in ipairs(codes_of_aws()) do
    if own:lower() == code:lower() then
      local remedy = require("lanyard.aws.advice").codes()[own]
        or "It depends on the error: lanyard prints it after the message. `lanyard doctor` checks the settings."
      return PAGE:format(own, "AWS answered with this code. Its message has the reason.",
        layout.hanging(remedy, WIDTH, 2), "1")
    end
  end
  return nil
end

--- Returns the codes that have a page: the ones of all records, and of AWS where lanyard has advice.
---@return string[]
function M.codes()
  local codes = codes_of_aws()
  for _, record in ipairs(M.all()) do
    codes[#codes + 1] = record.code
  end
  return codes
end

--- Returns the nearest code to a word that looks like one: with a capital letter inside.
---@param word string
---@return string?
function M.nearest(word)
  if not word:find "%l%u" then
    return nil
  end
  return suggest(word, M.codes())
end

return M
