-- ARGV: users; answers for each whether they are online, and when they were seen last or 0
local states = {}
for _, user in ipairs(ARGV) do
  local online = redis.call('ZSCORE', root .. 'due', user)
  table.insert(states, online and 1 or 0)
  table.insert(states, tonumber(not online and redis.call('GET', root .. 'seen:' .. user) or 0))
end
return states
