-- Put before every script of this folder. All keys of a tenant carry the hash tag {tenant}, so they share a slot.
--   q:{tenant}:QUEUE:calls  call -> WaitingCall as JSON      q:{tenant}:QUEUE:lease  call -> ms until it counts
--   q:{tenant}:QUEUE:tried  call -> "id","id"                q:{tenant}:QUEUE:login  person -> ms since, 0: logged out
--   agent:{tenant}:PERSON   holder, activity, call, queue, since, lease, free, acw, rest (times in ms)
--   queues:run              which run of Redis has this state, and since when (ms)
-- Channel queues:{tenant}: "call QUEUE CALL word" and "agent PERSON word".
local LEASE = 10000

local function clock()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

local function number(value)
  return tonumber(value or '0') or 0
end

-- Who holds this agent, or nil: a holder whose lease is over holds nobody.
local function holder(key, at)
  local found = redis.call('HMGET', key, 'holder', 'lease')
  if found[1] and number(found[2]) > at then return found[1] end
  return nil
end

local function hold(key, who, activity, call, queue, since, at)
  redis.call('HSET', key, 'holder', who, 'activity', activity, 'call', call, 'queue', queue,
    'since', since, 'lease', at + LEASE)
end

local function forget_call(queue, call)
  local known = redis.call('HDEL', queue .. ':calls', call)
  redis.call('HDEL', queue .. ':lease', call)
  redis.call('HDEL', queue .. ':tried', call)
  return known
end

local function put_call(queue, call, json, tried, at)
  redis.call('HSET', queue .. ':calls', call, json)
  redis.call('HSET', queue .. ':lease', call, at + LEASE)
  if tried ~= '' then redis.call('HSET', queue .. ':tried', call, tried) end
end

local function tell(channel, ...)
  redis.call('PUBLISH', channel, table.concat({...}, ' '))
end
