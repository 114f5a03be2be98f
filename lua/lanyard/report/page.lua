--- The frame of an HTML report: style, script, and a policy that loads and runs nothing else. The script only filters,
--- opens, closes and copies what the page contains.

local assets = require "lanyard.assets"
local crypto = require "lanyard.crypto"

local M = {}

local STYLE = assets.read "lanyard/report/page.css"
local SCRIPT = assets.read "lanyard/report/page.js"

-- Nothing is fetched or sent, and only this script runs, whatever a text in the page contains.
local function policy_of(script)
  return ("default-src 'none'; style-src 'unsafe-inline'; script-src %s; base-uri 'none'; form-action 'none'")
    :format(script and ("'sha256-%s'"):format(crypto.sha256_base64(script)) or "'none'")
end

--- Returns the page up to its content.
---@param title string markup
---@param style? string more style, for a page that ends without M.FOOT and has no script
---@return string
function M.head(title, style)
  return ('<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    .. '<meta http-equiv="Content-Security-Policy" content="%s">\n'
    .. '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    .. '<meta name="referrer" content="no-referrer">\n<title>%s</title>\n'
    .. "<style>\n%s</style>\n</head>\n<body>\n"):format(policy_of(not style and SCRIPT), title, STYLE .. (style or ""))
end

--- The page after its content.
M.FOOT = "<script>" .. SCRIPT .. "</script>\n</body>\n</html>\n"

return M
