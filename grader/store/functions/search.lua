-- `index`, `from`: the newest time to look at as ZREVRANGEBYSCORE has it, `most` to look at, `limit`: most to find,
-- `fields`: values that a submission must have, by name; `mistake`: one that it must have, `who`: the student is one of
-- `students`, or has `part`, in lower case, in the name, `without`: assignments of which it must be none -> {the time
-- of the last that was looked at, or '' where there is no other, then the ids found, newest first, each with its time}.
reads('search', function(given)
  local rows = redis.call('ZREVRANGEBYSCORE', given.index, given.from, '-inf', 'WITHSCORES', 'LIMIT', 0, given.most)
  local found, names, tests = {}, {}, {}
  -- Ids need no escaping.
  local prefix = job_key('submission', '')

  local function set_of(list)
    local set = {}
    for _, each in ipairs(list) do
      set[each] = true
    end
    return set
  end

  local function demand(name, test)
    table.insert(names, name)
    table.insert(tests, test)
  end

  for name, wanted in pairs(given.fields) do
    demand(name, function(value)
      return value == wanted
    end)
  end
  if given.mistake then
    demand('mistakes', function(value)
      return (' ' .. value .. ' '):find(' ' .. given.mistake .. ' ', 1, true)
    end)
  end
  if given.who then
    local named = set_of(given.who.students)
    demand('student', function(value)
      return named[value] or value:lower():find(given.who.part, 1, true)
    end)
  end
  if given.without then
    local without = set_of(given.without)
    demand('assignment', function(value)
      return not without[value]
    end)
  end

  local function matches(id)
    local values = redis.call('HMGET', prefix .. id, unpack(names))
    for at, test in ipairs(tests) do
      if not test(values[at] or '') then
        return false
      end
    end
    return true
  end

  for at = 1, #rows, 2 do
    if #names == 0 or matches(rows[at]) then
      table.insert(found, rows[at])
      table.insert(found, rows[at + 1])
      if #found == 2 * given.limit then
        return { rows[at + 1], unpack(found) }
      end
    end
  end
  return { #rows == 2 * given.most and rows[#rows] or '', unpack(found) }
end)
