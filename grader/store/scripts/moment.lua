-- -> a moment that is later than every one before.
return moment()
