-- KEYS queue, agent prefix, channel; ARGV queue id, then for each offer: call, person, offer, "1" for a new round.
-- Returns the offers that were committed: the call still waits, the agent is free, logged in and not resting.
local at = clock()
local accepted = {}
for i = 2, #ARGV, 4 do
  local call, person, offer, fresh = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  local key = KEYS[2] .. person
  local held = holder(key, at)
  if held == offer then
    accepted[#accepted + 1] = offer
  elseif not held and redis.call('HEXISTS', KEYS[1] .. ':calls', call) == 1
    and redis.call('HGET', KEYS[1] .. ':login', person) ~= '0' then
    local pause = redis.call('HMGET', key, 'acw', 'rest')
    if number(pause[1]) <= at and number(pause[2]) <= at then
      hold(key, offer, 'ringing', call, ARGV[1], at, at)
      if fresh == '1' then redis.call('HDEL', KEYS[1] .. ':tried', call) end
      tell(KEYS[3], 'agent', person, 'ringing')
      accepted[#accepted + 1] = offer
    end
  end
end
return accepted
