-- kind, id, lease in ms -> the fencing number, or nil where it does not wait.
return take(ARGV[1], ARGV[2], tonumber(ARGV[3]))
