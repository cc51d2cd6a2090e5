-- keyed hash of whose links end, name of the ending, course, assignment, student or '' for all links of the assignment,
-- author.
end_links(ARGV[1], ARGV[2])
record(ARGV[3], ARGV[6], ARGV[5] == '' and 'link.end_all' or 'link.end', ARGV[4], ARGV[5])
