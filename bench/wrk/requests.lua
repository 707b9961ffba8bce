-- wrk ... -s requests.lua URL -- METHOD BODY_FILE PATHS_FILE
--
-- Sends the same request to each path of PATHS_FILE (one a line) in turn; `{n}` in a
-- path becomes a number of 16 digits that no other request has, of this run or an
-- earlier one. BODY_FILE is its JSON body, or "-" for none; PUT asks for a TTL. The last line of the output is the
-- outcome as JSON. Run it with one thread: each thread would begin at the first path.

local requests, turn = {}, 0

-- A second has fewer requests than that.
local number = os.time() * 1000000

function init(args)
  local method, body_file, paths_file = args[1], args[2], args[3]
  local body, headers
  if body_file ~= "-" then
    local file = assert(io.open(body_file, "rb"))
    body = file:read("*a")
    file:close()
    headers = { ["Content-Type"] = "application/json" }
  end
  if method == "PUT" then
    headers = { ["Content-Type"] = "application/json", ["Stream-TTL"] = "86400" }
  end
  for path in io.lines(paths_file) do
    local request = wrk.format(method, path, headers, body)
    local head, tail = request:match("^(.-){n}(.*)$")
    requests[#requests + 1] = head and { head, tail } or request
  end
end

function request()
  turn = turn % #requests + 1
  local chosen = requests[turn]
  if type(chosen) == "string" then return chosen end
  number = number + 1
  return string.format("%s%016d%s", chosen[1], number, chosen[2])
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %.6f, "bytes": %d, "refused": %d, "failed": %d, ' ..
    '"p50_us": %.1f, "p99_us": %.1f}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
