package experiment

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	drawEvery = 200 * time.Millisecond

	// drawPatience is how long Close waits for a terminal, pipe or notebook
	// that does not take text any more.
	drawPatience = time.Second
)

// Progress shows how far one run or the runs of a sweep are: a line that
// replaces itself on a terminal and in a notebook, sparse plain lines elsewhere.
// It draws from a goroutine of its own, so that a stopped terminal or a closed
// pipe never holds the computation up. All methods can be used from many
// goroutines; a nil *Progress shows nothing.
type Progress struct {
	out     renderer
	runs    int
	started time.Time
	now     func() time.Time

	mu    sync.Mutex
	tasks []*Task
	lines []string // to be printed above the progress line

	closing, closed chan struct{}
	once            sync.Once
}

// NewProgress shows the progress of the given number of runs on w, usually
// os.Stderr, or in the notebook cell when the program runs in one. When ctx is
// cancelled nothing more is drawn before Close, so that checkpoints come first.
// It returns nil if w is nil.
func NewProgress(ctx context.Context, w io.Writer, runs int) *Progress {
	if w == nil {
		return nil
	}
	return newProgress(ctx, newRenderer(w), runs, time.Now)
}

func newProgress(ctx context.Context, out renderer, runs int, now func() time.Time) *Progress {
	p := &Progress{
		out: out, runs: runs, started: now(), now: now,
		closing: make(chan struct{}), closed: make(chan struct{}),
	}
	go p.loop(ctx)
	return p
}

func (p *Progress) loop(ctx context.Context) {
	defer close(p.closed)
	tick := time.NewTicker(drawEvery)
	defer tick.Stop()
	stopped := ctx.Done()
	for {
		select {
		case <-p.closing:
			p.draw(true)
			return
		case <-stopped:
			stopped = nil
			tick.Stop()
		case <-tick.C:
			if ctx.Err() == nil {
				p.draw(false)
			}
		}
	}
}

func (p *Progress) draw(last bool) {
	p.mu.Lock()
	v := p.view()
	lines := p.lines
	p.lines = nil
	p.mu.Unlock()
	v.Last = last
	p.out.draw(v, lines)
}

// Printf prints a line, without disturbing the progress line, as soon as
// something is drawn. It never waits for w. On a nil Progress it does nothing.
func (p *Progress) Printf(format string, args ...any) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines = append(p.lines, fmt.Sprintf(format, args...))
}

// Close draws the final state and ends the line. It gives up after a second if
// w does not take it. Further calls do nothing.
func (p *Progress) Close() {
	if p == nil {
		return
	}
	p.once.Do(func() { close(p.closing) })
	select {
	case <-p.closed:
	case <-time.After(drawPatience):
	}
}

// Start adds a run of total steps, of which done were computed earlier: a
// resumed run's head start counts neither for the rate nor for the remaining
// time. total is 0 if unknown. On a nil Progress the task is counted, for
// [Run.Track], but not shown.
func (p *Progress) Start(name string, done, total int64) *Task {
	t := &Task{name: name, first: done, total: total}
	t.done.Store(done)
	if p != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.tasks = append(p.tasks, t)
	}
	return t
}

// Task is one run in a [Progress].
type Task struct {
	name         string
	first, total int64
	done         atomic.Int64

	mu      sync.Mutex
	message string
	ended   bool
	err     error
}

// Advance counts steps that have been computed. It is cheap enough to be called
// for every step.
func (t *Task) Advance(steps int64) { t.done.Add(steps) }

// Message shows a short text behind the numbers, such as the last validation
// accuracy.
func (t *Task) Message(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.message = fmt.Sprintf(format, args...)
}

// End says that the run works no longer, with the error it returned.
func (t *Task) End(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended, t.err = true, err
}

func (t *Task) snapshot() (done, total int64, message string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.done.Load(), t.total, t.message
}

// view is what a renderer shows.
type view struct {
	Time     time.Time
	Name     string // of the only run
	Message  string
	Fraction float64       // of all work, 0 ... 1
	Rate     float64       // steps per second, 0 if unknown
	Left     time.Duration // remaining time, negative if unknown
	Elapsed  time.Duration

	Runs, Active, Done, Failed, Stopped int
	Last                                bool // nothing comes after it
}

// view sums the tasks up. The caller holds p.mu.
func (p *Progress) view() view {
	v := view{Time: p.now(), Runs: max(p.runs, len(p.tasks)), Left: -1}
	v.Elapsed = v.Time.Sub(p.started)
	var steps int64
	var share, head float64 // of the work done now and before
	for _, t := range slices.Backward(p.tasks) {
		done, total, message := t.snapshot()
		ended, err := t.end()
		steps += done - t.first
		var now, before float64
		if total > 0 {
			now, before = min(1, float64(done)/float64(total)), min(1, float64(t.first)/float64(total))
		}
		switch {
		case !ended:
			v.Active++
		case err == nil:
			v.Done++
			now = 1
		case isInterrupt(err):
			v.Stopped++
		default:
			v.Failed++
			now = 1 // nothing left to do
		}
		share += now
		head += before
		if v.Message == "" && message != "" {
			v.Message = message
		}
	}
	if len(p.tasks) == 1 && v.Runs == 1 {
		v.Name = p.tasks[0].name
	}
	if v.Runs == 0 {
		return v
	}
	v.Fraction = share / float64(v.Runs)
	head /= float64(v.Runs)
	if seconds := v.Elapsed.Seconds(); seconds > 0 && steps > 0 {
		v.Rate = float64(steps) / seconds
		if gained := v.Fraction - head; gained > 0 {
			v.Left = time.Duration(seconds * (1 - v.Fraction) / gained * float64(time.Second))
		}
	}
	return v
}

func (t *Task) end() (bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ended, t.err
}
