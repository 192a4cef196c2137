package mdgl

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/backend"
	"github.com/neurocredit/neurocredit/internal/backend/backendtest"
)

// graphTasks are tasks of one kind of loss each: a decision at the last step, decisions
// over several steps, and a target. Their trials take several chunks of the graph
// engine, the last one not full.
func graphTasks() map[string]data.Task {
	recall := data.DefaultStoreRecall()
	recall.Symbols, recall.Duration, recall.Spacing, recall.Group = 6, 35, 2, 3
	pattern := data.DefaultPattern()
	pattern.Steps, pattern.Channels, pattern.Rate = 151, 12, 60
	return map[string]data.Task{"evidence": shortTask(), "store_recall": recall, "pattern": pattern}
}

// graphRequests returns one run for each rule that a cell has, with seeds, constants,
// rate costs and feedback of their own, some with noise and with constants that vary
// among neurons.
func graphRequests[F float](t testing.TB, model string, task data.Task, trials int) (all []*request[F]) {
	t.Helper()
	for i, rule := range Rules() {
		c := short(rule)
		c.Seed += uint32(i)
		c.Cells.Model = model
		if model == "lsnn" {
			if rule == OnMDGL {
				continue
			}
			c.Cells.Delays, c.Cells.Threshold = 4, 0.006
		}
		c.Cells.MembraneTau, c.Cells.ReadoutTau, c.Cells.Refractory = 15+float64(i), 12+float64(i), 2+i%3
		c.Learning.RateCost, c.Learning.RateModulates = 0.1*float64(i%3), i%2 == 0
		if rule != BPTT {
			c.Learning.Feedback = []string{"symmetric", "random", "broadcast"}[i%3]
		}
		if i%3 != 2 {
			c.Cells.Noise = 0.01
		}
		if i%3 == 1 {
			for j := range c.Neurons() {
				c.Cells.MembraneTaus = append(c.Cells.MembraneTaus, 10+float64(j%7))
				c.Cells.AdaptationTaus = append(c.Cells.AdaptationTaus, 100+20*float64(j%5))
				c.Cells.Adaptations = append(c.Cells.Adaptations, 0)
				if j >= c.Cells.Regular {
					c.Cells.Adaptations[j] = 1 + 0.1*float64(j%4)
				}
			}
		}
		must(t, c.Validate())
		n, err := newNetwork[F](&c, task.Shape())
		must(t, err)
		batch, err := task.Draw(uint64(c.Seed), data.Training, 0, trials)
		must(t, err)
		all = append(all, &request[F]{net: n, trials: batch, rule: rule})
	}
	return all
}

// TestGraphParity compares both engines: a run of every rule, all in one call.
func TestGraphParity(t *testing.T) {
	for name, task := range graphTasks() {
		for _, model := range []string{"alif", "lsnn"} {
			t.Run(name+"/"+model, func(t *testing.T) {
				backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
					t.Run("float64", func(t *testing.T) { graphParity[float64](t, b, model, task, 1e-10) })
					t.Run("float32", func(t *testing.T) { graphParity[float32](t, b, model, task, 1e-4) })
				})
			})
		}
	}
}

func graphParity[F graphFloat](t *testing.T, b *backend.Backend, model string, task data.Task, tol float64) {
	all := graphRequests[F](t, model, task, 6)
	g := openGraph(t, b, len(all), all[0].net)
	before := len(g.programs.known)
	must(t, g.run(all))
	worst := 0.0
	for _, q := range all {
		got := q.net.newGradient()
		got.add(&q.net.sums)
		rates := slices.Clone(q.net.rates)
		want := q.net.run(q.trials, q.rule, 1)
		if !reflect.DeepEqual(rates, q.net.rates) || q.score.correct != want.correct || q.score.n != want.n || q.score.rateLoss != want.rateLoss {
			t.Fatalf("%s: score %+v and rates %v, want %+v and %v", q.rule, q.score, rates, want, q.net.rates)
		}
		near(t, string(q.rule)+" loss", []float64{q.score.loss}, []float64{want.loss}, tol, &worst)
		sums := &q.net.sums
		near(t, string(q.rule)+" in", got.in, float64s(sums.in), tol, &worst)
		near(t, string(q.rule)+" rec", got.rec, float64s(sums.rec), tol, &worst)
		near(t, string(q.rule)+" out", got.out, float64s(sums.out), tol, &worst)
		near(t, string(q.rule)+" bias", got.bias, float64s(sums.bias), tol, &worst)
		if rate := slices.Max(rates); !(rate > 0.005) {
			t.Errorf("%s: the network is silent: at most %v spikes a step", q.rule, rate)
		}
		// Liveness: another rule gives another gradient.
		other := MDGLCell
		if q.rule == MDGLCell || q.rule == OnMDGL {
			other = EProp
		}
		q.net.run(q.trials, other, 1)
		if distance := relative(float64s(sums.rec), float64s(got.rec)); !(distance > 10*tol) {
			t.Errorf("%s cannot be told from %s: distance %v", q.rule, other, distance)
		}
	}
	if n := len(g.programs.known) - before; g.runs > 1 && n > 1 {
		t.Errorf("%d programs, want one for all rules", n)
	}
	t.Logf("largest relative difference %.1e", worst)
}

// relative returns the largest difference, relative to the largest value of want.
func relative(got, want []float64) float64 {
	worst, scale := 0.0, 0.0
	for i, x := range want {
		worst, scale = max(worst, math.Abs(got[i]-x)), max(scale, math.Abs(x))
	}
	return worst / scale
}

// bits writes all that a run got from a call, to the last bit.
func (q *request[F]) bits() string {
	s := &q.net.sums
	return fmt.Sprint(q.score, q.net.rates, s.in, s.rec, s.out, s.bias)
}

// TestGraphCompany demands the same bits of a run alone, in a program made for its rule, and
// among runs of all rules.
func TestGraphCompany(t *testing.T) {
	for _, model := range []string{"alif", "lsnn"} {
		t.Run(model, func(t *testing.T) {
			backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
				if model == "lsnn" { // most of the time is compilation
					graphCompany[float64](t, b, model)
				} else {
					graphCompany[float32](t, b, model)
				}
			})
		})
	}
}

func graphCompany[F graphFloat](t *testing.T, b *backend.Backend, model string) {
	all := graphRequests[F](t, model, shortTask(), 6)
	g := openGraph(t, b, len(all), all[0].net)
	must(t, g.run(all))
	alone := openGraph(t, b, 1, all[0].net)
	var seen []string
	for _, q := range all {
		want := q.bits()
		if slices.Contains(seen, want) {
			t.Errorf("%s gives the numbers of another run", q.rule)
		}
		seen = append(seen, want)
		q.net.sums.clear()
		must(t, alone.run([]*request[F]{q}))
		if got := q.bits(); got != want {
			t.Errorf("%s gives other numbers alone than among others", q.rule)
		}
		graphRun(t, alone, q.net, q.trials, "")
		if !strings.Contains(want, fmt.Sprint(q.score, q.net.rates)) {
			t.Errorf("%s: scoring without learning gives another score", q.rule)
		}
	}
}

func TestGraphErrors(t *testing.T) {
	b, err := backend.Open(backend.Go)
	must(t, err)
	defer b.Close()
	c := short(MDGL)
	c.Learning.Form, c.Learning.RateModulates = "online", false
	if _, err := newGraphBatch[float32](newGraphPrograms(b), 1, &c, shortTask().Shape()); err == nil || !strings.Contains(err.Error(), "form: online needs the native engine") {
		t.Errorf("online form: %v", err)
	}
	all := graphRequests[float32](t, "alif", shortTask(), 3)
	all[1].trials = all[1].trials[:2]
	if _, err := newVariant(all[:2]); err == nil || !strings.Contains(err.Error(), "request 1 does not fit") {
		t.Errorf("another number of trials: %v", err)
	}
}
