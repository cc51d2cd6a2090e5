-- How functions are defined in the library: each under its name and the hash of this version.
local function define_with(flags)
  return function(name, run)
    redis.register_function({
      function_name = name .. '_' .. VERSION,
      flags = flags,
      callback = function(keys, arguments)
        return start(run, keys, arguments)
      end,
    })
  end
end

-- Functions that only read; those that Redis refuses above `maxmemory`, before their first write; and those that write
-- even then, since they make room, or need little.
local reads, writes, always = define_with({ 'no-writes' }), define_with({}), define_with({ 'allow-oom' })
