package slurm

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"
)

// limitForm matches a time limit: days, hours, minutes, seconds; or hours, minutes and
// seconds, of which minutes, or minutes and seconds, may stand alone.
var limitForm = regexp.MustCompile(`^(?:(\d{1,5})-(\d{1,6})(?::(\d{1,6})(?::(\d{1,6}))?)?|(?:(\d{1,6}):)?(\d{1,6}):(\d{1,6})|(\d{1,6}))$`)

// ParseLimit reads a time limit as Slurm writes it: minutes, minutes:seconds,
// hours:minutes:seconds, days-hours, days-hours:minutes or days-hours:minutes:seconds.
// No time at all is no limit for Slurm, and the longest duration here.
func ParseLimit(text string) (time.Duration, error) {
	m := limitForm.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("slurm: time limit %q must be minutes, minutes:seconds, hours:minutes:seconds, days-hours, days-hours:minutes or days-hours:minutes:seconds", text)
	}
	var seconds int64
	for i, unit := range []int64{0, 86400, 3600, 60, 1, 3600, 60, 1, 60} {
		n, _ := strconv.ParseInt("0"+m[i], 10, 64) // digits only, but for the whole, which does not count
		seconds += n * unit
	}
	if most := int64(math.MaxInt64 / time.Second); seconds == 0 || seconds > most {
		return math.MaxInt64, nil
	}
	return time.Duration(seconds) * time.Second, nil
}
