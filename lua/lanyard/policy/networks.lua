--- Networks of IP addresses: which ones keep the public out.
---
--- A network with a shorter prefix than /8 (IPv4) or /32 (IPv6) is public, as Amazon S3 defines it. Ranges side by side
--- count as one. A private network is in every VPC, so aws:VpcSourceIp keeps nobody out. aws:SourceIp is never private:
--- requests through a VPC endpoint do not have it.
--- https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
--- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourceip

local M = {}

-- Returns an IPv4 address as an integer | nil
local function read_v4(text)
  local a, b, c, d = text:match "^(%d+)%.(%d+)%.(%d+)%.(%d+)$"
  if not a then
    return nil
  end
  return tonumber(a) << 24 | tonumber(b) << 16 | tonumber(c) << 8 | tonumber(d)
end

local function words_of(text)
  local words = {}
  for word in text:gmatch "[^:]+" do
    words[#words + 1] = tonumber(word, 16)
  end
  return words
end

-- Returns the first 64 bits of an IPv6 address as an integer whose order is unsigned | nil
local function read_v6(text)
  local head, tail = text:match "^(.-)::(.*)$"
  local first = words_of(head or text)
  local last = words_of(tail or "")
  if tail then
    local dotted = tail:find "%."
    while #first + #last < (dotted and 7 or 8) do
      first[#first + 1] = 0
    end
    table.move(last, 1, #last, #first + 1, first)
  end
  local bits = 0
  for i = 1, 4 do
    bits = bits << 16 | (first[i] or 0)
  end
  return bits
end

-- The sizes of a family: the bits that are compared, and how large a network may be that is not public.
local FAMILIES = {
  v4 = { bits = 32, most = 1 << 24, read = read_v4 },
  v6 = { bits = 64, most = 1 << 32, read = read_v6 },
}

-- Returns the family, the first and the last address of a network.
local function range_of(text)
  local address, prefix = text:match "^([^/]+)/(%d+)$"
  address = address or text
  local name = address:find(":", 1, true) and "v6" or "v4"
  local family = FAMILIES[name]
  local first = family.read(address)
  local length = math.min(math.tointeger(prefix) or family.bits, family.bits)
  if not first then
    return nil
  end
  local rest = length == 0 and -1 or (1 << (family.bits - length)) - 1
  rest = name == "v4" and rest & 0xffffffff or rest
  return name, first & ~rest, first | rest
end

-- Networks that the Internet does not route: private, shared, loopback, link-local (RFC 1918, 6598, 1122, 3927, 4193,
-- 4291).
local PRIVATE = {}
for _, text in ipairs {
  "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "fc00::/7",
  "fe80::/10", "::1/128",
} do
  PRIVATE[#PRIVATE + 1] = { range_of(text) }
end

--- Reports whether a network has private addresses only.
---@param text string  an address, or a network in CIDR notation
---@return boolean
function M.is_private(text)
  local name, first, last = range_of(text)
  for _, range in ipairs(name and PRIVATE or {}) do
    if range[1] == name and not math.ult(first, range[2]) and not math.ult(range[3], last) then
      return text:sub(1, 2) ~= "::" or text:find "^::1" ~= nil
    end
  end
  return false
end

-- Returns the ranges of networks by family, each sorted by the first address.
local function sorted(texts)
  local ranges = { v4 = {}, v6 = {} }
  for _, text in ipairs(texts) do
    local name, first, last = range_of(text)
    if name then
      table.insert(ranges[name], { first, last })
    end
  end
  for _, list in pairs(ranges) do
    table.sort(list, function(a, b) return math.ult(a[1], b[1]) end)
  end
  return ranges
end

-- Reports whether the last address of ranges side by side is at least `most` after the first. The ranges are sorted by
-- the first address.
local function has_large_run(ranges, most)
  local first, last
  for _, range in ipairs(ranges) do
    local adjacent = last and (last == -1 or not math.ult(last + 1, range[1]))
    if not adjacent then
      first, last = range[1], range[2]
    elseif math.ult(last, range[2]) then
      last = range[2]
    end
    if not math.ult(last - first, most) then
      return true
    end
  end
  return false
end

--- Reports whether networks keep the public out: no network is public, alone or with the ones beside it, and not all
--- are private. What a text that is not a network means to AWS is unknown.
---@param texts string[]  addresses and networks in CIDR notation
---@return boolean
function M.protect(texts)
  local others = {}
  for _, text in ipairs(texts) do
    if not range_of(text) then
      return false
    end
    others[#others + 1] = not M.is_private(text) and text or nil
  end
  for name, list in pairs(sorted(others)) do
    if has_large_run(list, FAMILIES[name].most) then
      return false
    end
  end
  return #others > 0
end

--- Reports whether all networks are private.
---@param texts string[]  addresses and networks in CIDR notation
---@return boolean
function M.are_private(texts)
  for _, text in ipairs(texts) do
    if not M.is_private(text) then
      return false
    end
  end
  return #texts > 0
end

-- Orders ranges so that one is after the ranges that contain it.
local function outer_first(a, b)
  if a.first ~= b.first then
    return math.ult(a.first, b.first)
  elseif a.last ~= b.last then
    return math.ult(b.last, a.last)
  end
  return a.position < b.position
end

-- Sorts ranges, each of which contains another one or shares no address with it, and sets for each its place and the
-- smallest one around it.
local function nest(ranges)
  table.sort(ranges, outer_first)
  local around
  for place, range in ipairs(ranges) do
    while around and math.ult(around.last, range.first) do
      around = around.around
    end
    range.place, range.around = place, around
    around = range
  end
end

--- Returns a function that calls visit(i) for the positions of the networks in a list that share addresses with the
--- one at a position. A text that is not a network may share some with all.
---@param texts string[]
---@return fun(position: integer, visit: fun(i: integer))
function M.sharing(texts)
  local families, ranges, unknown = { v4 = {}, v6 = {} }, {}, {}
  for i, text in ipairs(texts) do
    local name, first, last = range_of(text)
    if name then
      ranges[i] = { first = first, last = last, position = i, family = families[name] }
      table.insert(families[name], ranges[i])
    else
      unknown[#unknown + 1] = i
    end
  end
  nest(families.v4)
  nest(families.v6)
  return function(position, visit)
    local range = ranges[position]
    for i = 1, not range and #texts or 0 do
      visit(i)
    end
    for _, i in ipairs(range and unknown or {}) do
      visit(i)
    end
    local around = range and range.around
    while around do
      visit(around.position)
      around = around.around
    end
    local inner = range and range.family[range.place + 1]
    while inner and not math.ult(range.last, inner.first) do
      visit(inner.position)
      inner = range.family[inner.place + 1]
    end
  end
end

return M
