-- KEYS queue, agent, channel; ARGV person, holder, "1" to keep the place among the idle, ms of rest, ms of after-call
-- work, call for which the person counts as tried (or ""). Returns when after-call work ends, 0: there is none.
local at = clock()
local call = ARGV[6]
if call ~= '' and redis.call('HEXISTS', KEYS[1] .. ':calls', call) == 1 then
  local tried = redis.call('HGET', KEYS[1] .. ':tried', call)
  local person = '"' .. ARGV[1] .. '"'
  if not tried then
    redis.call('HSET', KEYS[1] .. ':tried', call, person)
  elseif not string.find(tried, person, 1, true) then
    redis.call('HSET', KEYS[1] .. ':tried', call, tried .. ',' .. person)
  end
end
local held = redis.call('HGET', KEYS[2], 'holder')
if held ~= ARGV[2] then return number(redis.call('HGET', KEYS[2], 'acw')) end
redis.call('HDEL', KEYS[2], 'holder', 'activity', 'call', 'queue', 'since', 'lease')
if ARGV[3] ~= '1' then redis.call('HSET', KEYS[2], 'free', at) end
if number(ARGV[4]) > 0 then redis.call('HSET', KEYS[2], 'rest', at + number(ARGV[4])) end
local work = 0
if number(ARGV[5]) > 0 then
  work = at + number(ARGV[5])
  redis.call('HSET', KEYS[2], 'acw', work)
end
tell(KEYS[3], 'agent', ARGV[1], work > 0 and 'after_call' or 'free')
return work
