-- KEYS queue, channel; ARGV person, "1" for in. Returns since when; logging in again changes nothing.
local at = clock()
local key = KEYS[1] .. ':login'
local since = number(redis.call('HGET', key, ARGV[1]))
if ARGV[2] == '1' and since > 0 then return since end
redis.call('HSET', key, ARGV[1], ARGV[2] == '1' and at or 0)
tell(KEYS[2], 'agent', ARGV[1], ARGV[2] == '1' and 'logged_in' or 'logged_out')
return ARGV[2] == '1' and at or 0
