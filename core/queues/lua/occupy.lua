-- KEYS agent, channel; ARGV person, holder, activity, call, queue id, ms since. 1: held by `holder` now, 0: by another.
local at = clock()
local held = holder(KEYS[1], at)
if held and held ~= ARGV[2] then return 0 end
hold(KEYS[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], at)
if not held then tell(KEYS[2], 'agent', ARGV[1], ARGV[3]) end
return 1
