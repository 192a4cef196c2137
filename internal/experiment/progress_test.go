package experiment

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestViewString(t *testing.T) {
	tests := []struct {
		name string
		view view
		want string
	}{
		{"start", view{Runs: 1, Name: "seed 3", Active: 1, Left: -1}, "seed 3    0%"},
		{"middle", view{Runs: 1, Name: "seed 3", Active: 1, Fraction: 0.429, Rate: 12345, Left: 130 * time.Second, Message: "validation 93.1 %"},
			"seed 3   42%  12.3k steps/s  2m10s left  validation 93.1 %"},
		{"nearly", view{Runs: 1, Name: "seed 3", Active: 1, Fraction: 0.99999, Left: 0}, "seed 3   99%  0s left"},
		{"end", view{Runs: 1, Name: "seed 3", Done: 1, Fraction: 1, Rate: 2, Elapsed: 3 * time.Hour, Last: true}, "seed 3  100%  2.00 steps/s  in 3h00m"},
		{"failed", view{Runs: 1, Name: "seed 3", Failed: 1, Fraction: 1, Left: -1}, "seed 3  100%  failed"},
		{"sweep", view{Runs: 30, Done: 3, Failed: 1, Active: 2, Fraction: 0.2, Rate: 1e6, Left: 26 * time.Hour}, "3/30 runs   20%  1 failed  2 active  1.00M steps/s  1d02h left"},
		{"interrupted sweep", view{Runs: 30, Done: 3, Stopped: 2, Fraction: 0.2, Last: true, Elapsed: time.Second}, "3/30 runs   20%  2 interrupted  in 1s"},
	}
	for _, test := range tests {
		if got := test.view.String(); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestFormats(t *testing.T) {
	for x, want := range map[float64]string{0.524: "0.52", 3.14159: "3.14", 9.999: "10.0", 52.81: "52.8", 528: "528", 999.7: "1.00k", 1050: "1.05k", 99_999: "100k", 1.049e6: "1.05M"} {
		if got := formatRate(x); got != want {
			t.Errorf("rate %v: %s, want %s", x, got, want)
		}
	}
	for d, want := range map[time.Duration]string{0: "0s", 45 * time.Second: "45s", 59900 * time.Millisecond: "1m00s", 125 * time.Second: "2m05s", 187 * time.Minute: "3h07m", 52 * time.Hour: "2d04h"} {
		if got := formatDuration(d); got != want {
			t.Errorf("duration %v: %s, want %s", d, got, want)
		}
	}
	for n, want := range map[uint64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 25_300_000_000: "25.3 GB", 999_999: "1.0 MB", 1 << 63: "9.2 EB"} {
		if got := formatBytes(n); got != want {
			t.Errorf("%d bytes: %s, want %s", n, got, want)
		}
	}
}

// screen collects what renderers get.
type screen struct {
	mu    sync.Mutex
	views []view
	lines []string
}

func (s *screen) draw(v view, lines []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.views, s.lines = append(s.views, v), append(s.lines, lines...)
}

func (s *screen) last() view {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.views[len(s.views)-1]
}

func TestProgressOfResumedRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &screen{}
		p := newProgress(t.Context(), s, 1, time.Now)
		task := p.Start("seed 3", 500, 1000)
		time.Sleep(5 * time.Second)
		task.Advance(100)
		task.Message("accuracy %d", 93)
		p.Printf("engine: %s", "native")
		time.Sleep(5*time.Second + drawEvery/2)
		v := s.last()
		if v.Fraction != 0.6 || v.Rate < 9.9 || v.Rate > 10.1 || v.Left < 39*time.Second || v.Left > 41*time.Second || v.Message != "accuracy 93" || v.Name != "seed 3" {
			t.Errorf("%+v", v)
		}
		if n := len(s.views); n > 51 {
			t.Errorf("%d pictures in 10 s, want at most 5 a second", n)
		}
		task.Advance(400)
		task.End(nil)
		p.Close()
		p.Close()
		if v := s.last(); !v.Last || v.Fraction != 1 || v.Done != 1 {
			t.Errorf("%+v", v)
		}
		if len(s.lines) != 1 || s.lines[0] != "engine: native" {
			t.Errorf("lines %q", s.lines)
		}
	})
}

func TestProgressOfSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &screen{}
		p := newProgress(t.Context(), s, 4, time.Now)
		p.Start("a", 100, 100).End(nil) // done in an earlier process
		time.Sleep(time.Second)
		b, c := p.Start("b", 0, 100), p.Start("c", 0, 100)
		b.Advance(50)
		c.Advance(10)
		c.End(errFail)
		time.Sleep(time.Second)
		p.Close()
		v := s.last()
		if v.Runs != 4 || v.Done != 1 || v.Active != 1 || v.Failed != 1 || v.Fraction != 2.5/4 || v.Rate != 30 {
			t.Errorf("%+v", v)
		}
	})
}

// TestProgressAfterCancel: between the cancellation and Close nothing is drawn.
func TestProgressAfterCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s := &screen{}
		p := newProgress(ctx, s, 1, time.Now)
		task := p.Start("x", 0, 10)
		time.Sleep(time.Second)
		cancel()
		synctest.Wait()
		before := len(s.views)
		p.Printf("late")
		time.Sleep(time.Minute)
		if len(s.views) != before {
			t.Errorf("%d pictures after the cancellation", len(s.views)-before)
		}
		task.End(context.Cause(ctx))
		p.Close()
		if v := s.last(); v.Stopped != 1 || len(s.lines) != 1 {
			t.Errorf("%+v, lines %q", v, s.lines)
		}
	})
}

func TestPlainLines(t *testing.T) {
	var b bytes.Buffer
	r := &plainLines{w: &b}
	start := time.Now()
	at := func(seconds, percent int, last bool, lines ...string) string {
		b.Reset()
		r.draw(view{Time: start.Add(time.Duration(seconds) * time.Second), Runs: 1, Name: "x", Fraction: float64(percent) / 100, Left: -1, Last: last}, lines)
		return b.String()
	}
	for _, test := range []struct {
		seconds, percent int
		want             string
	}{{0, 0, ""}, {5, 50, ""}, {10, 50, "x   50%\n"}, {15, 60, ""}, {21, 50, ""}, {22, 60, "x   60%\n"}, {60, 60, ""}, {83, 60, "x   60%\n"}, {90, 60, ""}} {
		if got := at(test.seconds, test.percent, false); got != test.want {
			t.Errorf("%d s, %d %%: %q, want %q", test.seconds, test.percent, got, test.want)
		}
	}
	if got := at(91, 100, true, "a", "b"); got != "a\nb\nx  100%  in 0s\n" {
		t.Errorf("end: %q", got)
	}
}

func TestTerminal(t *testing.T) {
	var b bytes.Buffer
	r := &terminal{w: &b, width: func() int { return 12 }}
	r.draw(view{}, nil)
	r.draw(view{Runs: 1, Name: "größe", Left: -1, Message: "a long message"}, nil)
	r.draw(view{Runs: 1, Name: "größe", Left: -1, Last: true}, []string{"hello"})
	want := "\rgröße    0%\x1b[K" + "\rhello\x1b[K\n" + "\rgröße    0%\x1b[K\n"
	if b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}

func TestNotebook(t *testing.T) {
	var b bytes.Buffer
	var calls []string
	r := &notebook{print: &plainLines{w: &b}, id: "7",
		update: func(id, html string) { calls = append(calls, id+" "+html) }, sync: func() { calls = append(calls, "sync") }}
	v := view{Runs: 1, Name: "a<b", Fraction: 0.5, Left: -1}
	r.draw(v, []string{"line"})
	r.draw(v, nil)
	v.Last = true
	r.draw(v, nil)
	want := `7 <progress max="100" value="50"></progress> <code>a&lt;b   50%</code>|sync|7 <code>a&lt;b   50%  in 0s</code>|sync`
	if got := strings.Join(calls, "|"); got != want || b.String() != "line\n" {
		t.Errorf("%s\nwant %s\nprinted %q", got, want, b.String())
	}
}

// TestStuckOutput: a terminal that takes no text must not hold the computation up.
func TestStuckOutput(t *testing.T) {
	t.Parallel()
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer out.Close()
	p := NewProgress(t.Context(), out, 1)
	task := p.Start("x", 0, 10)
	p.Printf("%s", strings.Repeat("x", 1<<20)) // more than a pipe holds
	time.Sleep(2 * drawEvery)
	start := time.Now()
	task.Advance(10)
	task.End(nil)
	p.Printf("more")
	p.Close()
	if d := time.Since(start); d > 5*drawPatience {
		t.Errorf("held up for %v", d)
	}
}

type brokenPipe struct{ writes int }

func (b *brokenPipe) Write([]byte) (int, error) { b.writes++; return 0, errors.New("broken pipe") }

func TestBrokenOutput(t *testing.T) {
	b := &brokenPipe{}
	for _, r := range []renderer{&terminal{w: b, width: func() int { return 80 }}, &plainLines{w: b}} {
		b.writes = 0
		for range 3 {
			r.draw(view{Runs: 1, Last: true}, []string{"x"})
		}
		if b.writes != 1 {
			t.Errorf("%T writes %d times to a broken pipe", r, b.writes)
		}
	}
}

func TestNilProgress(t *testing.T) {
	var p *Progress
	p.Printf("x")
	task := p.Start("x", 1, 3)
	task.Advance(1)
	task.Message("m")
	if done, total, message := task.snapshot(); done != 2 || total != 3 || message != "m" {
		t.Error(done, total, message)
	}
	p.Close()
}

func TestProgressParallel(t *testing.T) {
	p := NewProgress(t.Context(), io.Discard, 8)
	report := All(t.Context(), 8, 8, func(ctx context.Context, i int) error {
		task := p.Start("x", 0, 1000)
		for j := range 1000 {
			task.Advance(1)
			if j%100 == 0 {
				task.Message("%d", j)
				p.Printf("%d", j)
				time.Sleep(10 * time.Millisecond)
			}
		}
		task.End(nil)
		return nil
	})
	p.Close()
	if err := report.Err(); err != nil {
		t.Error(err)
	}
}
