--- Deletes old images of a service's own registry.
---
---     local results, err = region:prune_images("web", { keep = 3 })
---
--- Of each label the newest images are kept, and every image that a deployment uses. The deployments are read again
--- before each deletion, since another one can have been created meanwhile. A call that was interrupted is repeated to
--- complete it.

local answers = require "lanyard.aws.answers"
local images = require "lanyard.access.images.list"
local powers = require "lanyard.access.service.powers"
local retry = require "lanyard.aws.retry"
local service_state = require "lanyard.access.service.state"

local M = {}

--- Options of deleting images.
---@class access.PruneOptions
---@field keep integer       how many images of each label are kept
---@field dry_run? boolean   delete nothing
---@field confirm? fun(names: string[])  is called with what will be deleted; an error that it raises is passed on
---@field observe? fun(results: access.ImageResult[])  is called before the first deletion with the results, which
---  change as images are deleted
---@field progress? fun(text: string)  receives a line about the deletion in progress

--- What became of an image.
---@class access.ImageResult
---@field image access.Image
---@field kind "kept"|"would delete"|"not deleted"|"interrupted"|"deleted"|"failed"  not deleted: its deletion has not
---  begun; interrupted: Lightsail may have received the request
---@field why? string     why it is kept
---@field err? aws.Error  of "failed"

local function versions_of(uses)
  local texts = {}
  for i, use in ipairs(uses) do
    texts[i] = tostring(use.version)
  end
  return (#texts == 1 and "deployment " or "deployments ") .. table.concat(texts, ", ")
end

-- Why an image is kept | nil. rank: its place among the images of its label, the newest first
local function reason(image, rank, keep)
  if image.uses[1] then
    return "used by " .. versions_of(image.uses)
  elseif image.shared then
    return ("the same image as %s, which is used"):format(image.shared)
  elseif rank <= keep then
    return rank == 1 and ("the newest of label %s"):format(image.label)
      or ("one of the newest %d of label %s"):format(keep, image.label)
  end
  return nil
end

--- Decides about images, and deletes none.
---@param list access.Image[]  of lanyard.access.images.list
---@param keep integer  how many images of each label are kept
---@return access.ImageResult[] results  "kept" or "not deleted", in the order of the list
function M.plan(list, keep)
  local results, ranks = {}, {}
  for i, image in ipairs(list) do
    local rank = (ranks[image.label] or 0) + 1
    ranks[image.label] = rank
    local why = reason(image, rank, keep)
    results[i] = { image = image, kind = why and "kept" or "not deleted", why = why }
  end
  return results
end

-- Whether the image is gone | nil, err
local function is_gone(region, service, image)
  local registered, err = images.registered(region, service.name)
  if not registered then
    return nil, err
  end
  return registered[image.name] == nil
end

-- Sends the deletion. An image that is gone after a failed call was deleted by it, or by another one. true | nil, err
local function send(region, service, image)
  local reply, err = region.lightsail:DeleteContainerImage { serviceName = service.name, image = image.name }
  if reply then
    return true
  elseif retry.may_have_happened(err) or answers.rejected(err, "NotFoundException")
    or answers.rejected(err, "InvalidInputException") then
    return is_gone(region, service, image) or nil, err
  end
  return nil, err
end

-- Asks the rules about the deletion of an image: a change of the service that leaves its settings as they are.
local function permit(region, service, image, dry_run)
  local state = service_state.of(service)
  local list, err = powers.list(region)
  state.monthly_price = powers.price(list, state.power, state.scale)
  return region:permit {
    on = "service", action = "delete-image", service = service, before = state, after = state, image = image.name,
    unknown = err and "the monthly price: " .. tostring(err) or nil, dry_run = dry_run,
  }
end

-- Deletes one image, unless a deployment uses it by now.
local function delete(region, result, service, options)
  local ok, err = permit(region, service, result.image, options.dry_run)
  if ok and options.dry_run then
    result.kind = "would delete"
    return
  end
  local uses
  if ok then
    uses, err = images.uses(region, service.name)
  end
  local used = uses and images.uses_of(uses, result.image)
  if used and used[1] then
    result.kind, result.why = "kept", ("used by %s, which was created meanwhile"):format(versions_of(used))
    return
  elseif used then
    result.kind = "interrupted" -- until the call has returned
    ok, err = send(region, service, result.image)
  end
  result.kind = ok and used and "deleted" or "failed"
  result.err = result.kind == "failed" and err or nil
end

--- Deletes the images of a service that no deployment uses, except the newest ones of each label. If one cannot be
--- deleted, the others still are.
---@param region access.Region
---@param service_name string
---@param options access.PruneOptions
---@return access.ImageResult[]? results  of all images of the service
---@return aws.Error? err  if the images or the deployments cannot be read
function M.prune(region, service_name, options)
  local list, service = images.list(region, service_name)
  if not list then
    return nil, service
  end
  local results, names = M.plan(list, options.keep), {}
  for _, result in ipairs(results) do
    names[#names + 1] = result.kind ~= "kept" and result.image.name or nil
  end
  if names[1] and options.confirm and not options.dry_run then
    options.confirm(names)
  end
  local observe, count = options.observe or function() end, 0
  observe(results)
  for _, result in ipairs(results) do
    if result.kind ~= "kept" then
      count = count + 1
      if options.progress then
        options.progress(("%s: deleting image %d of %d"):format(service_name, count, #names))
      end
      delete(region, result, service, options)
    end
  end
  return results
end

return M
