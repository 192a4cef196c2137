package experiment

import (
	"fmt"
	"html"
	"io"
	"os"
	"strings"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"golang.org/x/term"
)

// renderer shows views one after the other, each after some full lines. Only
// one goroutine uses it.
type renderer interface {
	draw(v view, lines []string)
}

// newRenderer chooses by where the text goes.
func newRenderer(w io.Writer) renderer {
	if gonbui.IsNotebook {
		return &notebook{
			print:  &plainLines{w: os.Stdout},
			id:     "progress-" + gonbui.UniqueId(),
			update: gonbui.UpdateHTML,
			sync:   gonbui.Sync, // without it the last update may be lost
		}
	}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		return &terminal{w: w, width: func() int {
			width, _, err := term.GetSize(int(f.Fd()))
			if err != nil || width < 1 {
				return 80
			}
			return width
		}}
	}
	return &plainLines{w: w}
}

// terminal redraws one line.
type terminal struct {
	w      io.Writer
	width  func() int
	broken bool
}

func (t *terminal) draw(v view, lines []string) {
	if t.broken {
		return
	}
	var b strings.Builder
	for _, line := range lines {
		fmt.Fprintf(&b, "\r%s\x1b[K\n", line)
	}
	if v.Runs > 0 {
		// One column stays free: a full line makes some terminals wrap.
		fmt.Fprintf(&b, "\r%s\x1b[K", clip(v.String(), t.width()-1))
		if v.Last {
			b.WriteByte('\n')
		}
	}
	_, err := io.WriteString(t.w, b.String())
	t.broken = err != nil
}

// clip shortens s to n characters.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:max(n, 0)])
	}
	return s
}

// plainLines suits pipes and log files: a line at the end, and on the way one
// per percent, but at most every 10 s and at least every minute.
type plainLines struct {
	w       io.Writer
	began   bool
	time    time.Time
	percent int
	broken  bool
}

const (
	lineSoonest = 10 * time.Second
	lineLatest  = time.Minute
)

func (p *plainLines) draw(v view, lines []string) {
	if p.broken {
		return
	}
	if !p.began {
		p.began, p.time, p.percent = true, v.Time, int(100*v.Fraction)
	}
	age, percent := v.Time.Sub(p.time), int(100*v.Fraction)
	if v.Runs > 0 && (v.Last || age >= lineLatest || age >= lineSoonest && percent != p.percent) {
		lines = append(lines, v.String())
		p.time, p.percent = v.Time, percent
	}
	if len(lines) > 0 {
		_, err := io.WriteString(p.w, strings.Join(lines, "\n")+"\n")
		p.broken = err != nil
	}
}

// notebook replaces one block of the cell's output.
type notebook struct {
	print  *plainLines // of lines only
	id     string
	update func(id, html string)
	sync   func()
	shown  string
}

func (n *notebook) draw(v view, lines []string) {
	n.print.draw(view{Time: v.Time}, lines)
	if v.Runs == 0 {
		return
	}
	text := fmt.Sprintf("<code>%s</code>", html.EscapeString(v.String()))
	if !v.Last {
		text = fmt.Sprintf(`<progress max="100" value="%.0f"></progress> %s`, 100*v.Fraction, text)
	}
	if text != n.shown {
		n.update(n.id, text)
		n.sync()
		n.shown = text
	}
}

// String is the progress line, most important part first, for it may be cut:
// "seed 3   42%  12.3k steps/s  2m10s left  validation 93.1 %".
func (v view) String() string {
	var parts []string
	if v.Runs == 1 {
		if v.Name != "" {
			parts = append(parts, v.Name)
		}
	} else {
		parts = append(parts, fmt.Sprintf("%d/%d runs", v.Done, v.Runs))
	}
	parts = append(parts, fmt.Sprintf("%3d%%", int(100*v.Fraction)))
	for _, n := range []struct {
		count int
		name  string
	}{{v.Failed, "failed"}, {v.Stopped, "interrupted"}, {v.Active, "active"}} {
		switch {
		case n.count == 0 || v.Runs == 1 && n.name == "active":
		case v.Runs == 1:
			parts = append(parts, n.name)
		default:
			parts = append(parts, fmt.Sprintf("%d %s", n.count, n.name))
		}
	}
	if v.Rate > 0 {
		parts = append(parts, formatRate(v.Rate)+" steps/s")
	}
	switch {
	case v.Last:
		parts = append(parts, "in "+formatDuration(v.Elapsed))
	case v.Left >= 0:
		parts = append(parts, formatDuration(v.Left)+" left")
	}
	if v.Message != "" {
		parts = append(parts, v.Message)
	}
	return strings.Join(parts, "  ")
}

// formatRate gives three digits: 0.52, 3.14, 528, 12.3k, 1.05M.
func formatRate(x float64) string {
	unit := ""
	for _, u := range []string{"k", "M", "G"} {
		if x < 999.5 {
			break
		}
		x, unit = x/1000, u
	}
	switch {
	case x < 9.995:
		return fmt.Sprintf("%.2f%s", x, unit)
	case x < 99.95:
		return fmt.Sprintf("%.1f%s", x, unit)
	}
	return fmt.Sprintf("%.0f%s", x, unit)
}

// formatDuration gives the two largest units: 45s, 2m05s, 3h07m, 2d04h.
func formatDuration(d time.Duration) string {
	s := int64(d.Round(time.Second) / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	case s < 86400:
		return fmt.Sprintf("%dh%02dm", s/3600, s%3600/60)
	}
	return fmt.Sprintf("%dd%02dh", s/86400, s%86400/3600)
}
