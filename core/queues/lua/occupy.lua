-- KEYS agent, channel, queue (or ""); ARGV person, holder, activity, call, queue id, ms since.
-- 1: held by `holder` now, and the call they talk in waits no longer; 0: held by another.
local at = clock()
local held = holder(KEYS[1], at)
if held and held ~= ARGV[2] then return 0 end
hold(KEYS[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], at)
tell(KEYS[2], 'agent', ARGV[1], ARGV[3])
if ARGV[3] == 'talking' and ARGV[5] ~= '' and forget_call(KEYS[3], ARGV[4]) == 1 then
  tell(KEYS[2], 'call', ARGV[5], ARGV[4], 'won')
end
return 1
