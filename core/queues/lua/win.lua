-- KEYS queue, agent, channel; ARGV queue id, call, person, offer. 1: this offer has the call, and no other can get it.
local at = clock()
local found = redis.call('HMGET', KEYS[2], 'holder', 'activity')
if found[1] ~= ARGV[4] then return 0 end
if found[2] == 'talking' then return 1 end
if forget_call(KEYS[1], ARGV[2]) == 0 then return 0 end
hold(KEYS[2], ARGV[4], 'talking', ARGV[2], ARGV[1], at, at)
tell(KEYS[3], 'call', ARGV[1], ARGV[2], 'won')
tell(KEYS[3], 'agent', ARGV[3], 'talking')
return 1
