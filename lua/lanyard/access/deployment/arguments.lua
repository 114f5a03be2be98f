--- Reads the arguments that describe a deployment on a command line.
---
--- ```lua
--- local arguments = require "lanyard.access.deployment.arguments"
--- local given = { image = { "app=web:1.4" }, public_endpoint = "app:8080" }
--- local wants = assert(arguments.read(given))
--- print(wants.images[1].container, wants.images[1].text)
--- --> app	web:1.4
--- ```
---
--- A setting of a container is CONTAINER:SETTING, or SETTING for the only container of a deployment: 80:HTTP,
--- app:80:HTTP, KEY=VALUE, app:KEY=VALUE. A name of a container has lower-case letters, digits and hyphens.

local env_file = require "lanyard.access.deployment.env_file"
local errors = require "lanyard.errors"
local escape = require "lanyard.text.escape"
local file = require "lanyard.access.deployment.file"
local health = require "lanyard.access.deployment.health"
local json = require "lanyard.json"
local references = require "lanyard.access.deployment.references"
local shellwords = require "lanyard.text.shellwords"
local system = require "lanyard.system"

local M = {}

-- { "app=web:1.4", ... } --> { { container = "app", text = "web:1.4" }, ... } | nil, message
local function images(words)
  local list, named = {}, {}
  for i, word in ipairs(words) do
    local container, image = word:match "^([^=]+)=(.+)$"
    if not container then
      return nil, ("'%s' is not of the form CONTAINER=IMAGE"):format(word)
    elseif named[container] then
      return nil, ("container '%s' is named twice"):format(container)
    end
    named[container] = true
    list[i] = { container = container, text = image }
  end
  return list
end

-- "8080" --> 8080 | nil
local function port_number(digits)
  local port = digits and digits:find "^%d+$" and math.tointeger(tonumber(digits))
  return port and port >= 1 and port <= 65535 and port or nil
end

-- "app:8080" --> { containerName = "app", containerPort = 8080 } | nil, message
local function endpoint(word)
  local container, digits = word:match "^(.+):(%d+)$"
  local port = port_number(digits or word)
  if not port then
    return nil, ("'%s' is not of the form CONTAINER:PORT"):format(word)
  end
  return { containerName = container, containerPort = port }
end

-- Splits "CONTAINER:REST" at the first colon, if what precedes it can be the name of a container.
-- --> container | nil, rest
local function split(word)
  local container, rest = word:match "^([%l%d][%l%d-]*):(.*)$"
  return container, rest or word
end

-- ---------------------------------------------------------------------------------------------
-- Settings of containers: each function returns a setting | nil, message

local PROTOCOLS = { HTTP = true, HTTPS = true, TCP = true, UDP = true }

-- "80:HTTP", "80", "app:80:HTTP", "app:80"
local function port(word)
  local rest, protocol = word:match "^(.-):?(%a+)$"
  if not (protocol and PROTOCOLS[protocol:upper()]) then
    rest, protocol = word, "HTTP"
  end
  local container, digits = rest:match "^(.+):(%d+)$"
  local number = port_number(digits or rest)
  if not number then
    return nil, ("--port: '%s' is not of the form [CONTAINER:]PORT:PROTOCOL, with HTTP, HTTPS, TCP or UDP"):format(word)
  end
  return { container = container, port = tostring(number), protocol = protocol:upper() }
end

-- "serve --all", "app:serve --all", '["serve","--all"]'
local function launch(word)
  local container, text = split(word)
  local words, message
  if text:find "^%s*$" then
    words = {}
  elseif text:find "^%s*%[" then
    words = json.decode(text)
    if type(words) ~= "table" or not json.is_array(words) then
      return nil, "--command: it begins with [ but is not a JSON list of strings"
    end
    for _, one in ipairs(words) do
      if type(one) ~= "string" then
        return nil, "--command: the JSON list has something else than strings"
      end
    end
  else
    words, message = shellwords.split(text)
    if not words then
      return nil, "--command: " .. message
    end
  end
  return { container = container, words = json.array(words) }
end

-- The variable of a name and the text of a value | nil, message. No message has the value.
local function variable_of(name, text)
  if name:find "%c" or not utf8.len(name) then
    return nil, "the name of the variable has characters that cannot be printed"
  elseif text:find("\0", 1, true) or not utf8.len(text) then
    return nil, ("the value of %s is not UTF-8 text"):format(name)
  end
  local value, message = references.parse(text)
  if not value then
    return nil, name .. ": " .. message
  elseif type(value) == "table" then
    return { name = name, reference = value }
  end
  return { name = name, value = value }
end

-- "KEY=VALUE", "app:KEY=VALUE"
local function variable(word)
  local left, text = word:match "^([^=]*)=(.*)$"
  local container, name = split(left or "")
  if not left or name == "" then
    return nil, "--env: write [CONTAINER:]KEY=VALUE; the value is not repeated here"
  end
  local one, message = variable_of(name, text)
  if not one then
    return nil, "--env: " .. message
  end
  one.container = container
  return one
end

-- "KEY", "app:KEY"
local function name_of(word)
  local container, name = split(word)
  if name == "" or name:find "[=%c]" then
    return nil, ("--unset-env: '%s' is not of the form [CONTAINER:]KEY"):format((word:gsub("=.*", "=...")))
  end
  return { container = container, name = name }
end

-- Reads the words of an option that can be repeated. list: nil if there are none | nil, message
local function each(words, option, parse)
  local list
  for i, word in ipairs(words or {}) do
    local setting, message = parse(word)
    if not setting then
      return nil, message
    end
    list, setting.option = list or {}, option
    list[i] = setting
  end
  return list
end

-- A name that is set and removed | nil
local function contradiction(wants)
  local set = {}
  for _, one in ipairs(wants.variables or {}) do
    set[(one.container or "") .. ":" .. one.name] = true
  end
  for _, one in ipairs(wants.unset or {}) do
    if set[(one.container or "") .. ":" .. one.name] then
      return ("--env and --unset-env both name %s"):format(one.name)
    end
  end
  return nil
end

-- A port or command that is given twice for a container | nil
local function repetition(wants)
  local seen = {}
  for _, one in ipairs(wants.ports or {}) do
    local key = (one.container or "") .. ":" .. one.port
    if seen[key] then
      return ("--port names port %s%s twice"):format(one.port,
        one.container and " of container '" .. one.container .. "'" or "")
    end
    seen[key] = true
  end
  for _, one in ipairs(wants.commands or {}) do
    if seen[one.container or ""] then
      return one.container and ("--command is given twice for container '%s'"):format(one.container)
        or "--command is given twice"
    end
    seen[one.container or ""] = true
  end
  return nil
end

-- Reads the settings of containers. true | nil, message
local function settings(wants, options)
  local message
  for _, row in ipairs {
    { "ports", options.port, "--port", port }, { "commands", options.command, "--command", launch },
    { "variables", options.env, "--env", variable }, { "unset", options.unset_env, "--unset-env", name_of },
  } do
    wants[row[1]], message = each(row[2], row[3], row[4])
    if message then
      return nil, message
    end
  end
  message = repetition(wants) or contradiction(wants)
  if not message then
    wants.health, message = health.read(options)
  end
  return not message, message
end

-- ---------------------------------------------------------------------------------------------
-- All options

local NOTHING = "pass CONTAINER=IMAGE or --file; --force alone deploys the current deployment again"

local function conflict_of(wants, options)
  if options.public and options.public_endpoint then
    return "--public and --public-endpoint are the same option: pass one of them"
  elseif options.no_public and (options.public or options.public_endpoint or wants.health) then
    return "--no-public removes the public endpoint: pass no other option of it"
  elseif options.file and options.containers then
    return "--file describes the whole deployment: pass --containers or --file"
  elseif options.no_public and #(options.smoke or {}) > 0 then
    return "--smoke asks the public endpoint, which --no-public removes"
  elseif options.create and not options.power then
    return "--create needs --power, such as --power nano"
  elseif not options.create and (options.power or options.scale) then
    return "--power and --scale are options of --create; lanyard service update changes a service"
  elseif options.no_wait and (#(options.smoke or {}) > 0 or options.rollback) then
    return "--smoke and --rollback follow the deployment, which --no-wait does not"
  end
  local is_named = options.file or options.containers or options.public or options.public_endpoint
    or options.no_public or options.force or wants.health or wants.ports or wants.commands or wants.variables
    or wants.unset or #(options.env_file or {}) > 0 or #wants.images > 0
  return not is_named and NOTHING or nil
end

--- Parses the options of a deployment for lanyard.access.deployment.plan. It reads no file.
---@param options table  image: list of CONTAINER=IMAGE; public, public_endpoint: CONTAINER:PORT or a file; no_public;
---  port, command, env, env_file, unset_env: lists of texts; health_path and the others of
---  lanyard.access.deployment.health; containers, file: names of files; create, power, scale; smoke,
---  rollback, no_wait: see the command; resolve; force; dry_run
---@return access.deployment.Wants? wants
---@return string? message
function M.read(options)
  local wants = { resolve = options.resolve, force = options.force, dry_run = options.dry_run,
    no_public = options.no_public, has_url = #(options.smoke or {}) > 0 or nil,
    create = options.create and { power = options.power, scale = options.scale } or nil }
  local public = options.public or options.public_endpoint
  local ok, message
  wants.images, message = images(options.image)
  if wants.images and public and not file.is_name(public) then
    wants.public_endpoint, message = endpoint(public)
  end
  if not message then
    ok, message = settings(wants, options)
  end
  message = not ok and message or conflict_of(wants, options)
  if message then
    return nil, message
  end
  return wants
end

-- Reads a file of variables, "app:.env" or ".env", into a list. true | nil, err
local function read_variables(word, list)
  local container, name = split(word)
  local path, err = file.path(name)
  local content, parsed, message
  if path then
    content, err = system.read_file(path, file.MAX_BYTES) -- also <(command) of a shell
  end
  if not content then
    return nil, err
  end
  parsed, message = env_file.parse(content)
  for _, one in ipairs(parsed or {}) do
    local variable_read
    variable_read, message = variable_of(one.name, one.value)
    if message then
      break
    end
    variable_read.container, variable_read.option = container, "--env-file"
    list[#list + 1] = variable_read
  end
  if message then
    return nil, errors.new { code = "InvalidFile", message = escape.printable(("%s: %s"):format(name, message)) }
  end
  return true
end

--- Reads the files that options name into what is wanted. A variable of --env replaces one of a file.
---@param wants access.deployment.Wants
---@param options table  as for `read`
---@param service_name string
---@return true? ok
---@return aws.Error? err  code InvalidFile, or that of reading a file
function M.read_files(wants, options, service_name)
  local public = options.public or options.public_endpoint
  local err
  if options.file then
    wants.request, err = file.read(options.file, service_name)
  elseif options.containers then
    wants.containers, err = file.read_containers(options.containers)
  end
  if not err and public and file.is_name(public) then
    wants.public_endpoint_file, err = file.read_endpoint(public)
  end
  local variables = {}
  for _, word in ipairs(not err and options.env_file or {}) do
    local ok
    ok, err = read_variables(word, variables)
    if not ok then
      break
    end
  end
  if err then
    return nil, err
  end
  table.move(wants.variables or {}, 1, #(wants.variables or {}), #variables + 1, variables)
  wants.variables = #variables > 0 and variables or nil
  return true
end

return M
