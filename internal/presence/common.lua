-- What the scripts share. The keys, of which all have one hash tag so that a cluster keeps them together:
--   sessions:<user>  hash: when each session of the user is over, in milliseconds since 1970
--   seen:<user>      when the last session of a user who is away ended
--   due              sorted set: users who are online, by when the first of their sessions is over
--   changes          sorted set: users, by the position of the last change of their state
--   position         the position given last
local root = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local remembered, kept = 30 * 24 * 3600 * 1000, 100000

local function number(n) return string.format('%.0f', n) end

local function changed(user)
  redis.call('ZADD', root .. 'changes', redis.call('INCR', root .. 'position'), user)
end

local function leave(user)
  redis.call('ZREM', root .. 'due', user)
  redis.call('SET', root .. 'seen:' .. user, number(now), 'PX', remembered)
  changed(user)
end
