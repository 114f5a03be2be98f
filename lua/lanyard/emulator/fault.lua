-- A fault: what an operation answers instead of its output.
-- { code, message, status = 400, extra = further members }

return function(code, message, status, extra)
  return { code = code, message = message, status = status or 400, extra = extra }
end
