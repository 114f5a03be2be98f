-- The log of what goes over the wire, without a secret in it.

local M = {}

-- Members of requests and replies whose values are secret, whatever their type.
local SECRET_MEMBERS = {
  "authorizationToken", "SecretAccessKey", "secretAccessKey", "SessionToken", "sessionToken", "accessToken",
  "refreshToken", "clientSecret", "idToken", "password", "environment",
}

-- The position behind the JSON value that begins at `first`; text that is cut ends it.
local function end_of_value(text, first)
  local depth, position = 0, first
  while position <= #text do
    local c = text:sub(position, position)
    if c == '"' then
      repeat
        position = text:find('["\\]', position + 1) or #text + 1
        local escaped = text:sub(position, position) == "\\"
        position = escaped and position + 1 or position
      until not escaped or position > #text
    elseif c == "{" or c == "[" then
      depth = depth + 1
    elseif c == "}" or c == "]" then
      depth = depth - 1
    elseif depth == 0 and (c == "," or c:find "%s") then
      return position
    end
    if depth < 0 then
      return position
    end
    position = position + 1
    if depth == 0 and (c == '"' or c == "}" or c == "]") then
      return position
    end
  end
  return #text + 1
end

local function hide_member(text, name)
  local parts, position = {}, 1
  while true do
    local _, last = text:find('"' .. name .. '"%s*:%s*', position)
    if not last then
      parts[#parts + 1] = text:sub(position)
      return table.concat(parts)
    end
    parts[#parts + 1] = text:sub(position, last) .. '"***"'
    position = end_of_value(text, last + 1)
  end
end

local function hide_element(text, name)
  return (text:gsub("(<" .. name .. ">)[^<]*", "%1***"))
end

-- body(text) --> the text with secret members hidden
function M.body(text)
  for _, name in ipairs(SECRET_MEMBERS) do
    if text:find(name, 1, true) then
      text = hide_element(hide_member(text, name), name)
    end
  end
  return text
end

local function header(name, value)
  local lower = name:lower()
  if lower == "authorization" then
    return (value:gsub("Signature=%x+", "Signature=***"))
  elseif lower == "x-amz-security-token" or lower == "set-cookie" then
    return "***"
  end
  return value
end

local function lines_of(mark, first, headers, body, redactor)
  local names, lines = {}, { mark .. " " .. first }
  for name in pairs(headers) do
    names[#names + 1] = name
  end
  table.sort(names)
  for _, name in ipairs(names) do
    lines[#lines + 1] = ("%s %s: %s"):format(mark, name, header(name, headers[name]))
  end
  if body and body ~= "" then
    lines[#lines + 1] = mark .. " " .. M.body(body)
  end
  return redactor:redact(table.concat(lines, "\n"))
end

-- request(r { method, url, headers, body }, redactor) --> lines
function M.request(request, redactor)
  return lines_of(">", request.method .. " " .. request.url, request.headers, request.body, redactor)
end

-- reply(r { status, headers, body, elapsed }, redactor) --> lines
function M.reply(reply, redactor)
  return lines_of("<", ("%d (%.3f s)"):format(reply.status, reply.elapsed), reply.headers, reply.body, redactor)
end

return M
