# SPDX-License-Identifier: 0BSD
# What attack.c prints, as a table
BEGIN {
	FS = "\t"
}

/^# Linux/ {
	print substr($0, 3) "\n"
	printf "%80s\n%-41s%-10s%-10s%-10s%-10s%-10s%s\n", "with HANDLER_READS:", "", "none", "Landlock", "filter", "server",
		"filter", "server"
	next
}

/^# / {
	print "\n" substr($0, 3)
	next
}

NF < 8 {
	print
	bad = 1
	next
}

{
	line = sprintf("  %-39s", $1)
	count++
	if ($8 ~ /^skip/) {
		print line substr($8, 1, 60)
		next
	}
	tried++
	for (i = 2; i <= 7; i++) {
		line = line sprintf("%-10.9s", $i)
		works[i] += $i == "works"
	}
	sub(/ *$/, "", line)
	print line
	if ($8 != "ok") {
		print "    " $8
		bad = 1
	}
}

END {
	printf "\n%d attacks, of which %d can be tried here. Of these, %d work without a sandbox, %d with Landlock alone,\n" \
		"%d with the filter alone, %d in the server; with HANDLER_READS, %d with the filter alone and %d in the server: %s\n",
		count, tried, works[2], works[3], works[4], works[5], works[6], works[7],
		bad || !count ? "NOT AS EXPECTED" : "as expected"
	exit bad || !count
}
