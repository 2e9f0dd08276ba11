-- KEYS run. For how many ms Redis has had its state: one that has restarted, or lost all it had, begins anew.
local at = clock()
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local known, since = string.match(redis.call('GET', KEYS[1]) or '', '(%x+) (%d+)')
if known ~= run then
  since = at
  redis.call('SET', KEYS[1], run .. ' ' .. string.format('%.0f', at))
end
return at - number(since)
