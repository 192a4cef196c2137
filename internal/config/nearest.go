package config

import (
	"fmt"
	"strings"
)

// Nearest returns the entry of known that name was most likely meant to be, or
// "" if none is near. Case, '-', '_' and blanks do not count; a missing, extra,
// wrong or swapped character counts as one mistake, and about one mistake per
// three characters is forgiven. A name of at least three characters also stands
// for the only entry that begins with it. The first of equally near entries wins.
func Nearest(name string, known []string) string {
	want := fold(name)
	if len(want) == 0 || len(want) > longestName {
		return ""
	}
	best, least := "", -1
	for _, k := range known {
		have := fold(k)
		longer := max(len(want), len(have))
		d := distance(want, have)
		if d <= (longer+1)/3 && d < min(len(want), max(len(have), 1)) && (least < 0 || d < least) {
			best, least = k, d
		}
	}
	if best != "" || len(want) < 3 {
		return best
	}
	for _, k := range known {
		if strings.HasPrefix(string(fold(k)), string(want)) {
			if best != "" {
				return ""
			}
			best = k
		}
	}
	return best
}

// Suggest returns " (did you mean ...?)", which stands behind a name in an error,
// with the nearest of the known names, and "" if none is near.
func Suggest[S ~string](name string, known []S) string {
	names := make([]string, len(known))
	for i, k := range known {
		names[i] = string(k)
	}
	if near := Nearest(name, names); near != "" {
		return fmt.Sprintf(" (did you mean %q?)", near)
	}
	return ""
}

// longestName keeps a file that is no config from costing time.
const longestName = 200

// fold removes what a person would not count as a difference between names.
func fold(s string) []rune {
	return []rune(strings.Map(func(r rune) rune {
		if strings.ContainsRune("-_ \t", r) {
			return -1
		}
		return r
	}, strings.ToLower(s)))
}

// distance is the number of insertions, deletions, replacements and swaps of
// neighbours that turn a into b, where no character is changed twice.
func distance(a, b []rune) int {
	before, last, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i, x := range a {
		next[0] = i + 1
		for j, y := range b {
			replace := last[j]
			if x != y {
				replace++
			}
			next[j+1] = min(replace, last[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && x == b[j-1] && a[i-1] == y {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, last, next = last, next, before
	}
	return last[len(b)]
}
