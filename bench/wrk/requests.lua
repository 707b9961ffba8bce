-- wrk ... -s requests.lua URL -- METHOD BODY_FILE PATHS_FILE
--
-- Sends the same request to each path of PATHS_FILE (one a line) in turn;
-- BODY_FILE is its JSON body, or "-" for none. The last line of the output is the
-- outcome as JSON. Run it with one thread: each thread would begin at the first path.

local requests, turn = {}, 0

function init(args)
  local method, body_file, paths_file = args[1], args[2], args[3]
  local body, headers
  if body_file ~= "-" then
    local file = assert(io.open(body_file, "rb"))
    body = file:read("*a")
    file:close()
    headers = { ["Content-Type"] = "application/json" }
  end
  for path in io.lines(paths_file) do
    requests[#requests + 1] = wrk.format(method, path, headers, body)
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
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
