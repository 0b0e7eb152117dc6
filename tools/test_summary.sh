#!/usr/bin/env bash
# test_summary.sh PART=REPORT.xml...: what ctest's JUnit reports say together. Lists the ten slowest tests, every skipped
# and every failed one, and closes with "N passed, N failed, N skipped". Exit status 1 when anything failed, when a test
# that was registered could not run, when a report is missing, or when nothing ran.
set -euo pipefail

# one line per test: verdict, part, seconds, name, reason of a skip
cases() {
    local part=$1 report=$2
    if [ ! -s "$report" ]; then
        printf 'failed\t%s\t0\t(no report: not built, or ctest died)\n' "$part"
        return
    fi
    awk -v part="$part" '
        function attribute(line, name) {
            if (!match(line, " " name "=\"[^\"]*\"")) return ""
            return substr(line, RSTART + length(name) + 3, RLENGTH - length(name) - 4)
        }
        function flush_case() {
            sub(/ +# GetParam.*/, "", name)  # the value of a parameterised test, in bytes
            if (name != "") printf "%s\t%s\t%s\t%s\t%s\n", verdict, part, seconds, name, reason
            name = reason = ""
        }
        /^\t<testcase / {
            flush_case()
            name = attribute($0, "name"); seconds = attribute($0, "time"); status = attribute($0, "status")
            verdict = status == "run" ? "passed" : "failed"
            if (status == "disabled") verdict = "skipped"
            next
        }
        # only a test that said itself that it skips is skipped; "Unable to find executable" and the like failed
        /^\t\t<skipped message="SKIP_/ { if (status == "notrun") verdict = "skipped" }
        # what it said: the line after "file:line: Skipped" of googletest, or "skip: ..." of a script
        said { reason = $0; said = 0 }
        /: Skipped$/ { said = 1 }
        /(^|<system-out>)skip: / { reason = $0; sub(/.*skip: /, "", reason) }
        END { flush_case() }' "$report"
}

all=$(for argument in "$@"; do cases "${argument%%=*}" "${argument#*=}"; done)
count() { awk -F '\t' -v verdict="$1" '$1 == verdict { n++ } END { print n + 0 }' <<<"$all"; }

echo "slowest tests (seconds):"
sort -t "$(printf '\t')" -k 3,3gr <<<"$all" | awk -F '\t' 'NR <= 10 && $4 != "" { printf "  %7.1f  %s %s\n", $3, $2, $4 }'
awk -F '\t' '$1 == "skipped" { print "skipped: " $2 " " $4 ($5 == "" ? "" : " (" $5 ")") }' <<<"$all"
awk -F '\t' '$1 == "failed" { print "FAILED: " $2 " " $4 }' <<<"$all"
passed=$(count passed) failed=$(count failed) skipped=$(count skipped)
if [ "$passed" -eq 0 ] && [ "$failed" -eq 0 ]; then
    echo "FAILED: no test ran"
    failed=1
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
