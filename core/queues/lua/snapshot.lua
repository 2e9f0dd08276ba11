-- KEYS queue, agent prefix, channel; ARGV queue id, persons (with spaces between). Returns the queue at this moment as JSON (model.Snapshot).
-- Calls whose process no longer renews them are taken out.
local at = clock()
local queue = KEYS[1]

local leases = redis.call('HGETALL', queue .. ':lease')
for i = 1, #leases, 2 do
  if number(leases[i + 1]) <= at then
    forget_call(queue, leases[i])
    tell(KEYS[3], 'call', ARGV[1], leases[i], 'lost')
  end
end

local tried = {}
local rounds = redis.call('HGETALL', queue .. ':tried')
for i = 1, #rounds, 2 do tried[rounds[i]] = rounds[i + 1] end
local calls = {}
local waiting = redis.call('HGETALL', queue .. ':calls')
for i = 1, #waiting, 2 do
  calls[#calls + 1] = '[' .. waiting[i + 1] .. ',[' .. (tried[waiting[i]] or '') .. ']]'
end

local people = {}
for person in string.gmatch(ARGV[2], '%S+') do people[#people + 1] = person end
local logins = {}
if #people > 0 then logins = redis.call('HMGET', queue .. ':login', unpack(people)) end
local members = {}
for i, person in ipairs(people) do
  local a = redis.call('HMGET', KEYS[2] .. person, 'holder', 'activity', 'since', 'call', 'free', 'acw', 'rest', 'lease')
  local activity, since, call, free = 'free', a[5] or '0', 'null', a[5] or '0'
  if a[1] and number(a[8]) > at then
    activity, since = a[2], a[3]
    if a[4] and a[4] ~= '' then call = '"' .. a[4] .. '"' end
  elseif a[1] then
    since, free = a[8], a[8]
  end
  members[#members + 1] = '["' .. person .. '",' .. (logins[i] or '-1') .. ',"' .. activity .. '",' .. since ..
    ',' .. call .. ',' .. free .. ',' .. (a[6] or '0') .. ',' .. (a[7] or '0') .. ']'
end

return '{"at":' .. string.format('%.0f', at) .. ',"calls":[' .. table.concat(calls, ',') ..
  '],"members":[' .. table.concat(members, ',') .. ']}'
