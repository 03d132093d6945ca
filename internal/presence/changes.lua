-- ARGV: the position up to which changes are known, -1 for the present; answers the position to go on from, and users
local function first_over(user)
  local sessions = root .. 'sessions:' .. user
  local all, first = redis.call('HGETALL', sessions), nil
  for i = 1, #all, 2 do
    local over = tonumber(all[i + 1])
    if over <= now then
      redis.call('HDEL', sessions, all[i])
    elseif not first or over < first then
      first = over
    end
  end
  return first
end

for _, user in ipairs(redis.call('ZRANGEBYSCORE', root .. 'due', '-inf', number(now), 'LIMIT', 0, 1000)) do
  local first = first_over(user)
  if first then redis.call('ZADD', root .. 'due', number(first), user) else leave(user) end
end
redis.call('ZREMRANGEBYRANK', root .. 'changes', 0, -kept - 1)

local position, known = tonumber(redis.call('GET', root .. 'position') or 0), tonumber(ARGV[1])
if known < 0 then return {position} end
if known > position then known = 0 end -- the server has lost everything, and counts from the beginning
local answer = {position}
local found = redis.call('ZRANGEBYSCORE', root .. 'changes', '(' .. known, '+inf', 'WITHSCORES', 'LIMIT', 0, 2000)
for i = 1, #found, 2 do
  table.insert(answer, found[i])
  answer[1] = tonumber(found[i + 1])
end
return answer
