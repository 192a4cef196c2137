package slurm

import (
	"math"
	"testing"
	"time"
)

func TestParseLimit(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"30": 30 * time.Minute, "5:30": 5*time.Minute + 30*time.Second, "2:00:00": 2 * time.Hour, "1:02:03": time.Hour + 2*time.Minute + 3*time.Second,
		"1-2": 26 * time.Hour, "1-2:30": 26*time.Hour + 30*time.Minute, "1-02:30:15": 26*time.Hour + 30*time.Minute + 15*time.Second,
		"0": math.MaxInt64, "0-0": math.MaxInt64, "99999-999999:999999:999999": math.MaxInt64,
	} {
		if got, err := ParseLimit(text); err != nil || got != want {
			t.Errorf("%s: %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "garbage", "2h", "1:2:3:4", "-1", "1-", "1-2-3", "1.5", "1:", ":30", " 5", "5\n", "1-2:3:4:5", "12345678"} {
		if got, err := ParseLimit(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func FuzzParseLimit(f *testing.F) {
	for _, text := range []string{"30", "1-2:30", "1:02:03", "99999-999999"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := ParseLimit(text); err == nil && d <= 0 {
			t.Errorf("%q is %v", text, d)
		}
	})
}
