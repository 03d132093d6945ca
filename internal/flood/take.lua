-- KEYS[1]: the slots a sender took, the newest first, in microseconds since 1970
-- ARGV: limit, window in microseconds, the time now or '' for the server's
-- answers the time of the slot and 0, or 0 and how long to wait
local limit, window, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end

-- A clock that was set back would keep people waiting until it is where it was.
local newest = redis.call('LINDEX', KEYS[1], 0)
if newest and tonumber(newest) > now then redis.call('DEL', KEYS[1]) end

local oldest = tonumber(redis.call('LINDEX', KEYS[1], limit - 1) or nil)
if oldest and oldest > now - window then return {0, oldest + window - now} end

redis.call('LPUSH', KEYS[1], string.format('%.0f', now))
redis.call('LTRIM', KEYS[1], 0, limit - 1)
redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000))
return {now, 0}
