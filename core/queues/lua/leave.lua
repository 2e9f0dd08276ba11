-- KEYS queue, channel; ARGV queue id, call.
if forget_call(KEYS[1], ARGV[2]) == 1 then tell(KEYS[2], 'call', ARGV[1], ARGV[2], 'left') end
return 1
