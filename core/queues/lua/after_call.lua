-- KEYS agent, channel; ARGV person, ms to add, or "end". Changes after-call work that lasts; returns its end, 0: none.
local at = clock()
local work = number(redis.call('HGET', KEYS[1], 'acw'))
if work <= at then return 0 end
work = ARGV[2] == 'end' and at or work + number(ARGV[2])
redis.call('HSET', KEYS[1], 'acw', work)
tell(KEYS[2], 'agent', ARGV[1], work > at and 'after_call' or 'free')
return work
