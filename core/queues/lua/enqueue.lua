-- KEYS queue, channel; ARGV queue id, call, json, tried. The call waits; done again, it only lives on.
local at = clock()
put_call(KEYS[1], ARGV[2], ARGV[3], ARGV[4], at)
tell(KEYS[2], 'call', ARGV[1], ARGV[2], 'entered')
return at
