-- ARGV: for each session the user, its id, and for how many milliseconds it is held on; 0 ends it
for i = 1, #ARGV, 3 do
  local user, session, ttl = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2])
  local sessions = root .. 'sessions:' .. user
  if ttl > 0 then
    local over = now + ttl
    local due = redis.call('ZSCORE', root .. 'due', user)
    if not due then changed(user) end
    if not due or tonumber(due) > over then redis.call('ZADD', root .. 'due', number(over), user) end
    redis.call('HSET', sessions, session, number(over))
    -- Only where nobody looks any more does the key outlive its sessions.
    if redis.call('PTTL', sessions) < ttl * 2 then redis.call('PEXPIRE', sessions, ttl * 2) end
  elseif redis.call('HDEL', sessions, session) == 1 and redis.call('EXISTS', sessions) == 0 then
    leave(user)
  end
end
