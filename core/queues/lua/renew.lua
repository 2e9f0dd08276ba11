-- KEYS agent prefix, queue prefix; ARGV number of agents, then person, holder, activity for each, then queue id, call for each call.
-- One batch for everything a process holds. Returns the holders and calls that are not known here as they are there.
local at = clock()
local missing = {}
local last = 1 + 3 * number(ARGV[1])
for i = 2, last, 3 do
  local key = KEYS[1] .. ARGV[i]
  local found = redis.call('HMGET', key, 'holder', 'activity')
  if found[1] == ARGV[i + 1] and found[2] == ARGV[i + 2] then
    redis.call('HSET', key, 'lease', at + LEASE)
  else
    missing[#missing + 1] = ARGV[i + 1]
  end
end
for i = last + 1, #ARGV, 2 do
  local queue = KEYS[2] .. ARGV[i]
  if redis.call('HEXISTS', queue .. ':calls', ARGV[i + 1]) == 1 then
    redis.call('HSET', queue .. ':lease', ARGV[i + 1], at + LEASE)
  else
    missing[#missing + 1] = ARGV[i + 1]
  end
end
return missing
